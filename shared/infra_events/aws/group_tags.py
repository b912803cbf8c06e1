"""Tags of Auto Scaling groups, by DescribeTags of Auto Scaling: the Tagging API answers nothing for them.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.arn import Arn
from infra_events.domain.errors import TransientError
from infra_events.domain.parent import group_name
from infra_events.domain.tags import Tags

_CALL = "autoscaling:DescribeTags"
_AT_ONCE = 100


class GroupTagReader:
    """Reads the tags of Auto Scaling groups of this account and region (a ``TagReader``)."""

    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeTags.html: 1,000 values a filter.
    at_once = 1000

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        """Return tags by ARN, of all pages or of none. Raises TransientError."""
        names = {str(arn): group_name(arn) for arn in arns}
        found: dict[str, dict[str, str]] = {name: {} for name in names.values() if name}
        try:
            for tag in self._tags(sorted(found), in_time):
                if tag["ResourceId"] in found:
                    found[tag["ResourceId"]][tag["Key"]] = tag.get("Value", "")
        except (ClientError, BotoCoreError) as error:
            raise transient(_CALL, error) from error
        other = Tags.unknown("only groups of Auto Scaling have tags that can be read")
        return {arn: Tags.live(found[name]) if name else other for arn, name in names.items()}

    @staticmethod
    def _tags(names: Sequence[str], in_time: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while names:
            if not in_time():
                raise TransientError(f"{_CALL}: no time was left")
            page = lookup_client("autoscaling").describe_tags(
                Filters=[{"Name": "auto-scaling-group", "Values": names}], MaxRecords=_AT_ONCE, **more
            )
            yield from page["Tags"]
            if not page.get("NextToken"):
                break
            more = {"NextToken": page["NextToken"]}
