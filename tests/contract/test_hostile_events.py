"""Events that nobody sends in good faith become messages all the same, or their parts that fit do."""

import json
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.publish import WRITERS
from aws_service_event_handler.stages.read import standardize
from tests.support.builders import ABSENT, aws_event, message, whole_catalogue
from tests.support.written import check_written


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = {"a": [value]}
    return value


HOSTILE: dict[str, dict[str, Any]] = {
    "250 KB of one text": {"detail": {"state": "big", "padding": "x" * 250_000}},
    "200 KB that grow when written": {"detail": {"state": "big", "padding": '\u0001\u2028😀"' * 40_000}},
    "10,000 keys": {"detail": {f"key{number}": number for number in range(10_000)}},
    "deep": {"detail": deep(400)},
    "a resource with everything": {"resources": [f'arn:aws:custom:::a,"b"\r\nc\u202ed\u0000 {"é" * 500}']},
    "a formula": {"resources": ["=1+1"], "detail": {"state": "@SUM(A1)"}},
    "only invisible": {"detail": {"state": "\u0000\u0001\u200e"}},
    "half a surrogate": {"resources": ["\ud800"], "detail": {"state": "\udfff"}, "detail_type": "\ud83d"},
    "names of the envelope": {"detail": {"source": "x", "detail-type": "y", "account": 1, "resources": {"ARN": []}}},
    "a state of another type": {"detail": {"state": [[[{"value": None}], True], 4e300]}},
    "a record of nothing": {"detail_type": "AWS API Call via CloudTrail", "detail": {"eventName": {}, "errorCode": 5}},
    "1,000 resources": {"resources": [f"i-{number:08x}" for number in range(1_000)]},
    "no account, region or detail": {"account": ABSENT, "region": ABSENT, "detail": ABSENT, "resources": ABSENT},
    "a long name": {"source": "aws." + "x" * 10_000, "detail_type": "T" * 10_000, "id": "i" * 10_000},
    "a long id": {"resources": ["r" * 100_000]},
}


@pytest.mark.parametrize("source", ["aws.ec2", "aws.new", "drill.aws.s3", "com.example.shop", "{shop", "aws.\ud800"])
@pytest.mark.parametrize("overrides", HOSTILE.values(), ids=HOSTILE)
def test_hostile_events_survive(overrides: dict[str, Any], source: str) -> None:
    whole = aws_event(**({"source": source} | overrides))
    events = standardize(AwsEvent.read(message(whole)), whole_catalogue())
    assert events
    for event in events:
        check_written(event)


def test_what_is_too_large_goes_without_raw_and_is_marked_truncated() -> None:
    (event,) = standardize(
        AwsEvent.read(message(aws_event(detail={"state": "stopped", "padding": "x" * 250_000}))), whole_catalogue()
    )
    data = json.loads(WRITERS["2"](event).body)["data"]
    assert (data["raw"], data["truncated"], data["change"]["to"]) == ({}, True, "stopped")
    (event,) = standardize(AwsEvent.read(message(aws_event())), whole_catalogue())
    data = json.loads(WRITERS["2"](event).body)["data"]
    assert (data["raw"], data["truncated"]) == (aws_event()["detail"], False)
