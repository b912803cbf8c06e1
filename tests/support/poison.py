"""What arrives in the queue AwsServiceEvents besides good events, and what must become of each.

Every payload is one that a careless or a hostile sender can bring into the queue: SQS takes them all.
"""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.builders import ABSENT, ACCOUNT, INSTANCE, aws_event

OTHER = INSTANCE.replace("i-0abc", "i-1abc")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
STATE_CHANGE = "EC2 Instance State-change Notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """It must be in the DLQ, as it came, with this code and these words in the reason."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardized:
    """It must come out as these records, each mailed once; `copies` is how often machines see them."""

    records: tuple[str, ...]
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """`bodies` are what is sent (more than one is a repetition), `id` is what the outcome can be found by."""

    id: str
    bodies: tuple[str, ...]
    outcome: Parked | Standardized


def _parked(name: str, body: object, code: str, reason: str) -> Poison:
    text = body if isinstance(body, str) else json.dumps(body)
    return Poison(id=name, bodies=(text,), outcome=Parked(code=code, reason=reason))


def _standardized(name: str, *records: str, times: int = 1, **overrides: Any) -> Poison:
    body = json.dumps(aws_event(**{"id": name} | overrides))
    return Poison(id=name, bodies=(body,) * times, outcome=Standardized(records=records, copies=times))


PARKED = (
    _parked("not-json", "the instance has stopped", "not_json", "line 1 column 1"),
    _parked("cut-off", json.dumps(aws_event())[:-20], "not_json", "the body is not JSON"),
    _parked("whitespace", " \n\t ", "not_json", "the body is not JSON"),
    _parked("byte-order-mark", "\ufeff" + json.dumps(aws_event()), "not_json", "the body is not JSON"),
    _parked("single-quotes", str(aws_event()), "not_json", "the body is not JSON"),
    _parked("nested-deep", '{"detail":' * 20_000 + "1" + "}" * 20_000, "not_json", "nested too deep"),
    _parked("endless-number", '{"detail":{"bytes":' + "9" * 5_000 + "}}", "not_json", "the body is not JSON"),
    _parked("null", "null", "wrong_type", "must be a JSON object, not NoneType"),
    _parked("list", [aws_event()], "wrong_type", "must be a JSON object, not list"),
    _parked("number", "42", "wrong_type", "must be a JSON object, not int"),
    _parked("string", json.dumps(json.dumps(aws_event())), "wrong_type", "must be a JSON object, not str"),
    _parked("no-source", aws_event(id="no-source", source=ABSENT), "missing_field", "source is missing or empty"),
    _parked("empty-source", aws_event(id="empty-source", source=""), "missing_field", "source is missing or empty"),
    _parked("no-type", aws_event(id="no-type", detail_type=ABSENT), "missing_field", "detail-type is missing"),
    _parked("id-number", aws_event(id=12345, source="id-number"), "wrong_type", "id must be a string, not int"),
    _parked("source-list", aws_event(id="source-list", source=["aws.ec2"]), "wrong_type", "source must be a string"),
    _parked("account-number", aws_event(id="account-number", account=111122223333), "wrong_type", "account must be"),
    _parked("detail-text", aws_event(id="detail-text", detail="stopped"), "wrong_type", "detail must be an object"),
    _parked("resources-text", aws_event(id="resources-text", resources=INSTANCE), "wrong_type", "resources must be"),
    _parked("resources-numbers", aws_event(id="resources-numbers", resources=[1]), "wrong_type", "a list of strings"),
    _parked("time-number", aws_event(id="time-number", time=1772366400), "wrong_type", "time must be a string"),
)

STANDARDIZED = (
    _standardized("no-resources", f"aws.ec2,{INSTANCE},stopped", resources=[]),
    _standardized("null-resources", f"aws.ec2,{INSTANCE},stopped", resources=None),
    _standardized("no-resource", f"aws.ec2,{ROOT},stopped", resources=[], detail={"state": "stopped"}),
    _standardized("no-account", "aws.ec2,aws.ec2,stopped", resources=[], detail={"state": "stopped"}, account=ABSENT),
    _standardized("two", f"aws.ec2,{INSTANCE},stopped", f"aws.ec2,{OTHER},stopped", resources=[INSTANCE, OTHER]),
    _standardized("the-same-resource-twice", f"aws.ec2,{INSTANCE},stopped", resources=[INSTANCE, INSTANCE]),
    _standardized("a-sentence", 'aws.ec2,"the server, and others",stopped', resources=["the server, and others"]),
    _standardized("the-same-event-twice", f"aws.ec2,{INSTANCE},stopped", times=2),
    _standardized("unknown-source", f"aws.quantum,{INSTANCE},up", source="aws.quantum", detail={"state": "up"}),
    _standardized("unknown-type", f"aws.ec2,{INSTANCE},Something New", detail_type="Something New", detail={}),
    _standardized("no-detail", f"aws.ec2,{INSTANCE},{STATE_CHANGE}", detail=ABSENT),
    _standardized("empty-state", f"aws.ec2,{INSTANCE},{STATE_CHANGE}", detail={"state": ""}),
    _standardized("state-number", f"aws.ec2,{INSTANCE},80", detail={"state": 80}),
    _standardized("no-time", f"aws.ec2,{INSTANCE},stopped", time=ABSENT),
    _standardized("bad-time", f"aws.ec2,{INSTANCE},stopped", time="yesterday"),
    _standardized("time-before-time", f"aws.ec2,{INSTANCE},stopped", time="0001-01-01T00:00:00+23:00"),
    _standardized("large", f"aws.ec2,{INSTANCE},stopped", detail={"state": "stopped", "padding": "x" * 250_000}),
    _standardized("csv-marks", f'aws.ec2,{INSTANCE},"a, ""b"" c"', detail={"state": 'a, "b"\r\nc'}),
    _standardized("nul", f"aws.ec2,{INSTANCE},stop\ufffdped\ufffd", detail={"state": "stop\x00ped\x1b"}),
    _standardized("half-a-surrogate", f"aws.ec2,{INSTANCE},stopped\ufffd", detail={"state": "stopped\ud800"}),
    _standardized("markup", f"aws.ec2,{INSTANCE},<b>{{{{7*7}}}}</b>", detail={"state": "<b>{{7*7}}</b>"}),
)

POISON = PARKED + STANDARDIZED
