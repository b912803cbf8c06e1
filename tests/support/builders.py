"""Messages and events with valid defaults; a test overrides only what it is about."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from infra_events.domain.event import Phase, ResourceEvent, Severity, Status
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import Message, Publication
from infra_events.routing import compiled as routing_wire
from infra_events.routing.model import Routing
from scripts.compile import catalogue

ACCOUNT = "111122223333"
REGION = "eu-west-1"
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0abc1234def567890"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class _Absent:
    """What removes a key. Its text names tests, which must have the same names in every process."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


def message(body: object = "", /, message_id: str = "m-1", **attributes: str) -> Message:
    """A queued message; anything but a string body becomes JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Message(id=message_id, body=text, sent_time=NOON, attributes=attributes)


def aws_event(**overrides: Any) -> dict[str, Any]:
    """An EC2 state change as EventBridge delivers it; ``ABSENT`` removes a key, ``_`` stands for ``-`` in names."""
    event = {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "2026-03-01T12:00:00Z",
        "region": REGION,
        "resources": [INSTANCE],
        "detail": {"instance-id": "i-0abc1234def567890", "state": "stopped"},
    } | {name.replace("_", "-"): value for name, value in overrides.items()}
    return {name: value for name, value in event.items() if value is not ABSENT}


def unmapped_event(**overrides: Any) -> AwsEvent:
    """An event of AWS that has no catalogue entry, as it is read; it names no resource."""
    values: dict[str, Any] = {"source": "aws.new", "detail_type": "New Thing Happened", "resources": [], "detail": {}}
    return AwsEvent.read(message(aws_event(**(values | overrides))))


def api_call(name: str, **detail: Any) -> AwsEvent:
    """An unmapped CloudTrail record, with all the ids in it that are not its subject."""
    around = {
        "eventVersion": "1.08",
        "eventSource": "new.amazonaws.com",
        "eventName": name,
        "eventID": "00000000-0000-0000-0000-000000000001",
        "requestID": "00000000-0000-0000-0000-000000000002",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:iam::{ACCOUNT}:role/helper",
            "accountId": ACCOUNT,
            "principalId": "AROA",
            "userName": "u",
        },
    }
    return unmapped_event(detail_type="AWS API Call via CloudTrail", detail=around | detail)


def resource_event(**overrides: Any) -> ResourceEvent:
    """A standard event."""
    values: Mapping[str, Any] = {
        "id": "event-1",
        "time": NOON,
        "type": "infra.aws.ec2.instance.state_changed",
        "source": "aws.ec2",
        "severity": Severity.WARN,
        "account_id": ACCOUNT,
        "resource": INSTANCE,
        "state": "stopped",
    }
    return ResourceEvent(**(dict(values) | overrides))


def full_event(**overrides: Any) -> ResourceEvent:
    """A standard event with every field that version 2 carries."""
    more: dict[str, Any] = {
        "parent_id": "event-1",
        "recorded_time": NOON,
        "region": REGION,
        "previous_state": "stopping",
        "phase": Phase.STABLE,
        "transitional": True,
        "status": Status.OPEN,
        "reason": "somebody asked",
        "actor": f"arn:aws:iam::{ACCOUNT}:user/jane",
        "summary": "EC2 instance i-0abc1234def567890 has stopped",
        "link": f"https://{REGION}.console.aws.amazon.com/ec2/home",
        "drill": True,
        "tags": Tags(values={"Name": "web-1", "Owner": "Payments", "": ""}, status=TagsStatus.CACHED, as_of=NOON),
        "name": "web-1",
        "owner": "payments",
    }
    return resource_event(**(more | overrides))


def notification(**overrides: Any) -> dict[str, Any]:
    """A notification document as a foreign process may publish it; ``ABSENT`` removes a key."""
    document = {
        "id": "event-1",
        "subject": "EC2 instance web-1 has stopped",
        "text": "It has stopped.",
        "html": "<p>It has stopped.</p>",
        "severity": "WARN",
        "recipients": ["payments"],
    } | overrides
    return {name: value for name, value in document.items() if value is not ABSENT}


SECURITY = list(catalogue.security_types())
"""What every compiled routing protects, whatever its file adds."""


def routing_document(**overrides: Any) -> dict[str, Any]:
    """A compiled routing file: one owner, payments, with a route and a destination; platform is the fallback."""
    return {
        "version": 1,
        "source_sha256": "0" * 64,
        "timezone": "Etc/UTC",
        "fallback": "platform",
        "tags": {
            "name": ["Name"],
            "owner": ["Owner", "Department"],
            "ignore": [{"key": "notify:ignore", "values": ["true"]}],
            "mute_until": "notify:mute-until",
            "severity": "notify:severity",
        },
        "bounds": {"max_mute_days": 30, "least_severity": "DEBUG", "most_severity": "FATAL", "protected": SECURITY},
        "owners": {"payments": {"aliases": ["Payments"], "queue": False, "topic": False, "consumers": []}},
        "channels": {"emails": "email"},
        "destinations": {
            "platform": {"emails": ["platform@example.org"]},
            "payments": {"emails": ["payments@example.org"]},
        },
        "severity_rules": [],
        "routes": [{"name": "payments", "match": {"owner": ["payments"]}, "to": ["payments"], "continue": False}],
        "ignore": [],
    } | overrides


def routing(**overrides: Any) -> Routing:
    """The same, read."""
    return routing_wire.read(json.dumps(routing_document(**overrides)), digest="3f2a")


def delivered(publication: Publication, message_id: str = "m-1") -> Message:
    """What a queue behind the topic holds after ``publication``, as Lambda shows it."""
    attributes = {name: value for name, value in publication.attributes.items() if isinstance(value, str)}
    return message(publication.body, message_id, **attributes)


@cache
def entries() -> Sequence[dict[str, Any]]:
    """The entries of the catalogue as it is shipped, compiled once in a process."""
    return tuple(catalogue.compiled()["entries"])


@cache
def whole_catalogue() -> Catalogue:
    """The catalogue as it is shipped."""
    return Catalogue(entries())
