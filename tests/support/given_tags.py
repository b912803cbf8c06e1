"""Tags that a test gives, in place of AWS's, for the same enricher."""

from collections.abc import Callable, Mapping, Sequence

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import identity
from infra_events.domain.tags import Tags
from infra_events.enrichment.enricher import Enricher
from tests.support.fakes import FakeTagSnapshots

ByResource = Mapping[str, Mapping[str, str]]


class GivenTags:
    """A ``TagReader`` of tags by ARN. A resource that is not among them has none."""

    at_once = 1_000

    def __init__(self, tags: ByResource) -> None:
        self._tags = {identity(arn): values for arn, values in tags.items()}

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        assert in_time()
        return {str(arn): Tags.live(self._tags.get(identity(str(arn)), {})) for arn in arns}


def enricher(event: ResourceEvent, tags: ByResource) -> Enricher:
    """Return Lambda's enricher in the account and region of an event, as of its time, if AWS had these tags."""
    return Enricher(
        readers={name: GivenTags(tags) for name in ("ec2", "global", "autoscaling", "iam")},
        others=GivenTags(tags),
        snapshots=FakeTagSnapshots(),
        account_id=event.account_id,
        region=event.region,
        clock=lambda: event.time,
    )
