"""Own events: what may be put on a bus, and the key by which a resend is known."""

from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from infra_events.domain.errors import PermanentError
from infra_events.wire import IDEMPOTENCY_KEY
from infra_events.wire.custom_event import CustomEvent, custom_event_id
from infra_events.wire.fields import Fields
from tests.support.builders import ABSENT, ACCOUNT, NOON, aws_event, message

SOURCE = "com.example.shop"


def own(**overrides: Any) -> dict[str, Any]:
    return aws_event(**({"source": SOURCE, "detail_type": "Order Failed", "resources": ["order-7"]} | overrides))


def read(**overrides: Any) -> CustomEvent:
    return CustomEvent.read(Fields(own(**overrides)), NOON)


def event_id(key: Any, source: str = SOURCE) -> str:
    return AwsEvent.read(message(own(source=source, detail={IDEMPOTENCY_KEY: key}))).id


def test_an_own_event_is_read_as_it_is_delivered() -> None:
    event = read(detail={"state": "failed", IDEMPOTENCY_KEY: "k"})
    assert (event.source, event.detail_type, event.resources) == (SOURCE, "Order Failed", ("order-7",))
    assert event.detail["state"] == "failed"
    assert event.key == "k"
    assert event.with_key("other").key == "other"


def test_an_absent_field_has_its_default() -> None:
    event = read(time=ABSENT, resources=ABSENT, detail=ABSENT)
    assert (event.time, event.resources, event.detail, event.key) == (NOON, (), {}, "")


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"source": ABSENT}, "source"),
        ({"source": "aws.ec2"}, "source must not begin with aws."),
        ({"source": "x" * 257}, "source has 257"),
        ({"detail_type": ""}, "detail-type"),
        ({"detail_type": "x" * 129}, "detail-type has 129"),
        ({"detail": []}, "detail must be an object"),
        ({"resources": [1]}, "resources must be a list of strings"),
        ({"time": "noon"}, "time must be an RFC 3339 time"),
        ({"detail": {IDEMPOTENCY_KEY: ""}}, "idempotency-key"),
        ({"detail": {IDEMPOTENCY_KEY: 7}}, "idempotency-key"),
        ({"detail": {IDEMPOTENCY_KEY: "x" * 129}}, "idempotency-key"),
    ],
)
def test_what_the_bus_would_refuse_or_drop_is_named(overrides: dict[str, Any], named: str) -> None:
    with pytest.raises(PermanentError, match=named.replace(".", r"\.")):
        read(**overrides)


def test_the_id_comes_from_the_key_and_not_from_event_bridge() -> None:
    assert event_id("order-7:failed") == f"{ACCOUNT}:com.example.shop:order-7:failed"


def test_a_drill_is_another_event_than_the_real_one() -> None:
    drill = AwsEvent.read(message(own(source=f"drill.{SOURCE}", detail={IDEMPOTENCY_KEY: "k"})))
    assert drill.drill
    assert drill.source == SOURCE
    assert drill.id == f"{ACCOUNT}:drill.{SOURCE}:k"


@pytest.mark.parametrize("source", ["aws.ec2", "drill.aws.ec2", "aws.partner/example.com/1/x"])
def test_aws_s_own_events_keep_their_id_with_any_key(source: str) -> None:
    assert event_id("k", source) == own()["id"]


@pytest.mark.parametrize("key", ["", None, 7, True, ["k"], {"k": 1}, "x" * 129])
def test_what_is_no_key_is_none(key: Any) -> None:
    assert event_id(key) == own()["id"]


@pytest.mark.parametrize(
    "key", ["k#1", "k k", "k\n", "\x00", "\ud800", "ключ", '"', "a,b", "../../etc", "{{7*7}}", "<b>", "x" * 128, " "]
)
def test_a_hostile_key_is_an_id_that_fits_everywhere_and_collides_with_none(key: str) -> None:
    first = event_id(key)
    assert first == event_id(key)
    assert first.isascii()
    assert first.isprintable()
    assert len(first) <= 128
    assert "#" not in first
    assert first != event_id(f"{key[:-1]}!")


def test_two_ways_to_write_the_same_text_are_two_ids() -> None:
    assert custom_event_id(ACCOUNT, "com.example:a", {IDEMPOTENCY_KEY: "b"}) != custom_event_id(
        ACCOUNT, "com.example", {IDEMPOTENCY_KEY: "a:b"}
    )


def test_the_same_job_of_two_accounts_has_two_ids() -> None:
    ids = {
        custom_event_id(account, "nightly.backup", {IDEMPOTENCY_KEY: "orders"})
        for account in (ACCOUNT, "444455556666", "")
    }
    assert len(ids) == 3
