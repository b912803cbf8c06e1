"""Events that have no catalogue entry."""

import time
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.generic import read_unmapped
from infra_events.domain.event import Severity
from tests.support.builders import ACCOUNT, api_call, unmapped_event

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def test_a_call_that_failed_changed_nothing() -> None:
    read = read_unmapped(api_call("DeleteThing", errorCode="AccessDenied", requestParameters={"name": "t"}))
    assert read.state == "DeleteThing failed: AccessDenied"
    assert [found.resource for found in read.resources] == ["t"]
    assert read.type == "infra.aws.new.unmapped"


def nested(depth: int) -> Any:
    value: Any = "end"
    for level in range(depth):
        value = [value, "x"] if level % 2 else {"state": value, "thingId": level}
    return value


HOSTILE = {
    "deep": {"a": nested(200)},
    "wide": {f"key{number}Id": number for number in range(10_000)} | {"state": "found"},
    "many": {"items": [{"itemId": str(number), "itemState": "x"} for number in range(20_000)]},
    "a huge text": {"state": "s" * 1_000_000, "thingId": "i" * 1_000_000},
    "a huge name": {"a state of " * 50_000: "x", "Id" * 200_000: "y"},
    "odd names": {"": "x", "-": {"": "y"}, "ARN": [], "Id": {}, "٣": "z", "\x00": "n"},
    "numbers": {"state": 10**300, "id": -0.0, "thingId": 1e300},
    "surrogates": {"state": "\ud800", "thingId": "\udfff"},
}


@pytest.mark.parametrize("detail", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_a_detail_is_too_much(detail: dict[str, Any]) -> None:
    hostile = unmapped_event(detail=detail)
    begun = time.process_time()
    read = read_unmapped(hostile)
    assert time.process_time() - begun < 3
    assert read.state
    assert len(read.state) <= 1024
    assert read.resources
    assert all(found.resource for found in read.resources)


@pytest.mark.parametrize("detail", [{"eventName": 7}, {"eventName": ["a"], "errorCode": "x"}, {"eventName": " "}])
def test_a_malformed_record_is_an_event_like_any_other(detail: dict[str, Any]) -> None:
    read = read_unmapped(unmapped_event(detail_type="AWS API Call via CloudTrail", detail=detail))
    assert [found.resource for found in read.resources] == [ROOT]
    assert read.state


def custom(**detail: Any) -> AwsEvent:
    """A custom event, as docs/sources.md asks for."""
    return unmapped_event(source="com.example.shop", detail_type="Order Failed", resources=["order/7"], detail=detail)


def test_a_custom_event_states_everything_itself() -> None:
    fields = {"state": "failed", "severity": "error", "summary": "Order 7\nfailed", "reason": "card refused"}
    read = read_unmapped(custom(**fields, **{"idempotency-key": "order-7-failed"}))
    assert read.type == "infra.com.example.shop.unmapped"
    assert [(found.resource, found.summary) for found in read.resources] == [("order/7", "Order 7 failed")]
    assert (read.state, read.severity, read.reason) == ("failed", Severity.ERROR, "card refused")


def test_a_custom_event_with_few_fields_is_read_all_the_same() -> None:
    read = read_unmapped(unmapped_event(source="com.example.shop", detail_type="Order Failed", detail={"orderId": "7"}))
    assert [(found.resource, found.summary) for found in read.resources] == [("7", "")]
    assert (read.state, read.severity, read.reason) == ("Order Failed", Severity.INFO, "")


@pytest.mark.parametrize("value", [None, 7, True, [], {}, "", " ", "deadly", "\x00", "x" * 100_000])
def test_a_wrong_field_of_a_custom_event_costs_only_that_field(value: Any) -> None:
    read = read_unmapped(custom(state="failed", severity=value, summary=value, reason=value))
    assert read.severity is Severity.INFO
    assert len(read.resources[0].summary) <= 256
    assert len(read.reason) <= 256
    assert (read.resources[0].summary + read.reason).isprintable()


def test_an_aws_service_s_own_severity_is_for_its_entry_to_judge() -> None:
    read = read_unmapped(unmapped_event(detail={"severity": "fatal", "summary": "s", "reason": "r"}))
    assert (read.severity, read.reason, read.resources[0].summary) == (Severity.INFO, "", "")
