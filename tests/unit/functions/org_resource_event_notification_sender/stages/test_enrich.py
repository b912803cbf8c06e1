"""Enrich: one look-up a batch, for events without tags; a failure never stops a notification."""

import pytest

from infra_events.domain.outcome import NoteCode, Sent
from infra_events.domain.tags import Tags, TagsStatus
from tests.support.builders import ACCOUNT, INSTANCE, REGION, resource_event
from tests.support.sender import Sender


@pytest.mark.parametrize("error", [TimeoutError("slow"), PermissionError("denied"), KeyError("x")])
def test_a_failed_look_up_never_stops_a_mail(error: Exception) -> None:
    sender = Sender(error)
    (outcome,) = sender.send(resource_event())
    assert [note.code for note in outcome.notes] == [NoteCode.TAGS_UNAVAILABLE]
    document = sender.document()
    assert "i-0abc1234def567890" in document["subject"]
    assert "The Name was not available" in document["text"]
    assert "The Name was not available" in document["html"]


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
def test_tags_of_other_accounts_and_regions_are_not_asked_for(resource: str) -> None:
    sender = Sender({"Name": "web-1"})
    (outcome,) = sender.send(resource_event(resource=resource))
    assert isinstance(outcome, Sent)
    assert [note.code for note in outcome.notes] == [NoteCode.TAGS_UNAVAILABLE]
    assert sender.reader.calls == []


def test_a_run_that_nobody_can_tag_lacks_nothing() -> None:
    sender = Sender({"Name": "web-1"})
    (outcome,) = sender.send(resource_event(resource=f"arn:aws:states:{REGION}:{ACCOUNT}:execution:settle:run-1"))
    assert isinstance(outcome, Sent)
    assert outcome.notes == ()


@pytest.mark.parametrize("status", [TagsStatus.LIVE, TagsStatus.CACHED, TagsStatus.UNAVAILABLE])
def test_tags_that_came_with_the_event_are_not_read_again(status: TagsStatus, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({"Name": "another"})
    sender.send_as_is(monkeypatch, resource_event(tags=Tags(values={"Name": "web-1"}, status=status), owner="payments"))
    assert sender.reader.calls == []
    assert sender.document()["subject"].startswith("EC2 instance web-1 ")
    assert sender.document()["recipients"] == ["payments"]
