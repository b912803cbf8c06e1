"""The bus against moto, and against the failures that AWS documents."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client
from infra_events.aws.event_bus import EventBus
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.wire.custom_event import CustomEvent
from tests.support.builders import NOON

pytestmark = pytest.mark.usefixtures("aws")

NAME = "OrgInfrastructure"


def event(key: str = "k", **detail: Any) -> CustomEvent:
    return CustomEvent(
        source="com.example.shop",
        detail_type="Order Failed",
        time=NOON,
        resources=("order-7",),
        detail={"idempotency-key": key} | detail,
    )


def bus(**more: Any) -> EventBus:
    return EventBus(name=NAME, **({"sleep": lambda _seconds: None} | more))


def answer(*codes: str) -> dict[str, Any]:
    entries = [{"ErrorCode": code} if code else {"EventId": "e"} for code in codes]
    return {"FailedEntryCount": sum(map(bool, codes)), "Entries": entries}


def calls() -> list[Sequence[Mapping[str, Any]]]:
    """Every call's entries, as they are made."""
    made: list[Sequence[Mapping[str, Any]]] = []
    delivery_client("events").meta.events.register(
        "provide-client-params.events.PutEvents", lambda params, **_: made.append(params["Entries"])
    )
    return made


def test_an_event_goes_as_it_is() -> None:
    made = calls()
    delivery_client("events").create_event_bus(Name=NAME)
    assert bus().put([event(state="failed")]) == [None]
    ((entry,),) = made
    assert json.loads(entry["Detail"]) == {"idempotency-key": "k", "state": "failed"}
    assert {name: value for name, value in entry.items() if name != "Detail"} == {
        "EventBusName": NAME,
        "Source": "com.example.shop",
        "DetailType": "Order Failed",
        "Time": NOON,
        "Resources": ["order-7"],
    }


def test_a_call_carries_ten_events_or_256_kib() -> None:
    delivery_client("events").create_event_bus(Name=NAME)
    made = calls()
    assert bus().put([event() for _ in range(25)]) == [None] * 25
    assert bus().put([event(padding="x" * 100_000) for _ in range(5)]) == [None] * 5
    assert [len(entries) for entries in made] == [10, 10, 5, 2, 2, 1]


def test_what_is_too_large_alone_or_too_deep_is_left_out_and_reported() -> None:
    made = calls()
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"d": deep}
    errors = bus().put([event("a"), event(padding="x" * 262_000), event(**deep), event("b")])
    assert [getattr(error, "code", None) for error in errors] == [None, ParkCode.TOO_LARGE, ParkCode.NOT_JSON, None]
    assert len(made[0]) == 2


def test_only_what_failed_and_may_pass_is_sent_again() -> None:
    made = calls()
    with Stubber(delivery_client("events")) as events:
        events.add_response("put_events", answer("", "InternalFailure", "MalformedDetail", "ThrottlingException"))
        events.add_response("put_events", answer("ThrottlingException", ""))
        events.add_response("put_events", answer(""))
        errors = bus().put([event(str(n)) for n in range(4)])
    keys = [[json.loads(entry["Detail"])["idempotency-key"] for entry in entries] for entries in made]
    assert keys == [["0", "1", "2", "3"], ["1", "3"], ["1"]]
    assert [type(error) for error in errors] == [type(None), type(None), PermanentError, type(None)]


def test_what_keeps_failing_is_given_back_after_ever_longer_pauses() -> None:
    pauses: list[float] = []
    with Stubber(delivery_client("events")) as events:
        for _ in range(4):
            events.add_response("put_events", answer("ThrottlingException"))
        (error,) = bus(attempts=4, sleep=pauses.append).put([event()])
    assert isinstance(error, TransientError)
    assert str(error) == "events:PutEvents: ThrottlingException"
    assert len(pauses) == 3
    assert all(0 <= pause <= longest for pause, longest in zip(pauses, (0.4, 0.8, 1.6), strict=True))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InternalException", "SomethingNew"])
def test_a_call_that_fails_is_tried_again_as_a_whole(code: str) -> None:
    with Stubber(delivery_client("events")) as events:
        events.add_client_error("put_events", code)
        events.add_response("put_events", answer("", ""))
        assert bus().put([event(), event()]) == [None, None]


def test_an_aws_that_cannot_be_reached_is_a_reason_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://events.example")

    monkeypatch.setattr(delivery_client("events"), "put_events", unreachable)
    (error,) = bus(attempts=2).put([event()])
    assert isinstance(error, TransientError)


def test_one_bad_entry_does_not_fail_its_neighbours() -> None:
    with Stubber(delivery_client("events")) as events:
        events.add_client_error("put_events", "ValidationException")
        events.add_response("put_events", answer(""))
        events.add_client_error("put_events", "ValidationException")
        errors = bus().put([event("good"), event("bad")])
    assert errors[0] is None
    assert isinstance(errors[1], PermanentError)


@pytest.mark.parametrize("entries", [[], [{}], [{"EventId": "e"}]])
def test_an_event_without_an_answer_has_not_arrived(entries: list[dict[str, str]]) -> None:
    with Stubber(delivery_client("events")) as events:
        events.add_response("put_events", {"FailedEntryCount": 0, "Entries": entries})
        errors = bus(attempts=1).put([event(), event()])
    assert isinstance(errors[-1], TransientError)


def test_a_bus_that_is_not_there_is_noticed() -> None:
    assert bus().is_missing()
    delivery_client("events").create_event_bus(Name=NAME)
    assert not bus().is_missing()


def test_who_may_not_look_for_the_bus_may_still_put() -> None:
    with Stubber(delivery_client("events")) as events:
        events.add_client_error("describe_event_bus", "AccessDeniedException")
        assert not bus().is_missing()


def test_nothing_to_put_is_no_call() -> None:
    made = calls()
    assert bus().put([]) == []
    assert made == []
