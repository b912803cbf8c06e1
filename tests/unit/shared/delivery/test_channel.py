"""A channel: names become targets, each destination receives a notification once, the worst result counts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra_events.delivery.channel import Channel
from infra_events.delivery.pace import Allowance
from infra_events.domain.deadline import Deadline
from infra_events.domain.errors import Limit, NotNowError, ParkCode, PermanentError, TransientError
from infra_events.domain.notification import HEARTBEAT
from infra_events.domain.outcome import Later, NoteCode, Parked, Retried, Sent, Skipped
from tests.support import channels
from tests.support.builders import NOON, message, notification, routing
from tests.support.fakes import FakePaceStore, FakeSentLog, FakeTransport
from tests.support.virtual_time import VirtualTime

PLATFORM, PAYMENTS = ["platform@example.org"], ["pay-1@example.org", "pay-2@example.org"]
ROUTING_OF_ONE = routing(destinations={"platform": {"emails": PLATFORM}, "payments": {"emails": PAYMENTS[:1]}})
ROUTING = routing(
    destinations={"platform": {"emails": PLATFORM}, "payments": {"emails": PAYMENTS}, "chat": {"emails": []}}
)


def channel(transport: FakeTransport, sent_log: FakeSentLog | None = None, **more: Any) -> Channel:
    fields: dict[str, Any] = {"sent_log": sent_log or FakeSentLog(), "routing": ROUTING}
    return channels.channel(transport, **(fields | more))


def pager(transport: FakeTransport, sent_log: FakeSentLog | None = None, name: str = "pager") -> Channel:
    return channels.channel(transport, name=name, sent_log=sent_log or FakeSentLog(), routing=TWO_CHANNELS)


@pytest.mark.parametrize(
    ("recipients", "to", "noted"),
    [
        (["payments"], PAYMENTS, []),
        (["payments", "platform", "payments"], [*PAYMENTS, *PLATFORM], []),
        ([], PLATFORM, ["no recipient named"]),
        (["nobody"], PLATFORM, ["unknown destination nobody"]),
        (["payments", "nobody"], [*PAYMENTS, *PLATFORM], ["unknown destination nobody"]),
        (["chat"], PLATFORM, ["destination chat has no email address"]),
        (["chat", "nobody"], PLATFORM, ["destination chat has no email address, unknown destination nobody"]),
    ],
)
def test_names_become_targets_and_somebody_always_receives(recipients: Any, to: Any, noted: Any) -> None:
    transport = FakeTransport()
    (outcome,) = channel(transport)([message(notification(recipients=recipients))])
    assert transport.targets == to
    assert isinstance(outcome, Sent)
    assert [note.reason for note in outcome.notes] == noted


def test_a_transport_receives_the_notification_as_it_was_published() -> None:
    transport = FakeTransport()
    channel(transport)([message(notification(recipients=["platform"]))])
    ((_, sent),) = transport.sent
    assert (sent.subject, sent.text, sent.html) == (
        "EC2 instance web-1 has stopped",
        "It has stopped.",
        "<p>It has stopped.</p>",
    )


def test_a_repeated_notification_is_delivered_once() -> None:
    transport, sent_log = FakeTransport(), FakeSentLog()
    twice = [message(notification()), message(notification())]
    first, second = channel(transport, sent_log)(twice)
    assert transport.targets == PAYMENTS
    assert first == Sent()
    assert isinstance(second, Sent)
    assert [note.code for note in second.notes] == [NoteCode.ALREADY_SENT]


def heartbeat(**overrides: Any) -> dict[str, Any]:
    event = {"id": "beat-1", "type": HEARTBEAT, "subject": "rule/Heartbeat", "time": "2026-03-02T08:05:00Z"}
    return notification(event={**event, "drill": True, **overrides})


def test_a_heartbeat_is_measured_when_it_is_delivered_and_not_when_it_is_repeated() -> None:
    beat = message(heartbeat())
    first, second = channel(FakeTransport(), FakeSentLog())([beat, beat])
    assert first == Sent(heartbeat=datetime(2026, 3, 2, 8, 5, tzinfo=UTC))
    assert isinstance(second, Sent)
    assert second.heartbeat is None


@pytest.mark.parametrize("other", [{"type": "infra.aws.ec2.instance.state_changed"}, {"drill": False}])
def test_no_other_event_is_a_heartbeat(other: dict[str, Any]) -> None:
    (outcome,) = channel(FakeTransport())([message(heartbeat(**other))])
    assert outcome == Sent()


def test_one_destination_that_fails_costs_no_other_its_notification_and_is_tried_alone() -> None:
    transport = FakeTransport(errors={"pay-1@example.org": TransientError("throttled")})
    work = channel(transport)
    both = message(notification(recipients=["payments", "platform"]))
    assert [type(outcome) for outcome in work([both])] == [Retried]
    assert transport.targets == [PAYMENTS[1], *PLATFORM]
    transport.errors.clear()
    assert [type(outcome) for outcome in work([both])] == [Sent]
    assert transport.targets == [PAYMENTS[1], *PLATFORM, PAYMENTS[0]]


def test_a_refused_notification_is_parked() -> None:
    transport = FakeTransport(errors={"platform@example.org": PermanentError(ParkCode.REFUSED, "SES refused the mail")})
    (outcome,) = channel(transport)([message(notification(recipients=["platform"]))])
    assert outcome == Parked(code=ParkCode.REFUSED, reason="destination platform: SES refused the mail")


def test_a_target_that_is_refused_costs_no_other_its_notification() -> None:
    transport = FakeTransport(errors={PAYMENTS[0]: PermanentError(ParkCode.REFUSED, "MessageRejected")})
    (outcome,) = channel(transport)([message(notification())])
    assert outcome == Parked(code=ParkCode.REFUSED, reason="destination payments, target 1 of 2: MessageRejected")
    assert transport.targets == PAYMENTS[1:]


def test_of_several_destinations_only_the_refused_one_is_parked() -> None:
    transport = FakeTransport(errors={PAYMENTS[0]: PermanentError(ParkCode.REFUSED, "MessageRejected")})
    document = notification(recipients=["platform", "payments"], unknown={"kept": ["as", "it", "is"]})
    (outcome,) = channel(transport)([message(document)])
    assert isinstance(outcome, Parked)
    assert json.loads(outcome.body) == document | {"recipients": ["payments"]}
    assert transport.targets == [*PLATFORM, PAYMENTS[1]]


def test_addresses_are_in_no_reason_and_no_key() -> None:
    transport = FakeTransport(errors={PAYMENTS[0]: PermanentError(ParkCode.REFUSED, "MessageRejected")})
    sent_log = FakeSentLog()
    (outcome,) = channel(transport, sent_log)([message(notification())])
    assert "@" not in f"{outcome}{sent_log.sent}"


def test_an_address_that_a_destination_has_twice_gets_one_mail() -> None:
    twice = routing(destinations={"platform": {"emails": PLATFORM}, "payments": {"emails": PAYMENTS * 2}})
    work = channels.channel(transport := FakeTransport(), routing=twice)
    assert work([message(notification())]) == [Sent()]
    assert transport.targets == PAYMENTS


def test_while_another_process_sends_the_message_waits() -> None:
    time = VirtualTime()
    channel(FakeTransport(), log := FakeSentLog())([message(notification())])
    held = FakeSentLog(held=[*log.sent])
    (outcome,) = channel(FakeTransport(), held, time=time)([message(notification())])
    assert outcome == Later(until=time.now() + timedelta(seconds=30), reason="another process is sending this")


def test_an_address_in_a_message_is_never_used() -> None:
    transport = FakeTransport()
    (outcome,) = channel(transport)([message(notification(recipients=["thief@example.net"]))])
    assert isinstance(outcome, Parked)
    assert outcome.code is ParkCode.RAW_ADDRESS
    assert transport.sent == []


TWO_CHANNELS = routing(
    channels={"emails": "email", "pagers": "pager"},
    destinations={
        "platform": {"emails": PLATFORM},
        "payments": {"emails": PAYMENTS, "pagers": ["+1"]},
        "oncall": {"pagers": ["+2"]},
    },
)


@pytest.mark.parametrize(("name", "targets"), [("email", PAYMENTS), ("pager", ["+1"])])
def test_a_channel_sends_to_its_own_targets_under_its_own_key(name: str, targets: list[str]) -> None:
    transport, sent_log = FakeTransport(), FakeSentLog()
    work = pager(transport, sent_log, name)
    assert work([message(notification())]) == [Sent()]
    assert transport.targets == targets
    assert {key.rpartition("|")[0] for key in sent_log.sent} == {f"event-1|{name}|payments"}
    assert len(sent_log.sent) == len(targets)


def deliver_by_all(document: object, **attributes: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Let both channels deliver a message; return outcomes and targets by channel."""
    outcomes, targets = {}, {}
    for name in ("email", "pager"):
        transport = FakeTransport()
        work = pager(transport, name=name)
        (outcomes[name],) = work([message(document, **attributes)])
        targets[name] = transport.targets
    return outcomes, targets


def test_what_the_last_release_wrote_for_several_destinations_is_delivered_by_each_channel_to_its_own() -> None:
    """Such messages wait in the queues while a deployment is upgraded."""
    old = {
        "id": "parent#0a",
        "subject": "EC2 instance web-1 has stopped (111122223333, eu-west-1)",
        "text": "It has stopped.",
        "html": "<p>It has stopped.</p>",
        "severity": "WARN",
        "owner": "payments",
        "recipients": ["payments", "platform", "oncall"],
        "reason": "route payments matched tag Owner=payments",
        "event": {"id": "parent", "type": "t", "subject": "i-1", "time": "2026-03-01T12:00:00.000Z", "drill": False},
        "content_digest": "3f2a",
    }
    outcomes, targets = deliver_by_all(old, id="parent#0a", severity="WARN", channels='["email", "pager"]')
    assert outcomes == {"email": Sent(), "pager": Sent()}
    assert targets == {"email": [*PAYMENTS, *PLATFORM], "pager": ["+1", "+2"]}


def test_a_destination_that_another_channel_reaches_is_skipped_and_never_mailed_to_the_fallback() -> None:
    outcomes, targets = deliver_by_all(notification(recipients=["oncall"]), channels='["email", "pager"]')
    assert outcomes == {"email": Skipped(), "pager": Sent()}
    assert targets == {"email": [], "pager": ["+2"]}


def test_what_stands_for_nobody_delays_no_destination_and_is_retried() -> None:
    work = pager(paged := FakeTransport())
    (outcome,) = work([message(notification(recipients=["nobody", "oncall"]), channels="pager")])
    assert outcome == Retried(
        reason="TransientError: unknown destination nobody, and the fallback has no pager address"
    )
    assert paged.targets == ["+2"]


def test_a_notification_that_nobody_can_receive_in_this_channel_is_retried() -> None:
    transport = FakeTransport()
    work = pager(transport)
    (outcome,) = work([message(notification(recipients=["platform"]))])
    assert outcome == Retried(
        reason="TransientError: destination platform has no pager address, and the fallback has no pager address"
    )
    assert transport.sent == []


@pytest.mark.parametrize("named", ['["sms"]', '["sms", "chat"]', "sms"])
@pytest.mark.parametrize("body", [notification(), "hello"])
def test_what_names_other_channels_only_is_left_to_them(named: str, body: object) -> None:
    transport = FakeTransport()
    assert channel(transport)([message(body, channels=named)]) == [Skipped()]
    assert transport.sent == []


@pytest.mark.parametrize(
    "named", ['["email"]', '["sms", "email"]', "email", "[]", "", " ", "[", '["sms"', "[7]", "[null]"]
)
def test_what_names_this_channel_or_no_readable_one_is_delivered(named: str) -> None:
    assert channel(FakeTransport())([message(notification(), channels=named)]) == [Sent()]


def test_a_notification_without_the_attribute_is_delivered() -> None:
    assert channel(FakeTransport())([message(notification())]) == [Sent()]


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_failures_the_one_that_may_still_succeed_counts(order: int) -> None:
    refused, throttled = PermanentError(ParkCode.REFUSED, "no"), TransientError("throttled")
    transport = FakeTransport(errors={"platform@example.org": refused, "pay-1@example.org": throttled})
    both = ["payments", "platform"][::order]
    (outcome,) = channel(transport)([message(notification(recipients=both))])
    assert outcome == Retried(reason="TransientError: throttled")


def test_what_there_is_no_time_for_comes_later() -> None:
    transport, time = FakeTransport(), VirtualTime()
    seconds = iter([30, 6, 6, 5, 5])
    deadline = Deadline.of(lambda: timedelta(seconds=next(seconds)))
    batch = [message(notification(id=number)) for number in "12"]
    first, second = channel(transport, time=time, routing=ROUTING_OF_ONE)(batch, deadline)
    assert first == Sent()
    assert second == Later(until=time.now() + timedelta(seconds=30), reason="the invocation's time is nearly up")
    assert [sent.id for _, sent in transport.sent] == ["1"]


def test_what_is_urgent_is_sent_first() -> None:
    transport = FakeTransport()
    batch = [message(notification(id=severity, severity=severity)) for severity in ("WARN", "FATAL", "ERROR", "FATAL")]
    channel(transport)(batch)
    assert [sent.id for _, sent in transport.sent][::2] == ["FATAL", "WARN", "ERROR"]


def test_what_is_urgent_leaves_no_slots_beyond_the_quota_to_what_is_not() -> None:
    transport, time, sent_log = FakeTransport(), VirtualTime(), FakeSentLog()
    pace = channels.pacer(FakePaceStore(), time, Allowance(per_second=14, per_day=2))
    paced = channel(transport, sent_log, time=time, pacer=pace, routing=ROUTING_OF_ONE)
    fatal = message(notification(id="fatal", severity="FATAL"))
    assert paced([fatal]) == [Sent()]

    outcomes = paced([*(message(notification(id=number)) for number in "123"), fatal])

    assert [type(outcome) for outcome in outcomes[:3]] == [Later, Later, Later], "two are reserved, for FATAL twice"
    assert [sent.id for _, sent in transport.sent] == ["fatal"]


def refused(limit: Limit, wait: timedelta | None = None) -> dict[str, Exception]:
    return {PLATFORM[0]: NotNowError(limit, "not now", wait)}


@pytest.mark.parametrize(
    ("limit", "asked", "waited", "wait"),
    [
        (Limit.CLOSED, None, 0, 600),
        (Limit.OUTAGE, None, 0, 30),
        (Limit.OUTAGE, None, 600, 300),
        (Limit.OUTAGE, None, 86_400, 900),
        (Limit.OUTAGE, 77, 600, 77),
    ],
)
def test_what_a_provider_takes_later_comes_later(limit: Limit, asked: int | None, waited: int, wait: int) -> None:
    time = VirtualTime(NOON + timedelta(seconds=waited))
    error = refused(limit, timedelta(seconds=asked) if asked else None)
    (outcome,) = channel(FakeTransport(error), time=time)([message(notification(recipients=["platform"]))])
    assert outcome == Later(until=time.now() + timedelta(seconds=wait), reason="not now")


def test_an_outage_is_counted_from_when_the_message_was_first_enqueued() -> None:
    time = VirtualTime(NOON + timedelta(seconds=600))
    again = replace(message(notification(recipients=["platform"])), sent_time=time.now(), first_enqueued=NOON)
    (outcome,) = channel(FakeTransport(refused(Limit.OUTAGE)), time=time)([again])
    assert outcome == Later(until=time.now() + timedelta(seconds=300), reason="not now")


@pytest.mark.parametrize("error", [PermanentError(ParkCode.REFUSED, "no"), TransientError("who knows")])
def test_of_a_target_taken_later_and_one_that_fails_the_message_comes_later(error: Exception) -> None:
    errors = {PAYMENTS[0]: error, PAYMENTS[1]: NotNowError(Limit.OUTAGE, "not now")}
    (outcome,) = channel(FakeTransport(errors))([message(notification())])
    assert isinstance(outcome, Later)


def test_a_batch_reserves_its_slots_in_one_call() -> None:
    store = FakePaceStore()
    channel(FakeTransport(), pacer=channels.pacer(store, VirtualTime()))(
        [message(notification(id=number)) for number in "12345"]
    )
    assert (store.swaps, store.row.day_count) == (1, 10)


def test_what_is_on_record_uses_no_slot() -> None:
    time = VirtualTime()
    slow = channels.pacer(FakePaceStore(), time, Allowance(per_second=1))
    work = channel(FakeTransport(), pacer=slow, time=time, routing=ROUTING_OF_ONE)
    work([message(notification(id=number)) for number in "11111112"])
    assert time.now() == NOON + timedelta(seconds=1)
