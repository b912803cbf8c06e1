"""Standard messages → words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from infra_events.content.content import Writer
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.outcome import NoteCode, Parked, Retried, Sent, Suppressed
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import Message
from infra_events.routing.decision import Decision
from infra_events.routing.model import Routing
from infra_events.runtime.settings import SettingsError
from infra_events.wire import standard, v1, v2
from org_resource_event_notification_sender import core
from org_resource_event_notification_sender.core import NotificationSender
from org_resource_event_notification_sender.settings import Settings
from tests.support.builders import ACCOUNT, INSTANCE, NOON, REGION, delivered, message, resource_event, routing
from tests.support.fakes import FakePublisher, FakeTagReader, FakeTagSnapshots

PROTECTED = "infra.aws.guardduty.finding.reported"


class Sender:
    """The sender with fakes around it, an hour after noon."""

    def __init__(self, tags: Mapping[str, str] | Exception, zone: str = "Etc/UTC", **routes: Any) -> None:
        self.reader = FakeTagReader(tags if isinstance(tags, Exception) else {INSTANCE: tags})
        self.publisher = FakePublisher()
        rules = routing(timezone=zone, **routes)
        clock = partial(datetime.__add__, NOON, timedelta(hours=1))
        self._sender = NotificationSender(
            routing=rules,
            enricher=Enricher(
                readers={"ec2": self.reader},
                others=FakeTagReader({}),
                snapshots=FakeTagSnapshots(),
                account_id=ACCOUNT,
                region=REGION,
                clock=clock,
            ),
            publisher=self.publisher,
            writer=Writer(rules),
            clock=clock,
        )

    def send(self, *events: Any) -> list[Any]:
        return list(self._sender([message(e) if isinstance(e, str) else delivered(v1.write(e)) for e in events]))

    def deliver(self, messages: list[Message]) -> list[Any]:
        return list(self._sender(messages))

    def tell(self, monkeypatch: pytest.MonkeyPatch, *events: ResourceEvent) -> list[Any]:
        """Send events as they are, whatever a version of the message carries of them."""
        by_id = {str(position): event for position, event in enumerate(events)}
        monkeypatch.setattr(standard, "read", lambda message: by_id[message.id])
        return self.deliver([message("", position) for position in by_id])

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(published.body) for published in self.publisher.published]

    def document(self) -> dict[str, Any]:
        (document,) = self.documents()
        return document


def tagged(values: Mapping[str, str], **overrides: Any) -> ResourceEvent:
    """An event whose tags were read before."""
    return resource_event(**({"tags": Tags(values=values, status=TagsStatus.LIVE, as_of=NOON)} | overrides))


def siblings(number: int, **overrides: Any) -> list[ResourceEvent]:
    """Events of one parent, named web-1 to web-<number>, their positions as ids' ends."""
    return [
        tagged(
            {"Name": f"web-{n}", "Owner": "payments"},
            id=f"parent#{n}",
            parent_id="parent",
            resource=f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-{n:017x}",
            **overrides,
        )
        for n in range(1, number + 1)
    ]


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
    assert sender.send(resource_event()) == [
        Suppressed(event_id="event-1", reason=f"tag notify:ignore={value.strip()}")
    ]
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


def test_settings_that_are_missing_are_named_at_cold_start() -> None:
    with pytest.raises(SettingsError, match=r"TAGS_TABLE_NAME.*ACCOUNT_ID"):
        Settings.from_env(dict.fromkeys(("NOTIFICATION_TOPIC_ARN", "PARKING_QUEUE_URL", "ROUTING_BUCKET"), "x"))


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
    for write in (v1.write, v2.write):
        sender.deliver([delivered(write(resource_event(id="42")))])
    assert [document["id"] for document in sender.documents()] == ["42", "42"]


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


def test_the_routing_decides_who_is_told_and_the_mail_says_why() -> None:
    sender = Sender({"Name": "web-1", "Owner": "Payments"})
    sender.send(resource_event())
    document = sender.document()
    assert (document["recipients"], document["owner"]) == (["payments"], "payments")
    assert document["reason"] == "route payments matched tag Owner=Payments"
    for body in (document["text"], document["html"]):
        assert "You receive this because route payments matched tag Owner=Payments (routing 3f2a)." in body
        assert "notify:mute-until=2026-03-08" in body
    assert "Owner    payments" in document["text"]


def test_what_nobody_owns_goes_to_the_fallback() -> None:
    sender = Sender({"Name": "web-1"})
    assert sender.send(resource_event()) == [Sent()]
    document = sender.document()
    assert document["recipients"] == ["platform"]
    assert "owner" not in document
    assert "no route matched, and nobody owns it: no tag Owner or Department" in document["text"]


def test_the_severity_is_what_the_routing_makes_of_it() -> None:
    sender = Sender({"notify:severity": "fatal"})
    sender.send(resource_event())
    assert sender.document()["severity"] == "FATAL"
    assert "FATAL" in sender.document()["html"]


def test_a_muted_resource_is_silent_until_then() -> None:
    sender = Sender({"notify:mute-until": "2026-03-01T14:00:00Z"})
    (outcome,) = sender.send(resource_event())
    assert outcome == Suppressed(event_id="event-1", reason="muted by tag notify:mute-until=2026-03-01T14:00:00Z")


@pytest.mark.parametrize(
    ("most", "offered"), [(30, "2026-03-08"), (8, "2026-03-08"), (7, "2026-03-07"), (1, "2026-03-01"), (0, None)]
)
def test_the_mute_that_a_mail_offers_is_one_that_is_followed(most: int, offered: str | None) -> None:
    bounds = {"max_mute_days": most, "least_severity": "DEBUG", "most_severity": "FATAL", "protected": []}
    sender = Sender({}, bounds=bounds)
    sender.send(resource_event())
    assert ("To mute" in sender.document()["text"]) == ("To mute" in sender.document()["html"]) == bool(offered)
    if offered:
        assert f"tag it notify:mute-until={offered}." in sender.document()["text"]
        (outcome,) = Sender({"notify:mute-until": offered}, bounds=bounds).send(resource_event())
        assert isinstance(outcome, Suppressed)


def test_a_mute_that_would_not_be_followed_is_not_offered() -> None:
    sender = Sender({"notify:ignore": "true"})
    sender.send(resource_event(type=PROTECTED))
    document = sender.document()
    assert "To mute" not in document["text"]
    assert "To mute" not in document["html"]
    assert f"tag notify:ignore=true is not followed: {PROTECTED} is protected" in document["reason"]


def test_what_is_no_resource_of_aws_is_headed_by_its_summary_and_cannot_be_tagged() -> None:
    port = resource_event(resource="snmp://192.0.2.7/ifIndex/3", source="snmp.trap", summary="Gi0/3 of core-1 is down")
    sender = Sender({})
    sender.deliver([delivered(v2.write(port))])
    document = sender.document()
    assert document["subject"] == f"Gi0/3 of core-1 is down ({ACCOUNT})"
    assert document["text"].startswith("Gi0/3 of core-1 is down.\n")
    assert document["reason"].endswith("it is no AWS resource, so no tag names one")
    assert not [words for words in ("Name ", "\nARN ", "To mute") if words in document["text"]]
    assert not [words for words in (">Name<", ">ARN<", "To mute") if words in document["html"]]


IGNORED = {
    "name": "tests",
    "match": {"account_id": [ACCOUNT]},
    "reason": "only tests",
    "expires": "2026-12-31T00:00:00+00:00",
}


def test_what_is_ignored_for_what_it_says_itself_costs_no_look_up() -> None:
    sender = Sender({"Name": "web-1"}, ignore=[IGNORED])
    assert sender.send(resource_event()) == [Suppressed(event_id="event-1", reason="ignored by tests: only tests")]
    assert sender.reader.calls == []


def test_an_ignore_that_expired_spares_nobody() -> None:
    sender = Sender({}, ignore=[IGNORED | {"expires": "2026-03-01T12:30:00+00:00"}])
    assert sender.send(resource_event()) == [Sent()]


@pytest.mark.parametrize("status", [TagsStatus.LIVE, TagsStatus.CACHED, TagsStatus.UNAVAILABLE])
def test_tags_that_came_with_the_event_are_not_read_again(status: TagsStatus, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({"Name": "another"})
    sender.tell(monkeypatch, resource_event(tags=Tags(values={"Name": "web-1"}, status=status), owner="payments"))
    assert sender.reader.calls == []
    assert sender.document()["subject"].startswith("EC2 instance web-1 ")
    assert sender.document()["recipients"] == ["payments"]


def test_tags_of_yesterday_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({}, zone="Europe/Berlin")
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    sender.tell(monkeypatch, tagged({}, tags=Tags(values={"Name": "web-1"}, status=TagsStatus.CACHED, as_of=late)))
    assert "Name and owner as of 01 Mar 2026." in sender.document()["text"]
    assert "Name and owner as of 01 Mar 2026." in sender.document()["html"]


def test_fresh_tags_need_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.tell(monkeypatch, tagged({"Name": "web-1"}))
    assert "as of" not in sender.document()["text"]


@pytest.mark.parametrize("step", ["decide", "ignored", "name_of"])
def test_a_routing_that_fails_sends_to_the_fallback_and_says_so(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Decision:
        raise LookupError("no such thing")

    sender = Sender({"Name": "web-1", "Owner": "payments"})
    monkeypatch.setattr(Routing if step == "name_of" else core, step, fail)
    (outcome,) = sender.send(resource_event())
    document = sender.document()
    if step == "ignored":
        assert outcome == Sent()
        assert document["recipients"] == ["payments"]
    else:
        assert [(n.code, n.reason) for n in outcome.notes] == [(NoteCode.ROUTING_FAILED, "LookupError: no such thing")]
        assert document["recipients"] == ["platform"]
        assert "because the routing could not decide" in document["text"]
        assert INSTANCE in document["text"]


HOSTILE = [
    "<script>alert(1)</script>{{ 7*7 }}",
    "payments\r\nBcc: x@y.example",
    "x" * 256,
    "\u202egnp.exe\u2066",
    "thief@example.net",
    f"arn:aws:sns:{REGION}:{ACCOUNT}:thief",
    "https://evil.example/",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_tag_changes_nothing_but_its_own_text(value: str) -> None:
    plain, hostile = Sender({"Name": "a", "Owner": "b"}), Sender({"Name": value, "Owner": value})
    assert plain.send(resource_event()) == hostile.send(resource_event())
    expected, document = plain.document(), hostile.document()
    same = ("id", "severity", "recipients", "event", "owner")
    assert {key: document.get(key) for key in same} == {key: expected.get(key) for key in same}
    assert document["html"].count("<") == expected["html"].count("<")
    assert len(document["text"].splitlines()) == len(expected["text"].splitlines())
    assert document["subject"].endswith(f"has stopped ({ACCOUNT}, {REGION})")
    assert not set("\r\n\u202e\u2066") & set(document["subject"] + document["reason"])
    assert "\u202e" not in document["text"] + document["html"]
    assert "49" not in document["text"].replace(INSTANCE, "")


def test_siblings_of_one_owner_are_one_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    events = siblings(5)
    assert sender.tell(monkeypatch, *reversed(events)) == [Sent()] * 5
    document = sender.document()
    assert document["subject"] == f"EC2 instances web-1, web-2 and 3 more have stopped ({ACCOUNT}, {REGION})"
    assert document["event"]["id"] == "parent"
    assert document["event"]["subject"] == events[0].resource
    for body in (document["text"], document["html"]):
        assert "To mute one of these resources" in body
        for event in events:
            assert event.id in body
            assert event.resource in body
            assert event.tags.values["Name"] in body


@pytest.mark.parametrize(
    ("number", "what"), [(2, "web-1 and web-2"), (3, "web-1, web-2 and web-3"), (4, "web-1, web-2 and 2 more")]
)
def test_a_subject_names_the_first(number: int, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.tell(monkeypatch, *siblings(number, state="terminated"))
    assert sender.document()["subject"].startswith(f"EC2 instances {what} were terminated (")


@pytest.mark.parametrize(
    ("names", "what"),
    [("aa", "a (2)"), ("aab", "a (2) and b"), ("aabbb", "a (2) and b (3)"), ("aabcccd", "a (2), b and 4 more")],
)
def test_a_name_that_several_share_is_said_once(names: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.tell(
        monkeypatch,
        *(
            replace(event, tags=Tags(values={"Name": name}, status=TagsStatus.LIVE))
            for event, name in zip(siblings(len(names)), names, strict=True)
        ),
    )
    assert sender.document()["subject"].startswith(f"EC2 instances {what} have stopped (")


def test_version_1_tells_siblings_by_their_ids() -> None:
    sender = Sender({"Name": "web-1"})
    sender.send(*siblings(3), resource_event(id="other#1"))
    assert [d["event"]["id"] for d in sender.documents()] == ["parent", "other#1"]


@pytest.mark.parametrize(
    "other",
    [
        {"parent_id": "another"},
        {"state": "running"},
        {"type": "infra.aws.ec2.instance.unmapped"},
        {"drill": True},
        {"severity": Severity.ERROR},
        {"tags": Tags(values={"Owner": "search"}, status=TagsStatus.LIVE)},
    ],
)
def test_what_differs_is_told_apart(other: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    last = tagged({"Owner": "payments"}, **{"id": "parent#3", "parent_id": "parent"} | other)
    sender.tell(monkeypatch, *siblings(2), last)
    assert len(sender.documents()) == 2
    assert sender.documents()[1]["id"] == "parent#3"


def test_nobody_gets_what_another_owns(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = siblings(2)
    sender = Sender({})
    sender.tell(
        monkeypatch,
        one,
        resource_event(
            id=other.id,
            parent_id="parent",
            resource=other.resource,
            tags=Tags(values={"Name": "secret-2"}, status=TagsStatus.LIVE),
        ),
    )
    (first, second) = sender.documents()
    assert (first["recipients"], second["recipients"]) == (["payments"], ["platform"])
    assert other.resource not in json.dumps(first)
    assert one.resource not in json.dumps(second)


def test_different_reasons_of_one_notification_are_all_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    one, other = siblings(2)
    muted = {"Owner": "payments", "notify:mute-until": "whenever"}
    sender.tell(monkeypatch, one, tagged(muted, id=other.id, parent_id="parent", resource=other.resource))
    assert "notify:mute-until=whenever is not followed" in sender.document()["text"]


def test_an_id_stands_for_exactly_the_events_it_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """In other company an event is told again: an id that was sent must never swallow a resource that was not told."""

    def ids(*events: ResourceEvent) -> list[str]:
        sender = Sender({})
        sender.tell(monkeypatch, *events)
        return [document["id"] for document in sender.documents()]

    a, b, c = siblings(3)
    companies: list[Sequence[ResourceEvent]] = [(a,), (b,), (a, b), (a, c), (b, c), (a, b, c)]
    assert len({told for company in companies for told in ids(*company)}) == len(companies)
    assert ids(a) == ["parent#1"]
    assert ids(a, b) == ids(b, a) == ids(a, b, a)
    assert ids(a, a) == ["parent#1"]


def test_an_event_that_came_twice_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    (event,) = siblings(1)
    assert sender.tell(monkeypatch, event, event) == [Sent(), Sent()]
    assert sender.document()["subject"].startswith("EC2 instance web-1 has stopped")


def test_resources_that_share_an_id_are_all_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    one, other = (replace(event, id="same") for event in siblings(2))
    sender.tell(monkeypatch, one, other)
    assert sender.document()["id"] == "same"
    assert one.resource in sender.document()["text"]
    assert other.resource in sender.document()["text"]


def test_each_message_shares_the_fate_of_its_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.publisher = FakePublisher(errors={"parent#1": TimeoutError()})
    object.__setattr__(sender._sender, "publisher", sender.publisher)  # noqa: SLF001 - the one collaborator to swap
    gone = Tags(status=TagsStatus.UNAVAILABLE, unavailable="gone")
    one, other = siblings(2)
    outcomes = sender.tell(monkeypatch, one, resource_event(id="x", tags=gone), other)
    assert [type(outcome) for outcome in outcomes] == [Retried, Sent, Retried]
    assert [note.code for note in outcomes[1].notes] == [NoteCode.TAGS_UNAVAILABLE]


def test_of_many_resources_some_are_named_and_every_event_is(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    events = siblings(60)
    sender.tell(monkeypatch, *events)
    document = sender.document()
    for body in (document["text"], document["html"]):
        assert "and 10 more" in body
        assert all(event.id in body for event in events)
    assert len(document["subject"]) <= 200


def test_what_is_too_large_for_one_notification_becomes_several(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    events = [
        tagged({"Name": '"' * 256, "Owner": "payments"}, id=f"{n}" + "\U0001f600" * 300, parent_id="parent")
        for n in range(300)
    ]
    assert sender.tell(monkeypatch, *events) == [Sent()] * 300
    bodies = [published.body.encode() for published in sender.publisher.published]
    assert len(bodies) > 1
    assert max(map(len, bodies)) <= 240 * 1024
    assert len({document["id"] for document in sender.documents()}) == len(bodies)


def test_one_that_cannot_be_written_costs_its_siblings_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write = Writer.write

    def fussy(self: Writer, events: Sequence[ResourceEvent], decision: Decision) -> Any:
        if any(event.id == "parent#2" for event in events):
            raise ArithmeticError
        return write(self, events, decision)

    monkeypatch.setattr(Writer, "write", fussy)
    outcomes = Sender({}).tell(monkeypatch, *siblings(4))
    assert [type(outcome) for outcome in outcomes] == [Sent, Retried, Sent, Sent]


def test_a_broken_template_still_names_every_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    monkeypatch.setattr(Writer, "_render", lambda *_: 1 / 0)
    events = siblings(60)
    sender.tell(monkeypatch, *events)
    assert sender.document()["subject"] == "EC2 instances web-1, web-10 and 58 more have stopped"
    assert all(event.id in sender.document()["text"] for event in events)
    assert all(event.resource in sender.document()["text"] for event in events)


def test_resources_of_several_kinds_are_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    group = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/web"
    sender.tell(
        monkeypatch, *siblings(1), tagged({"Owner": "payments"}, id="parent#2", parent_id="parent", resource=group)
    )
    assert sender.document()["subject"].startswith("Resources ")


@pytest.mark.parametrize(
    ("resource", "kind"),
    [("iam::1:policy/", "iam policies"), ("ec2:r:1:network-mesh/", "EC2 network meshes"), ("s3:::", "S3")],
)
def test_a_kind_has_a_plural(resource: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.tell(
        monkeypatch,
        *[tagged({}, id=f"parent#{n}", parent_id="parent", resource=f"arn:aws:{resource}{n}") for n in (1, 2)],
    )
    assert sender.document()["subject"].lower().startswith(f"{kind} 1 and 2: stopped".lower())
