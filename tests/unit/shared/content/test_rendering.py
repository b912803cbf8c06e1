"""Content of one event: subject, text and HTML, from facts that are foreign."""

import pytest

from infra_events.content.rendering import Renderer
from infra_events.domain.outcome import NoteCode, Sent
from tests.support.builders import ACCOUNT, INSTANCE, REGION, resource_event
from tests.support.sender import Sender, siblings

HOSTILE = [
    "<script>alert(1)</script>{{ 7*7 }}",
    "payments\r\nBcc: x@y.example",
    "x" * 256,
    "\u202egnp.exe\u2066",
    "thief@example.net",
    f"arn:aws:sns:{REGION}:{ACCOUNT}:thief",
    "https://evil.example/",
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


def test_a_drill_is_marked_first() -> None:
    sender = Sender({"Name": "web-1"})
    sender.send(resource_event(drill=True))
    document = sender.document()
    assert document["subject"].startswith("[DRILL] EC2 instance web-1")
    assert document["text"].startswith("*** DRILL")
    assert "Drill." in document["html"]


def test_a_resource_without_a_name_is_called_by_its_id() -> None:
    sender = Sender({"Name": "  "})
    sender.send(resource_event())
    assert "EC2 instance i-0abc1234def567890 has stopped" in sender.document()["subject"]
    assert "no Name tag" in sender.document()["text"]


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


def test_a_broken_template_costs_the_looks_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({"Name": "web-1"})
    monkeypatch.setattr(Renderer, "_fill", lambda *_: 1 / 0)
    (outcome,) = sender.send(resource_event(drill=True))
    assert [note.code for note in outcome.notes] == [NoteCode.TEMPLATE_FAILED]
    document = sender.document()
    assert document["subject"] == "[DRILL] EC2 instance web-1 has stopped"
    assert INSTANCE in document["text"]
    assert "html" not in document


def test_a_broken_template_still_names_every_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    monkeypatch.setattr(Renderer, "_fill", lambda *_: 1 / 0)
    events = siblings(60)
    sender.send_as_is(monkeypatch, *events)
    assert sender.document()["subject"] == "EC2 instances web-1, web-10 and 58 more have stopped"
    assert all(event.id in sender.document()["text"] for event in events)
    assert all(event.resource in sender.document()["text"] for event in events)
