"""Notifications → mails."""

from datetime import UTC, datetime
from typing import Any

import pytest

from email_notification_sender.core import EmailSender
from email_notification_sender.settings import Settings
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.notification import HEARTBEAT
from infra_events.domain.outcome import NoteCode, Parked, Retried, Sent
from infra_events.runtime.settings import SettingsError
from tests.support.builders import message, notification, routing
from tests.support.fakes import FakeMailer, FakeSentLog

PLATFORM, PAYMENTS = ("platform@example.org",), ("pay-1@example.org", "pay-2@example.org")
ROUTING = routing(
    destinations={"platform": {"emails": PLATFORM}, "payments": {"emails": PAYMENTS}, "chat": {"emails": []}}
)


def sender(mailer: FakeMailer, sent_log: FakeSentLog | None = None) -> EmailSender:
    return EmailSender(mailer=mailer, sent_log=sent_log or FakeSentLog(), routing=ROUTING)


@pytest.mark.parametrize(
    ("recipients", "to", "noted"),
    [
        (["payments"], [PAYMENTS], []),
        (["payments", "platform", "payments"], [PAYMENTS, PLATFORM], []),
        ([], [PLATFORM], ["no recipient named"]),
        (["nobody"], [PLATFORM], ["unknown destination nobody"]),
        (["payments", "nobody"], [PAYMENTS, PLATFORM], ["unknown destination nobody"]),
        (["chat"], [PLATFORM], ["destination chat has no email address"]),
        (["chat", "nobody"], [PLATFORM], ["destination chat has no email address, unknown destination nobody"]),
    ],
)
def test_names_become_addresses_and_somebody_always_receives(recipients: Any, to: Any, noted: Any) -> None:
    mailer = FakeMailer()
    (outcome,) = sender(mailer)([message(notification(recipients=recipients))])
    assert [tuple(mail.to) for mail in mailer.sent] == to
    assert isinstance(outcome, Sent)
    assert [note.reason for note in outcome.notes] == noted


def test_a_mail_says_what_the_notification_says() -> None:
    mailer = FakeMailer()
    sender(mailer)([message(notification())])
    (mail,) = mailer.sent
    assert (mail.subject, mail.text, mail.html) == (
        "EC2 instance web-1 has stopped",
        "It has stopped.",
        "<p>It has stopped.</p>",
    )


def test_a_second_delivery_mails_nobody_twice() -> None:
    mailer, sent_log = FakeMailer(), FakeSentLog()
    twice = [message(notification()), message(notification())]
    first, second = sender(mailer, sent_log)(twice)
    assert len(mailer.sent) == 1
    assert first == Sent()
    assert isinstance(second, Sent)
    assert [note.code for note in second.notes] == [NoteCode.ALREADY_SENT]


def heartbeat(**overrides: Any) -> dict[str, Any]:
    event = {"id": "beat-1", "type": HEARTBEAT, "subject": "rule/Heartbeat", "time": "2026-03-02T08:05:00Z"}
    return notification(event={**event, "drill": True, **overrides})


def test_a_heartbeat_that_was_mailed_says_when_it_went_in_and_a_repeated_one_does_not() -> None:
    beat = message(heartbeat())
    first, second = sender(FakeMailer(), FakeSentLog())([beat, beat])
    assert first == Sent(heartbeat=datetime(2026, 3, 2, 8, 5, tzinfo=UTC))
    assert isinstance(second, Sent)
    assert second.heartbeat is None


@pytest.mark.parametrize("other", [{"type": "infra.aws.ec2.instance.state_changed"}, {"drill": False}])
def test_no_other_event_is_a_heartbeat(other: dict[str, Any]) -> None:
    (outcome,) = sender(FakeMailer())([message(heartbeat(**other))])
    assert outcome == Sent()


def test_one_destination_that_fails_costs_no_other_its_mail_and_is_tried_alone() -> None:
    mailer = FakeMailer(errors={"pay-1@example.org": TransientError("throttled")})
    work = sender(mailer)
    both = message(notification(recipients=["payments", "platform"]))
    assert [type(outcome) for outcome in work([both])] == [Retried]
    assert [tuple(mail.to) for mail in mailer.sent] == [PLATFORM]
    mailer.errors.clear()
    assert [type(outcome) for outcome in work([both])] == [Sent]
    assert [tuple(mail.to) for mail in mailer.sent] == [PLATFORM, PAYMENTS]


def test_a_refused_mail_is_parked() -> None:
    mailer = FakeMailer(errors={"platform@example.org": PermanentError(ParkCode.REFUSED, "SES refused the mail")})
    (outcome,) = sender(mailer)([message(notification(recipients=["platform"]))])
    assert outcome == Parked(code=ParkCode.REFUSED, reason="SES refused the mail")


def test_while_another_process_sends_the_message_waits() -> None:
    held = FakeSentLog(held=["event-1|email|payments"])
    (outcome,) = sender(FakeMailer(), held)([message(notification())])
    assert isinstance(outcome, Retried)


def test_an_address_in_a_message_is_never_used() -> None:
    mailer = FakeMailer()
    (outcome,) = sender(mailer)([message(notification(recipients=["thief@example.net"]))])
    assert isinstance(outcome, Parked)
    assert outcome.code is ParkCode.RAW_ADDRESS
    assert mailer.sent == []


def test_settings_that_are_missing_are_named_at_cold_start() -> None:
    with pytest.raises(SettingsError, match=r"ROUTING_BUCKET.*ROUTING_SHA256"):
        Settings.from_env(dict.fromkeys(("SENDER_ADDRESS", "SENT_TABLE_NAME", "PARKING_QUEUE_URL"), "x"))
