"""Amazon Resource Names: ``arn:partition:service:region:account-id:resource``.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

import re
from dataclasses import dataclass

_PARTS = 6
_TYPE_SEPARATOR = re.compile("[:/]")
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}")
_PARTITION_BY_REGION_PREFIX = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """The parts of an ARN; ``region`` and ``account_id`` are empty for global resources."""

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn | None":
        """Return the ARN that ``text`` is, of any partition; None for anything else (an id, a sentence).

        EBS writes a region where the account id stands, ``arn:aws:ec2::eu-west-1:snapshot/snap-0abc``: it becomes the
        region. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
        """
        parts = text.split(":", _PARTS - 1)
        if len(parts) < _PARTS or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            return None
        _, partition, service, region, account_id, resource = parts
        if not region and _REGION.fullmatch(account_id):
            region, account_id = account_id, ""
        return cls(partition=partition, service=service, region=region, account_id=account_id, resource=resource)

    @property
    def resource_type(self) -> str:
        """``instance`` of ``instance/i-0abc``, ``snapshot`` of ``snapshot:rds-1``; empty where there is none."""
        head, *tail = _TYPE_SEPARATOR.split(self.resource, maxsplit=1)
        return head if tail else ""

    @property
    def resource_id(self) -> str:
        """``i-0abc`` of ``instance/i-0abc``; the whole resource where it contains no type."""
        return _TYPE_SEPARATOR.split(self.resource, maxsplit=1)[-1]

    def __str__(self) -> str:
        """Return the ARN as text, each part in its place."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"


def partition_of(region: str) -> str:
    """Return the partition of a region; ``aws`` for a region with none of the other partitions' prefixes."""
    return next((p for prefix, p in _PARTITION_BY_REGION_PREFIX.items() if region.startswith(prefix)), "aws")
