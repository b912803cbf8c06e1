"""Tags that somebody wrote down, in place of AWS: for explaining what the functions would have decided with them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import group_name
from infra_events.domain.tags import Tags
from infra_events.enrichment.enricher import Enricher
from infra_events.enrichment.families import enriched


@dataclass(slots=True, kw_only=True)
class GivenTags:
    """A ``TagReader`` of tags by ARN. A resource that is not among them has none."""

    tags: Mapping[tuple[str, ...], Mapping[str, str]]
    at_once: int = 1_000

    @classmethod
    def of(cls, tags: Mapping[str, Mapping[str, str]]) -> "GivenTags":
        """Take tags by ARN, in any form of it: EBS writes another one than AWS documents."""
        return cls(tags={_key(arn): values for text, values in tags.items() if (arn := Arn.parse(text))})

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:  # noqa: ARG002 - no call
        """Return the given tags, as live as those of a reader that can know them."""
        return {str(arn): Tags.live(self.tags.get(_key(arn), {})) for arn in arns}


def with_given_tags(event: ResourceEvent, tags: Mapping[str, Mapping[str, str]]) -> ResourceEvent:
    """Return an event with its tags and its parents' as the functions would read them, if AWS had ``tags``, by ARN.

    ``tags`` are those of all resources that may be asked for. Tags that the event brings already stay.
    """
    reader = GivenTags.of(tags)
    arn = Arn.parse(event.resource)
    enricher = Enricher(
        readers={"autoscaling": reader, "iam": reader},
        others=GivenTags(tags=reader.tags),
        snapshots=_NoSnapshots(),
        account_id=event.account_id or (arn.account_id if arn else ""),
        region=event.region or (arn.region if arn else ""),
        clock=lambda: event.time,
    )
    (result,) = enriched(enricher, [event])
    return result


class _NoSnapshots:
    """``TagSnapshots`` without any."""

    def read(self, arns: Sequence[str], in_time: Callable[[], bool]) -> Mapping[str, Tags | None]:  # noqa: ARG002
        return dict.fromkeys(arns)

    def write(self, tags: Mapping[str, Tags], in_time: Callable[[], bool]) -> Iterable[str]:  # noqa: ARG002
        return tags


def _key(arn: Arn) -> tuple[str, ...]:
    """Return what identifies a resource: EC2's ids do without an account, Auto Scaling groups without their UUID."""
    if name := group_name(arn):
        return ("autoscaling", arn.region, arn.account_id, name)
    account_id = "" if arn.service == "ec2" else arn.account_id
    return (arn.service, arn.region, account_id, arn.resource)
