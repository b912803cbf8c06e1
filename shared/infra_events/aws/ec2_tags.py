"""Tags of EC2 resources, by DescribeTags: a bad id fails no other, and no instance has to be described for its name."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.arn import Arn
from infra_events.domain.errors import TransientError
from infra_events.domain.tags import Tags

# A filter accepts wildcards, and an ARN is foreign text: ``*`` would read every tag of the region.
_ID = re.compile(r"[a-z]+(-[a-z]+)*-[0-9a-f]+")


class Ec2TagReader:
    """Reads the tags of EC2 resources of this account and region (a ``TagReader``)."""

    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html: 200 values a filter.
    at_once = 200

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        """Return tags by ARN, of all pages or of none: a page ends after a number of tags, even inside a resource."""
        # Two ARNs may share an id: a snapshot's ARN occurs with and without an account.
        found: dict[str, dict[str, str]] = {arn.resource_id: {} for arn in arns if _ID.fullmatch(arn.resource_id)}
        try:
            for tag in self._tags(sorted(found), in_time):
                found[tag["ResourceId"]][tag["Key"]] = tag["Value"]
        except (ClientError, BotoCoreError) as error:
            raise transient("ec2:DescribeTags", error) from error
        return {str(arn): Tags.live(found[arn.resource_id]) for arn in arns if arn.resource_id in found}

    @staticmethod
    def _tags(ids: Sequence[str], in_time: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while ids:
            if not in_time():
                raise TransientError("ec2:DescribeTags: no time was left")
            page = lookup_client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": ids}], **more)
            yield from page["Tags"]
            if not page.get("NextToken"):
                break
            more = {"NextToken": page["NextToken"]}
