"""What a routing would have decided on an archive's events, for the backtest.

An archive does not hold tags. Those of a resource are known from ``--tags``, and from a tag-change event of the archive
on; before that, and for all other resources, they are unknown, and so are the owners.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import identity
from infra_events.domain.tags import TagsStatus
from infra_events.domain.text import one_line
from infra_events.enrichment import event_tags
from infra_events.routing.decision import Decision, Result, decide
from infra_events.routing.model import Routing
from scripts.analyse import explanation
from scripts.analyse.known_tags import ByResource, KnownTags

UNKNOWN = "an archive holds no tags"
SHOWN = 5
"""How many types of a destination, and reasons of an outcome, the tables name one by one."""
_REASON = 120


class Replay:
    """Decides on events in their order, each as of its time, and counts."""

    def __init__(self, routing: Routing, tags: ByResource) -> None:
        """Take the routing, and the tags that are known from the beginning, by resource."""
        self._routing = routing
        self._tags = dict(tags)
        self._types: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._resources = self._untagged = 0

    def __call__(self, events: Sequence[ResourceEvent]) -> list[Mapping[str, Any]]:
        """Return the decisions on the resources of one event, without their steps: ``explain`` shows those."""
        account_id, region = events[0].account_id, events[0].region
        brought = event_tags.of(events, account_id=account_id, region=region)
        self._tags.update({identity(resource): tags.values for resource, tags in brought.items()})
        known = KnownTags(by_resource=self._tags, unknown=UNKNOWN)
        return [self._decided(event) for event in known.enriched(events, self._routing)]

    def _decided(self, event: ResourceEvent) -> Mapping[str, Any]:
        decision = decide(self._routing, event, event.time)
        self._count(event, decision)
        found = explanation.document(decision)
        return {"resource": event.resource} | {name: found[name] for name in found if name not in _LEFT_OUT}

    def _count(self, event: ResourceEvent, decision: Decision) -> None:
        self._resources += 1
        self._untagged += event.tags.status is TagsStatus.UNAVAILABLE
        outcome = explanation.OUTCOMES[decision.result]
        if decision.result is Result.SEND and not decision.routes:
            outcome += " (fallback)"
        self._reasons[outcome][one_line(decision.reason, _REASON)] += 1
        for destination in decision.destinations:
            self._types[destination][event.type] += 1

    def tables(self) -> Iterator[Table | str]:
        """Yield who would have received what, and why, and for how many events tags were unknown."""
        yield _table("destination", "type", self._types)
        yield _table("outcome", "reason", self._reasons)
        yield (
            f"The tags of {self._untagged:,} of {self._resources:,} are unknown, and so are their owners: archived"
            " events do not carry tags, but for aws.tag events, which count from their time on."
            " --tags-file FILE (JSON or YAML: ARN to tags) adds what you know."
        )


_LEFT_OUT = ("steps", "owner_why")
"""What ``explain`` shows of a decision beside what a report has."""


def _table(first: str, second: str, counted: Mapping[str, Counter[str]]) -> Table:
    table = Table(first, second, box=None, header_style="bold")
    table.add_column("count", justify="right")
    for name, counts in sorted(counted.items()):
        table.add_row(Text(name, style="bold"), "", f"{counts.total():,}")
        for text, count in counts.most_common(SHOWN):
            table.add_row("", Text(text), f"{count:,}")
        if len(counts) > SHOWN:
            more = counts.total() - sum(count for _, count in counts.most_common(SHOWN))
            table.add_row("", f"… {len(counts) - SHOWN:,} more", f"{more:,}")
    return table
