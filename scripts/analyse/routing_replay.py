"""What a routing would have decided on an archive's events, for the backtest.

An archive does not hold tags. Those of a resource are known from ``--tags``, and from a tag-change event of the archive
on; before that, and for all other resources, they are unknown, and so are the owners.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rich.table import Table
from rich.text import Text

from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.text import one_line
from infra_events.enrichment import event_tags
from infra_events.routing.decision import Result, decide
from infra_events.routing.model import Routing
from scripts.analyse import explain

UNKNOWN = Tags(status=TagsStatus.UNAVAILABLE, unavailable="an archive holds no tags")
SHOWN = 5
"""How many types of a destination, and reasons of an outcome, the tables name one by one."""
_REASON = 120


class Replay:
    """Decides on events in their order, each as of its time, and counts."""

    def __init__(self, routing: Routing, tags: Mapping[str, Mapping[str, str]]) -> None:
        """Take the routing, and the tags that are known from the beginning, by resource."""
        self._routing = routing
        self._tags = {resource: Tags(values=values, status=TagsStatus.LIVE) for resource, values in tags.items()}
        self._types: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._resources = self._untagged = 0

    def __call__(self, event: ResourceEvent) -> dict[str, Any]:
        """Return the decision on one event of one resource, without its steps: ``explain`` shows those."""
        self._tags.update(event_tags.of([event], account_id=event.account_id, region=event.region))
        tags = self._tags.get(event.resource, UNKNOWN)
        decision = decide(self._routing, replace(event, tags=tags), event.time)
        self._resources += 1
        self._untagged += tags is UNKNOWN
        outcome = decision.result.value
        if decision.result is Result.SEND and not decision.routes:
            outcome += " (fallback)"
        self._reasons[outcome][one_line(decision.reason, _REASON)] += 1
        for destination in decision.destinations:
            self._types[destination][event.type] += 1
        document = explain.document(decision)
        del document["steps"]
        return {"resource": event.resource} | document

    def tables(self) -> Iterator[Table | str]:
        """Yield who would have received what, and why, and for how many events tags were unknown."""
        yield _table("destination", "type", self._types)
        yield _table("outcome", "reason", self._reasons)
        yield (
            f"The tags of {self._untagged:,} of {self._resources:,} are unknown, and so are their owners: archived"
            " events do not carry tags, but for aws.tag events, which count from their time on."
            " --tags FILE (JSON: ARN to tags) adds what you know."
        )


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
