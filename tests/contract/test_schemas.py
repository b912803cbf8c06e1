"""Both ends of each contract against docs/schemas, and every fixture ever released against today's reader."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from infra_events.domain.errors import PermanentError
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.parent import Parent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.wire import notification as notification_wire
from infra_events.wire import standard, v1, v2
from tests.support.builders import delivered, full_event, message, notification, resource_event
from tests.support.sender import Sender

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).parent / "fixtures"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("owner", ["", "payments"])
@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize("state", ["stopped", 'a,"b"\r\nc', "\x00"])
@pytest.mark.parametrize("account_id", ["111122223333", ""])
def test_standard_events_keep_their_contract(state: str, account_id: str, owner: str, *, drill: bool) -> None:
    written = v1.write(resource_event(state=state, account_id=account_id, owner=owner, drill=drill))
    (record,) = csv.reader(io.StringIO(written.body, newline=""))
    message_ = {"record": record, "attributes": dict(written.attributes)}
    assert list(validator("standard-event-1").iter_errors(message_)) == []


@pytest.mark.parametrize(
    "event",
    [
        resource_event(),
        full_event(),
        full_event(content_digest="3f2a"),
        full_event(source="com.example.shop", state="\x00"),
        full_event(tags=Tags(status=TagsStatus.UNAVAILABLE, unavailable="denied"), name="", owner=""),
        full_event(
            parents=(Parent(resource="a", tags=Tags.live({"b": "c"})), Parent(resource="d", tags=Tags.unknown("e"))),
            tags_from="a",
        ),
    ],
)
def test_version_2_keeps_its_contract_and_is_a_cloudevent(event: ResourceEvent) -> None:
    body = v2.write(event).body
    validator("standard-event-2").validate(json.loads(body))
    cloudevent = JSONFormat().read(CloudEvent, body)
    assert cloudevent.get_id() == event.id
    assert cloudevent.get_subject() == event.resource
    assert cloudevent.get_time() == event.time


@pytest.mark.parametrize(
    "change", [{"specversion": "0.3"}, {"dedup_key": "x"}, {"severitynumber": 10}, {"drill": False}, {"data": {}}]
)
def test_the_version_2_schema_can_fail(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validator("standard-event-2").validate(json.loads(v2.write(full_event()).body) | change)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("standard-event-2/*.json")), ids=lambda p: p.stem)
def test_old_version_2_messages_keep_parsing(path: Path) -> None:
    released = json.loads(path.read_text())
    validator("standard-event-2").validate(released)
    read = standard.read(message(released))
    assert (read.id, read.state) == (released["id"], released["data"]["change"]["to"])
    assert read.tags.values == released["data"]["resource"].get("tags", {})
    assert read.owner == (released["data"]["resource"].get("owner") or "")


@pytest.mark.parametrize("tags", [{"Name": "web-1"}, {"Name": "<b>\r\n"}, TimeoutError("slow")])
@pytest.mark.parametrize("severity", list(Severity))
def test_notifications_keep_their_contract(tags: Any, severity: Severity) -> None:
    sender = Sender(tags)
    sender.send(resource_event(severity=severity))
    assert list(validator("notification-1").iter_errors(sender.document())) == []


@pytest.mark.parametrize(
    "change",
    [{"subject": "two\nlines"}, {"recipients": ["a@b.example"]}, {"text": ""}, {"severity": "LOUD"}, {"id": 1}],
)
def test_the_notification_schema_can_fail(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validator("notification-1").validate(notification(**change))


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("notification-1/*.json")), ids=lambda p: p.stem)
def test_old_notifications_keep_parsing(path: Path) -> None:
    document = json.loads(path.read_text())
    validator("notification-1").validate(document)
    read = notification_wire.read(message(document))
    assert (read.id, read.text) == (document["id"], document["text"])


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("standard-event-1/*.json")), ids=lambda p: p.stem)
def test_version_1_bytes_never_change(path: Path) -> None:
    """Each fixture is a released message: what we write for the same event today is the same, byte by byte."""
    released = json.loads(path.read_text())
    read = v1.read(message(released["body"], **released["attributes"]))
    written = v1.write(read)
    assert (written.body, dict(written.attributes)) == (released["body"], released["attributes"])
    assert v1.read(delivered(written)) == read


def test_fixtures_are_there() -> None:
    assert len(list(FIXTURES.glob("*/*.json"))) >= 12


def test_a_fixture_that_changed_would_be_noticed() -> None:
    with pytest.raises(PermanentError):
        v1.read(message("aws.ec2;arn;stopped"))
