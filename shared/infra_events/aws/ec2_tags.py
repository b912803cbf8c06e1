"""Tags of EC2 resources, by DescribeTags: one bad id spoils nothing, and no instance is described to read a name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.arn import Arn

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html: 200 values a filter.
_MAX_IDS = 200
# A filter takes wildcards, and an ARN may come from anywhere: ``*`` would read every tag of the region.
_ID = re.compile(r"[a-z]+(-[a-z]+)*-[0-9a-f]+")


class Ec2TagReader:
    """Reads the tags of EC2 resources of this account and region (a ``TagReader``)."""

    def read(self, arns: Sequence[Arn]) -> Mapping[str, Mapping[str, str]]:
        """Answer tags by ARN; pages count tags, not resources, so all are followed."""
        wanted = {arn.resource_id for arn in arns if _ID.fullmatch(arn.resource_id)}
        by_id: dict[str, dict[str, str]] = {}
        try:
            for tag in self._tags(sorted(wanted)):
                by_id.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag["Value"]
        except (ClientError, BotoCoreError) as error:
            raise transient("ec2:DescribeTags", error) from error
        # Two ARNs may share an id: a snapshot's is written with its account and without.
        return {str(arn): by_id[arn.resource_id] for arn in arns if arn.resource_id in by_id}

    @staticmethod
    def _tags(ids: list[str]) -> Iterator[dict[str, Any]]:
        pages = lookup_client("ec2").get_paginator("describe_tags")
        for start in range(0, len(ids), _MAX_IDS):
            for page in pages.paginate(Filters=[{"Name": "resource-id", "Values": ids[start : start + _MAX_IDS]}]):
                yield from page["Tags"]
