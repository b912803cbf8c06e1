"""The environment of the email channel."""

import pytest

from email_notification_sender.settings import Settings
from infra_events.runtime.settings import SettingsError


def test_settings_that_are_missing_are_named_at_cold_start() -> None:
    with pytest.raises(SettingsError, match=r"ROUTING_BUCKET.*ROUTING_SHA256"):
        Settings.from_env(dict.fromkeys(("SENDER_ADDRESS", "SENT_TABLE_NAME", "PARKING_QUEUE_URL"), "x"))
