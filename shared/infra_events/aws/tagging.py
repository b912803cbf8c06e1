"""Tags of resources of all services, by the Resource Groups Tagging API.

It knows resources of one region, and global ones in one region of each partition.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.arn import Arn
from infra_events.domain.errors import TransientError, error_code
from infra_events.domain.tags import Tags

_API = "resourcegroupstaggingapi"
# One ARN that the service refuses fails the call for all. Then halves are tried, up to this many calls in sum. That
# finds one bad ARN among a hundred; with more of them, some tags stay unread.
_MOST_CALLS = 16


# Where the Tagging API answers for Route 53, CloudFront and other services without regions: the regions of their
# endpoints. https://docs.aws.amazon.com/general/latest/gr/rande.html
GLOBAL_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
}


@dataclass(slots=True, kw_only=True)
class TaggingApiReader:
    """Reads the tags of resources of all services in this account (a ``TagReader``), in a region, by default this."""

    region: str | None = None
    # https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html: 100 ARNs, no pages.
    at_once: int = 100

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        """Return tags by ARN; those that the service refused, or for which there was no time, are absent."""
        found: dict[str, Tags] = {}
        client = lookup_client(_API, self.region) if self.region else lookup_client(_API)
        parts, calls = [[str(arn) for arn in arns]], count(1)
        while parts and in_time() and next(calls) <= _MOST_CALLS:
            part = parts.pop(0)
            try:
                answer = client.get_resources(ResourceARNList=part)
            except (ClientError, BotoCoreError) as error:
                if error_code(error) != "InvalidParameterException":
                    raise transient("tag:GetResources", error) from error
                half = len(part) // 2
                parts += [part[:half], part[half:]] if half else []
                continue
            found |= {arn: Tags.live({}) for arn in part}
            for one in answer["ResourceTagMappingList"]:
                found[one["ResourceARN"]] = Tags.live({tag["Key"]: tag["Value"] for tag in one["Tags"]})
        if not found:
            raise TransientError("tag:GetResources: no time was left, or every ARN was refused")
        return found
