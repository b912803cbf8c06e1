"""Standard messages → words."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra_events.domain.outcome import NoteCode, Parked, Retried, Sent, Suppressed
from infra_events.enricher import Enricher
from infra_events.ports import Message
from infra_events.runtime.settings import SettingsError
from infra_events.wire import v1, v2
from org_resource_event_notification_sender.core import NotificationSender
from org_resource_event_notification_sender.settings import Settings
from org_resource_event_notification_sender.words import Writer
from tests.builders import ACCOUNT, INSTANCE, REGION, delivered, message, resource_event
from tests.fakes import FakePublisher, FakeTagReader


class Sender:
    """The sender with fakes around it."""

    def __init__(self, tags: Mapping[str, str] | Exception, zone: str = "Etc/UTC") -> None:
        self.reader = FakeTagReader(tags if isinstance(tags, Exception) else {INSTANCE: tags})
        self.publisher = FakePublisher()
        self._sender = NotificationSender(
            enricher=Enricher(readers={"ec2": self.reader}, account_id=ACCOUNT, region=REGION),
            publisher=self.publisher,
            writer=Writer(ZoneInfo(zone)),
        )

    def send(self, *events: Any) -> list[Any]:
        return list(self._sender([message(e) if isinstance(e, str) else delivered(v1.write(e)) for e in events]))

    def deliver(self, messages: list[Message]) -> None:
        self._sender(messages)

    def document(self) -> dict[str, Any]:
        (published,) = self.publisher.published
        document: dict[str, Any] = json.loads(published.body)
        return document


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "is starting"),
        ("running", "is running"),
        ("stopping", "is stopping"),
        ("stopped", "has stopped"),
        ("shutting-down", "is shutting down for good"),
        ("terminated", "was terminated"),
    ],
)
def test_a_person_reads_what_happened_to_what(state: str, words: str) -> None:
    sender = Sender({"Name": "web-1"}, zone="Europe/Berlin")
    assert sender.send(resource_event(state=state)) == [Sent()]
    document = sender.document()
    assert document["subject"] == f"EC2 instance web-1 {words} ({ACCOUNT}, {REGION})"
    link = f"https://{REGION}.console.aws.amazon.com/ec2/home?region={REGION}#InstanceDetails:instanceId=i-0abc1234def567890"
    facts = ("web-1", "i-0abc1234def567890", state, ACCOUNT, REGION, "12:00:00 UTC", "13:00:00 CET", "event-1", words)
    for fact in (*facts, link):
        assert fact in document["text"]
        assert fact in document["html"]
    assert document["event"] == {
        "id": "event-1",
        "type": "infra.aws.ec2.instance.state_changed",
        "subject": INSTANCE,
        "time": "2026-03-01T12:00:00Z",
        "drill": False,
    }


def test_a_drill_says_so_first() -> None:
    sender = Sender({"Name": "web-1"})
    sender.send(resource_event(drill=True))
    document = sender.document()
    assert document["subject"].startswith("[DRILL] EC2 instance web-1")
    assert document["text"].startswith("*** DRILL")
    assert "Drill." in document["html"]


@pytest.mark.parametrize("value", ["true", "True", " TRUE "])
def test_an_ignored_resource_is_suppressed_with_its_reason(value: str) -> None:
    sender = Sender({"Name": "web-1", "notify:ignore": value})
    assert sender.send(resource_event()) == [Suppressed(event_id="event-1", reason="tag notify:ignore=true")]
    assert sender.publisher.published == []


@pytest.mark.parametrize("value", ["false", "", "no", "truely"])
def test_anything_but_true_is_not_ignored(value: str) -> None:
    assert Sender({"notify:ignore": value}).send(resource_event()) == [Sent()]


@pytest.mark.parametrize("error", [TimeoutError("slow"), PermissionError("denied"), KeyError("x")])
def test_a_failed_look_up_never_stops_a_mail(error: Exception) -> None:
    sender = Sender(error)
    (outcome,) = sender.send(resource_event())
    assert [note.code for note in outcome.notes] == [NoteCode.TAGS_UNAVAILABLE]
    document = sender.document()
    assert "i-0abc1234def567890" in document["subject"]
    assert "The Name was not available" in document["text"]
    assert "The Name was not available" in document["html"]


def test_a_resource_without_a_name_is_called_by_its_id() -> None:
    sender = Sender({"Name": "  "})
    sender.send(resource_event())
    assert "EC2 instance i-0abc1234def567890 has stopped" in sender.document()["subject"]
    assert "no Name tag" in sender.document()["text"]


def test_tags_are_looked_up_once_per_batch() -> None:
    sender = Sender({"Name": "web-1"})
    other = INSTANCE.replace("i-0abc", "i-0def")
    sender.send(*[resource_event(id=str(n), resource=other if n % 2 else INSTANCE) for n in range(100)])
    assert sender.reader.calls == [[INSTANCE, other]]
    assert len(sender.publisher.published) == 100


@pytest.mark.parametrize(
    "resource",
    [INSTANCE.replace(ACCOUNT, "999999999999"), INSTANCE.replace(REGION, "us-east-1"), "i-0abc", "arn:aws:s3:::b"],
)
def test_tags_that_cannot_be_ours_are_not_asked_for(resource: str) -> None:
    sender = Sender({"Name": "web-1"})
    (outcome,) = sender.send(resource_event(resource=resource))
    assert isinstance(outcome, Sent)
    assert [note.code for note in outcome.notes] == [NoteCode.TAGS_UNAVAILABLE]
    assert sender.reader.calls == []


def test_hostile_values_change_nothing_but_their_own_text() -> None:
    hostile = '<script>alert(1)</script>{{ 7*7 }}{% raw %}\r\nBcc: x@y.example"&'
    sender = Sender({"Name": hostile})
    assert sender.send(resource_event(state=hostile)) == [Sent()]
    document = sender.document()
    assert "\n" not in document["subject"]
    assert "49" not in document["subject"]
    assert "<script>" not in document["html"]
    assert "&lt;script&gt;" in document["html"]
    assert "\nBcc" not in document["text"]


@pytest.mark.parametrize(
    ("arn", "link"),
    [
        (
            INSTANCE.replace("arn:aws:", "arn:aws-cn:").replace(REGION, "cn-north-1"),
            "https://cn-north-1.console.amazonaws.cn/",
        ),
        (
            INSTANCE.replace("arn:aws:", "arn:aws-us-gov:").replace(REGION, "us-gov-west-1"),
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
        (INSTANCE.replace(REGION, "evil.example/"), None),
        (INSTANCE.replace("arn:aws:", "arn:aws-moon:"), None),
    ],
)
def test_links_lead_to_the_partitions_console_or_nowhere(arn: str, link: str | None) -> None:
    sender = Sender({})
    sender.send(resource_event(resource=arn))
    text = sender.document()["text"]
    assert (link in text) if link else ("https://" not in text)


def test_a_broken_template_costs_the_looks_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({"Name": "web-1"})
    monkeypatch.setattr(Writer, "_render", lambda *_: 1 / 0)
    (outcome,) = sender.send(resource_event(drill=True))
    assert [note.code for note in outcome.notes] == [NoteCode.TEMPLATE_FAILED]
    document = sender.document()
    assert document["subject"] == "[DRILL] EC2 instance web-1 has stopped"
    assert INSTANCE in document["text"]
    assert "html" not in document


def test_poison_does_not_touch_its_neighbours() -> None:
    sender = Sender({"Name": "web-1"})
    outcomes = sender.send(resource_event(id="1"), "poison", resource_event(id="2"))
    assert [type(outcome) for outcome in outcomes] == [Sent, Parked, Sent]


def test_what_cannot_be_published_comes_back() -> None:
    sender = Sender({"Name": "web-1"})
    sender.publisher = FakePublisher()
    failing = FakePublisher(errors={"event-1": TimeoutError()})
    object.__setattr__(sender._sender, "publisher", failing)  # noqa: SLF001 - the one collaborator this test swaps
    (outcome,) = sender.send(resource_event())
    assert isinstance(outcome, Retried)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "/etc/localtime"])
def test_a_zone_that_does_not_exist_is_named_at_cold_start(zone: str) -> None:
    environment = dict.fromkeys(("NOTIFICATION_TOPIC_ARN", "PARKING_QUEUE_URL", "ACCOUNT_ID", "AWS_REGION"), "x")
    with pytest.raises(SettingsError, match="DISPLAY_TIMEZONE"):
        Settings.from_env(environment | {"DISPLAY_TIMEZONE": zone})


@pytest.mark.parametrize(
    ("time", "zone"),
    [
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "Europe/Berlin"),
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York"),
    ],
)
def test_the_edge_of_the_calendar_costs_the_local_time_only(time: datetime, zone: str) -> None:
    sender = Sender({"Name": "web-1"}, zone=zone)
    assert sender.send(resource_event(time=time)) == [Sent()]
    assert "UTC" in sender.document()["text"]


def test_a_notification_has_the_same_id_from_both_versions() -> None:
    sender = Sender({})
    sender.deliver([delivered(write(resource_event(id="42"))) for write in (v1.write, v2.write)])
    assert [json.loads(p.body)["id"] for p in sender.publisher.published] == ["42", "42"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/\n\nAccount  000",
        "javascript:alert(1)",
        "https://x.example/" + "y" * 5000,
        "http://x.example",
    ],
)
def test_a_link_that_is_none_is_left_out(link: str) -> None:
    sender = Sender({})
    event = delivered(v2.write(resource_event(resource="switch-7", link=link)))
    sender.deliver([event])
    assert link[:30] not in sender.document()["text"]
    assert "Open in" not in sender.document()["html"]


def test_a_link_elsewhere_says_where_it_leads() -> None:
    sender = Sender({})
    sender.deliver([delivered(v2.write(resource_event(resource="switch-7", link="https://noc.example/switch-7")))])
    assert "Open in noc.example" in sender.document()["html"]
    assert "AWS console" not in sender.document()["text"]
