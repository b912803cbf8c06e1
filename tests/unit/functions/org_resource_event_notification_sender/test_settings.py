"""The environment of the sender."""

import pytest

from infra_events.runtime.settings import SettingsError
from org_resource_event_notification_sender.settings import Settings


def test_settings_that_are_missing_are_named_at_cold_start() -> None:
    with pytest.raises(SettingsError, match=r"TAGS_TABLE_NAME.*ACCOUNT_ID"):
        Settings.from_env(dict.fromkeys(("NOTIFICATION_TOPIC_ARN", "PARKING_QUEUE_URL", "ROUTING_BUCKET"), "x"))
