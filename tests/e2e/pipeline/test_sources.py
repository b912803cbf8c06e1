"""What does not come from AWS's services: custom events and their replay, schedules, the heartbeat."""

import json
from datetime import UTC, datetime, timedelta

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from rich.console import Console

from infra_events.domain.time import format_time
from scripts.operate.replay import Archive, Window
from scripts.operate.replay import run as replay
from tests.support.pipeline import Pipeline, unique
from tests.support.waiting import eventually

BUS = "OrgInfrastructure"


def put(pipeline: Pipeline, detail: dict[str, str]) -> str:
    """Put a custom event on the custom bus, and return the id that EventBridge gave it."""
    entry = {
        "EventBusName": pipeline.deployment.outputs["buses"][BUS]["name"],
        "Source": "com.example.shop",
        "DetailType": "Order Failed",
        "Resources": ["order/7"],
        "Detail": json.dumps(detail),
    }
    (answer,) = pipeline.client("events").put_events(Entries=[entry])["Entries"]
    return str(answer["EventId"])


def test_custom_events_are_mailed_and_a_replay_mails_nothing_twice(pipeline: Pipeline) -> None:
    begin = datetime.now(UTC) - timedelta(seconds=2)
    key = unique("order")
    keyed, plain = f"{pipeline.account.account_id}:com.example.shop:{key}", put(pipeline, {"state": "failed"})
    put(pipeline, {"state": "failed", "idempotency-key": key})
    for event_id in (keyed, plain):
        eventually(lambda: len(pipeline.mails(event_id)) == 1, f"one mail of {event_id}")  # noqa: B023 - called at once
        eventually(lambda: len(pipeline.machine_messages(event_id)) == 1, "one message")  # noqa: B023 - called at once

    archive = Archive.of(pipeline.client("events"), pipeline.deployment.outputs["buses"][BUS]["name"])
    end = datetime.now(UTC)
    replay(archive, Window.of(format_time(begin), format_time(end), end), Console(quiet=True))

    for event_id in (keyed, plain):
        eventually(lambda: len(pipeline.machine_messages(event_id)) == 2, "machines receive it again")  # noqa: B023 - called at once
    pipeline.settle()
    assert [len(pipeline.mails(event_id)) for event_id in (keyed, plain)] == [1, 1]


def test_what_comes_over_the_bus_is_logged(pipeline: Pipeline) -> None:
    """The local AWS cannot deliver to a log group: rule, target and policy as they are deployed there, on moto."""
    events, bus = pipeline.client("events"), pipeline.deployment.outputs["buses"][BUS]
    rule = pipeline.deployment.outputs["rules"][f"{BUS}/CatchAll"]["name"]
    pattern = events.describe_rule(Name=rule, EventBusName=bus["name"])["EventPattern"]
    targets = events.list_targets_by_rule(Rule=rule, EventBusName=bus["name"])["Targets"]
    (target,) = (target for target in targets if bus["log_group"] in target["Arn"])
    (policy,) = pipeline.client("logs").describe_resource_policies()["resourcePolicies"]
    assert f"log-group:{bus['log_group']}:*" in policy["policyDocument"]

    def on_moto(text: str) -> str:
        return text.replace(pipeline.account.account_id, ACCOUNT_ID)

    with mock_aws():
        session = boto3.Session("none", "none", region_name=pipeline.account.region)
        logs, events = session.client("logs"), session.client("events")
        logs.create_log_group(logGroupName=bus["log_group"])
        logs.put_resource_policy(policyName=policy["policyName"], policyDocument=on_moto(policy["policyDocument"]))
        events.create_event_bus(Name=bus["name"])
        events.put_rule(Name=rule, EventBusName=bus["name"], EventPattern=on_moto(pattern))
        events.put_targets(
            Rule=rule, EventBusName=bus["name"], Targets=[{"Id": target["Id"], "Arn": on_moto(target["Arn"])}]
        )
        entry = {"EventBusName": bus["name"], "Source": "com.example.shop", "DetailType": "Order Failed"}
        events.put_events(Entries=[entry | {"Detail": '{"state": "failed"}'}])
        (line,) = logs.filter_log_events(logGroupName=bus["log_group"])["events"]
    logged = json.loads(line["message"])
    assert (logged["source"], logged["detail"]) == ("com.example.shop", {"state": "failed"})
