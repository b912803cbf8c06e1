"""A folder of sample events and what a person found in them, and how that is compared with what we find.

INDEX.csv has a row per sample. Its columns:
file                       the sample's path in the folder, `<service>/<name>.json`
source                     the event's source, `aws.ec2`
kind                       `verbatim`, or `synthetic` for one that nobody published as AWS sends it
has_resources              `yes`, if the event's `resources` name what it is about
resource_id_path_if_empty  otherwise where the resource's id is (`$.detail.findings[0].Id`), or `none: …`, if it is the
                           account
state_action_path          where the state is, several paths with `;` between them, or `implied …`, if the detail-type
                           implies it
"""

import csv
import json
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from tests.support.builders import message, whole_catalogue

Row = Mapping[str, str]

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
    "guardduty/*": "the finding, if it does not name what it is about",
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
    "ssm/*": "what ran or was configured, not the document that describes how",
    "trustedadvisor/*check-item*": "the check, where the item has no id",
}
STATES_JUDGED = {
    "aoss/ocu-*": "the detail-type has it in four words, the description in a sentence",
    "autoscaling/*": "launched or terminated; its status code is InProgress for what has ended",
    "config/config-configuration-item-change-*": "the item's own status",
    "custom/orderpurchased*": "a description is no state",
    "greengrass/*": "the status, not its reason",
    "rds/*": "what RDS's event number stands for",
    "s3/cloudtrail-jobstatuschanged*": "the new status of the job",
    "ssm/inventory-*": "with what became of it",
    "tag/*": "a tag's key is no state",
}
"""Samples, by patterns, of which we read something else than INDEX.csv names, and why that is right."""


class Corpus:
    """The samples of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
            self.rows: list[Row] = list(csv.DictReader(rows))

    def document(self, row: Row) -> dict[str, Any]:
        return _document(self.folder / row["file"])

    def events(self, row: Row) -> tuple[ResourceEvent, ...]:
        """Return what the standardizer makes of a sample."""
        return _events(self.folder / row["file"])

    def resources_agree(self, row: Row) -> bool:
        event = self.document(row)
        found = [one.resource for one in self.events(row)]
        if row["has_resources"] == "yes":
            expected = list(dict.fromkeys(event["resources"]))
        elif row["resource_id_path_if_empty"].startswith("none"):
            expected = [f"arn:aws:iam::{event['account']}:root"] if event.get("account") else [event["source"]]
        else:
            expected = [str(_at(row["resource_id_path_if_empty"], event))]
        return len(found) == len(expected) and all(map(_same, found, expected))

    def state_agrees(self, row: Row) -> bool:
        """Whether the state is the expected one; where the detail-type implies it, any state is."""
        if row["state_action_path"].startswith("implied"):
            return True
        event, state = self.document(row), self.events(row)[0].state
        expected = [_at(path, event) for path in row["state_action_path"].split(";")]
        texts = [_one_line(next(iter(value.values())) if isinstance(value, dict) else value) for value in expected]
        return any(state in {text, f"{text[:1023]}…"} or state.startswith(f"{text} failed: ") for text in texts)


def judged(row: Row, judgements: Mapping[str, str]) -> bool:
    """Whether one of `judgements` is about this sample."""
    return any(fnmatch(row["file"], pattern) for pattern in judgements)


@cache
def _document(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@cache
def _events(file: Path) -> tuple[ResourceEvent, ...]:
    return tuple(standardize(AwsEvent.read(message(_document(file))), whole_catalogue()))


def _at(path: str, value: Any) -> Any:
    """Return what a path of INDEX.csv (``$.detail.findings[0].Compliance.Status``) finds."""
    for name, position in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path):
        value = value[int(position)] if position else value.get(name)
    return value[0] if isinstance(value, list) else value


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())


def _same(found: str, expected: str) -> bool:
    """Whether an id and an ARN name the same resource; an account's ARN is its root's."""
    tail = re.split("[:/]", expected)
    return found in {expected, f"arn:aws:iam::{expected}:root"} or (
        Arn.parse(found) is not None and re.split("[:/]", found)[-len(tail) :] == tail
    )
