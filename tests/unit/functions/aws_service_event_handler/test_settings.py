"""The standardizer's settings."""

import pytest

from aws_service_event_handler.settings import EnrichmentSettings, Settings
from infra_events.runtime.settings import SettingsError


def test_all_missing_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match="ORG_RESOURCE_EVENTS_TOPIC_ARNS, PARKING_QUEUE_URL"):
        Settings.from_env({})


@pytest.mark.parametrize("topics", ["", "nonsense", "{}", "[]", '{"3": "arn"}', '{"1": ""}', '"1"'])
def test_malformed_topics_are_one_clear_error(topics: str) -> None:
    with pytest.raises(SettingsError, match="ORG_RESOURCE_EVENTS_TOPIC_ARNS"):
        Settings.from_env({"ORG_RESOURCE_EVENTS_TOPIC_ARNS": topics, "PARKING_QUEUE_URL": "url"})


def test_only_a_version_that_carries_tags_needs_to_know_how_they_are_read() -> None:
    environment = {"ORG_RESOURCE_EVENTS_TOPIC_ARNS": '{"1": "one"}', "PARKING_QUEUE_URL": "url"}
    assert Settings.from_env(environment).enrichment is None
    environment["ORG_RESOURCE_EVENTS_TOPIC_ARNS"] = '{"1": "one", "2": "two"}'
    names = ["ROUTING_BUCKET", "ROUTING_SHA256", "TAGS_TABLE_NAME", "ACCOUNT_ID", "AWS_REGION"]
    with pytest.raises(SettingsError, match=", ".join(names)):
        Settings.from_env(environment)
    assert Settings.from_env(environment | {name: name for name in names}).enrichment == EnrichmentSettings(
        routing_bucket="ROUTING_BUCKET",
        routing_sha256="ROUTING_SHA256",
        tags_table_name="TAGS_TABLE_NAME",
        account_id="ACCOUNT_ID",
        region="AWS_REGION",
    )


def test_a_function_that_is_not_applied_yet_knows_no_heartbeat_rule() -> None:
    environment = {"ORG_RESOURCE_EVENTS_TOPIC_ARNS": '{"1": "one"}', "PARKING_QUEUE_URL": "url"}
    assert Settings.from_env(environment).heartbeat_rule is None
    assert Settings.from_env(environment | {"HEARTBEAT_RULE_ARN": "arn"}).heartbeat_rule == "arn"
