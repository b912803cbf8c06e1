"""Tags of resources of all services, by the Resource Groups Tagging API."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.arn import Arn
from infra_events.domain.errors import TransientError, error_code

# One ARN that the service refuses fails the call for all. Then halves are tried, up to this many calls in sum. That
# finds one bad ARN among a hundred; with more of them, some tags stay unread.
_MOST_CALLS = 16


class TaggingApiReader:
    """Reads the tags of resources of all services in this account and region (a ``TagReader``)."""

    # https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html: 100 ARNs, no pages.
    at_once = 100

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Mapping[str, str]]:
        """Return tags by ARN; those that the service refused, or for which there was no time, are absent."""
        found: dict[str, Mapping[str, str]] = {}
        parts, calls = [[str(arn) for arn in arns]], count(1)
        while parts and in_time() and next(calls) <= _MOST_CALLS:
            part = parts.pop(0)
            try:
                answer = lookup_client("resourcegroupstaggingapi").get_resources(ResourceARNList=part)
            except (ClientError, BotoCoreError) as error:
                if error_code(error) != "InvalidParameterException":
                    raise transient("tag:GetResources", error) from error
                half = len(part) // 2
                parts += [part[:half], part[half:]] if half else []
                continue
            found |= {arn: {} for arn in part}
            for one in answer["ResourceTagMappingList"]:
                found[one["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        if not found:
            raise TransientError("tag:GetResources: no time was left, or every ARN was refused")
        return found
