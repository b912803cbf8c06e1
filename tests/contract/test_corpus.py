"""Real events of many services: every one becomes what a person agrees with.

On when INFRA_EVENTS_CORPUS names a folder of published samples with an INDEX.csv, which says of each where its resource
and its state sit. They are other people's, so they are read where they are, and never copied. The hostile ones below
are our own, and always on.
"""

import csv
import io
import json
import os
import re
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aws_service_event_handler import generic
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.publish import WRITERS
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from scripts.compile import catalogue
from tests.support.builders import ABSENT, aws_event, message, whole_catalogue

CORPUS = os.environ.get("INFRA_EVENTS_CORPUS", "")
needs_corpus = pytest.mark.skipif(not CORPUS, reason="INFRA_EVENTS_CORPUS names no folder of published samples")

RESOURCES_RIGHT, STATES_RIGHT = 0.98, 0.95
LIMIT = 240 * 1024

RESOURCES_JUDGED = {
    "access-analyzer/access-analyzer-finding-*": "what can be accessed, not what found it out",
    "acm-pca/acm-private-ca-*": "the certificate that was issued or revoked; a report's id is no resource",
    "macie/*": "the alert, not its rule too",
    "cloudformation/cloudformation-drift-*": "a placeholder in resources; the stack stands in the detail",
    "codecommit/*approval-rule-template*": "the template, not who changed it",
    "codedeploy/codedeploy-deployment-*": "the group that is deployed to, not its application too",
    "codedeploy/cloudtrail-createdeploymentgroup*": "the id of the group instead of its name",
    "config/synthetic-config-rule-evaluation-status*": "the rules that are evaluated",
    "custom/bookingcreated*": "nothing in it is sure to be the booking",
    "ec2/ebs-volume-notification-reattach*": "the volume, not the key it is encrypted with",
    "ec2/ec2-spot-instance-interruption*": "an ARN as EC2 has them, where the sample's has a zone for a region",
    "ecr/ecr-scan-resource-change*": "all repositories, not the first",
    "glue/cloudtrail-putresourcepolicy*": "the catalog is what has the policy",
    "guardduty/*": "the finding where it cannot be told what it is about",
    "iam/cloudtrail-enablemfadevice*": "the device, whose ARN names its user",
    "logs/cloudtrail-createexporttask*": "the task that was created",
    "partner/systemlog*": "its account: who and what are equally deep",
    "rds/cloudtrail-createdomain*": "a call of another service in the wrong envelope",
    "s3/cloudtrail-putbucketacl*": "the bucket is left out of the sample; the grantee is not it",
    "s3/cloudtrail-putobject*": "CloudTrail lists the bucket too",
    "s3/object-created.json": "the bucket: an object's ARN needs it, and people know it",
    "securityhub/security-hub-findings-*": "what a finding is about, not the finding or the button that was pressed",
    "securityhub/synthetic-200kb-*": "the same",
    "signin/*": "the account, as an ARN",
    "ssm/*": "what ran or was configured, not the document that says how",
    "trustedadvisor/*check-item*": "the check, where the item has no id of its own",
}
STATES_JUDGED = {
    "aoss/ocu-*": "the detail-type says it in four words, the description in a sentence",
    "autoscaling/*": "launched or terminated; its status code says InProgress of what has ended",
    "config/config-configuration-item-change-*": "the item's own status",
    "custom/orderpurchased*": "a description is no state",
    "greengrass/*": "the status, not its reason",
    "rds/*": "what RDS's event number stands for",
    "s3/cloudtrail-jobstatuschanged*": "the new status of the job",
    "ssm/inventory-*": "with what became of it",
    "tag/*": "a tag's key is no state",
}
"""Where we read otherwise than INDEX.csv says, and why that is right. What is in neither is wrong."""

UNMAPPED = {"rds/cloudtrail-createdomain.json", "s3/api-call.json"}
"""No service of AWS sends these: a call of CloudSearch's as RDS's, and an example of a rule's own making."""


@cache
def index() -> list[dict[str, str]]:
    with (Path(CORPUS) / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@cache
def document(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(CORPUS) / file).read_text(encoding="utf-8"))
    return found


@cache
def outcome(file: str) -> list[ResourceEvent]:
    return list(standardize(AwsEvent.read(message(document(file))), whole_catalogue()))


def at(path: str, value: Any) -> Any:
    """What a path of INDEX.csv (``$.detail.findings[0].Compliance.Status``) finds."""
    for name, position in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path):
        value = value[int(position)] if position else value.get(name)
    return value[0] if isinstance(value, list) else value


def one_line(value: Any) -> str:
    return " ".join(str(value).split())


def same(found: str, expected: str) -> bool:
    """Whether an id and an ARN name the same; an account's ARN is its root's."""
    tail = re.split("[:/]", expected)
    return found in {expected, f"arn:aws:iam::{expected}:root"} or (
        Arn.parse(found) is not None and re.split("[:/]", found)[-len(tail) :] == tail
    )


def resources_agree(row: dict[str, str]) -> bool:
    event = document(row["file"])
    found = [one.resource for one in outcome(row["file"])]
    if row["has_resources"] == "yes":
        expected = list(dict.fromkeys(event["resources"]))
    elif row["resource_id_path_if_empty"].startswith("none"):
        expected = [f"arn:aws:iam::{event['account']}:root"] if event.get("account") else [event["source"]]
    else:
        expected = [str(at(row["resource_id_path_if_empty"], event))]
    return len(found) == len(expected) and all(map(same, found, expected))


def state_agrees(row: dict[str, str]) -> bool:
    """Any state is better than none, which is what the index has for those that its detail-type implies."""
    event = document(row["file"])
    state = outcome(row["file"])[0].state
    if row["state_action_path"].startswith("implied"):
        return True
    expected = [at(path, event) for path in row["state_action_path"].split(";")]
    texts = [one_line(next(iter(value.values())) if isinstance(value, dict) else value) for value in expected]
    return any(state in {text, f"{text[:1023]}…"} or state.startswith(f"{text} failed: ") for text in texts)


def judged(row: dict[str, str], judgements: dict[str, str]) -> bool:
    return any(fnmatch(row["file"], pattern) for pattern in judgements)


@needs_corpus
def test_every_published_event_has_an_outcome() -> None:
    for row in index():
        events = outcome(row["file"])
        assert events, row["file"]
        for event in events:
            check_written(event)


@needs_corpus
def test_published_samples_of_listed_services_are_mapped() -> None:
    listed = {source for entry in catalogue.compiled()["entries"] for source in entry["sources"]}
    rows = [row for row in index() if row["source"] in listed and row["kind"] != "synthetic"]
    assert {row["file"] for row in rows if outcome(row["file"])[0].type.endswith(generic.UNMAPPED)} <= UNMAPPED
    assert len(rows) > 100


@needs_corpus
@pytest.mark.parametrize(
    ("agrees", "judgements", "least"),
    [(resources_agree, RESOURCES_JUDGED, RESOURCES_RIGHT), (state_agrees, STATES_JUDGED, STATES_RIGHT)],
    ids=["resources", "states"],
)
def test_a_person_agrees(agrees: Callable[[dict[str, str]], bool], judgements: dict[str, str], least: float) -> None:
    wrong = [row["file"] for row in index() if not agrees(row) and not judged(row, judgements)]
    assert 1 - len(wrong) / len(index()) >= least, "\n".join(wrong)


@needs_corpus
def test_a_state_is_the_detail_type_only_where_nothing_else_says_it() -> None:
    said = [
        row["file"]
        for row in index()
        if not row["state_action_path"].startswith("implied")
        and outcome(row["file"])[0].state == document(row["file"])["detail-type"]
    ]
    assert not [file for file in said if not judged({"file": file}, STATES_JUDGED)]


def check_written(event: ResourceEvent) -> None:
    """Both versions: one CSV record of three filled columns; JSON that keeps its limit; no attribute empty."""
    first, second = (WRITERS[version](event) for version in ("1", "2"))
    (record,) = csv.reader(io.StringIO(first.body, newline=""), strict=True)
    assert len(record) == 3
    assert all(record)
    cloudevent = json.loads(second.body)
    assert cloudevent["subject"]
    assert cloudevent["data"]["change"]["to"]
    for written in (first, second):
        attributes = sum(len(name) + len(str(value).encode()) for name, value in written.attributes.items())
        assert len(written.body.encode()) + attributes <= LIMIT or written is first
        assert all(written.attributes.values())
        assert len(written.attributes) <= 9
    left_out = event.truncated or (event.raw != {} and cloudevent["data"]["raw"] == {})
    assert cloudevent["data"]["truncated"] == left_out


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = {"a": [value]}
    return value


HOSTILE: dict[str, dict[str, Any]] = {
    "250 KB of one text": {"detail": {"state": "big", "padding": "x" * 250_000}},
    "200 KB that grow when written": {"detail": {"state": "big", "padding": '\u0001\u2028😀"' * 40_000}},
    "10,000 keys": {"detail": {f"key{number}": number for number in range(10_000)}},
    "deep": {"detail": deep(400)},
    "a resource with everything": {"resources": [f'arn:aws:custom:::a,"b"\r\nc\u202ed\u0000 {"é" * 500}']},
    "a formula": {"resources": ["=1+1"], "detail": {"state": "@SUM(A1)"}},
    "only invisible": {"detail": {"state": "\u0000\u0001\u200e"}},
    "half a surrogate": {"resources": ["\ud800"], "detail": {"state": "\udfff"}, "detail_type": "\ud83d"},
    "names of the envelope": {"detail": {"source": "x", "detail-type": "y", "account": 1, "resources": {"ARN": []}}},
    "a state of another type": {"detail": {"state": [[[{"value": None}], True], 4e300]}},
    "a record of nothing": {"detail_type": "AWS API Call via CloudTrail", "detail": {"eventName": {}, "errorCode": 5}},
    "1,000 resources": {"resources": [f"i-{number:08x}" for number in range(1_000)]},
    "no account, region or detail": {"account": ABSENT, "region": ABSENT, "detail": ABSENT, "resources": ABSENT},
    "a long name": {"source": "aws." + "x" * 10_000, "detail_type": "T" * 10_000, "id": "i" * 10_000},
    "a long id": {"resources": ["r" * 100_000]},
}


@pytest.mark.parametrize("source", ["aws.ec2", "aws.new", "drill.aws.s3", "com.example.shop"])
@pytest.mark.parametrize("overrides", HOSTILE.values(), ids=HOSTILE)
def test_hostile_events_survive(overrides: dict[str, Any], source: str) -> None:
    whole = aws_event(**({"source": source} | overrides))
    events = standardize(AwsEvent.read(message(whole)), whole_catalogue())
    assert events
    for event in events:
        check_written(event)


def test_what_is_too_large_goes_without_raw_and_says_so() -> None:
    (event,) = standardize(
        AwsEvent.read(message(aws_event(detail={"state": "stopped", "padding": "x" * 250_000}))), whole_catalogue()
    )
    data = json.loads(WRITERS["2"](event).body)["data"]
    assert (data["raw"], data["truncated"], data["change"]["to"]) == ({}, True, "stopped")
    (event,) = standardize(AwsEvent.read(message(aws_event())), whole_catalogue())
    data = json.loads(WRITERS["2"](event).body)["data"]
    assert (data["raw"], data["truncated"]) == (aws_event()["detail"], False)
