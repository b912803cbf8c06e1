"""The environment of the email channel."""

from typing import Any

import pytest

from email_notification_sender.settings import Settings
from infra_events.runtime.settings import SettingsError

CHANNEL = {
    "ROUTING_BUCKET": "routing",
    "ROUTING_SHA256": "3f2a",
    "SENT_TABLE_NAME": "Sent",
    "PARKING_QUEUE_URL": "https://sqs.example/1/EmailDLQ",
    "QUEUE_URL": "https://sqs.example/1/Email",
    "URGENT_QUEUE_URL": "https://sqs.example/1/EmailUrgent",
    "SENDS_PER_SECOND": "12.6",
}
ENVIRONMENT = CHANNEL | {"SENDER_ADDRESS": "from@example.org"}


def test_settings_that_are_missing_are_named_at_cold_start() -> None:
    with pytest.raises(SettingsError, match=r"ROUTING_BUCKET.*ROUTING_SHA256.*SENDS_PER_SECOND"):
        Settings.from_env(dict.fromkeys(("SENDER_ADDRESS", "SENT_TABLE_NAME", "PARKING_QUEUE_URL"), "x"))


def test_without_a_quota_and_another_ses_there_are_none() -> None:
    settings = Settings.from_env(ENVIRONMENT)
    assert (settings.channel.sends_per_second, settings.channel.sends_per_day) == (12.6, None)
    assert settings.channel.queue_urls == (CHANNEL["QUEUE_URL"], CHANNEL["URGENT_QUEUE_URL"])
    assert (settings.ses_region, settings.ses_identity_arn, settings.ses_configuration_set) == ("", "", "")


def test_a_quota_and_another_ses_are_read() -> None:
    elsewhere = {"SES_REGION": "us-east-1", "SES_IDENTITY_ARN": "arn:identity", "SES_CONFIGURATION_SET": "alarms"}
    settings = Settings.from_env(ENVIRONMENT | elsewhere | {"SENDS_PER_DAY": "45000"})
    assert settings.channel.sends_per_day == 45_000
    assert [settings.ses_region, settings.ses_identity_arn, settings.ses_configuration_set] == [*elsewhere.values()]


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ({"SENDS_PER_SECOND": "fast"}, "SENDS_PER_SECOND and SENDS_PER_DAY must be numbers, not 'fast' and None"),
        ({"SENDS_PER_DAY": "many"}, "must be numbers, not '12.6' and 'many'"),
        ({"SENDS_PER_SECOND": "0"}, "SENDS_PER_SECOND must be more than 0, not 0"),
        ({"SENDS_PER_SECOND": "nan"}, "SENDS_PER_SECOND must be more than 0, not nan"),
    ],
)
def test_what_is_no_rate_is_an_error(more: dict[str, Any], finding: str) -> None:
    with pytest.raises(SettingsError, match=finding):
        Settings.from_env(ENVIRONMENT | more)
