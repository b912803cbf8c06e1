"""Tags that a person knows, in a file or on the command line, in place of AWS's: the same ``Enricher`` reads them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aws_service_event_handler.stages.enrich import Enrich
from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import identity
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import Message
from infra_events.routing.model import Routing
from scripts.compile.yaml_file import YamlFile
from scripts.project import CommandError

ByResource = Mapping[str, Mapping[str, str]]

_FORM = 'write {"arn:…": {"Owner": "payments"}}, as JSON or YAML'


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTags:
    """Tags by ``identity`` of their resource. What is not there has none, or unknown ones: ``unknown`` is why."""

    by_resource: ByResource = field(default_factory=dict)
    unknown: str = ""

    def enriched(self, events: Sequence[ResourceEvent], routing: Routing) -> Sequence[ResourceEvent]:
        """Return the events of one message as the standardizer enriches them, with these tags and those they bring."""
        if not events:
            return events
        work = EventWork(message=Message(id="", body="", sent_time=events[0].time), events=events)
        (done,) = Enrich(enricher=self.enricher(events[0]), routing=routing)([work])
        return [self.explained(event) for event in done.events]

    def enricher(self, event: ResourceEvent) -> Enricher:
        """Return what looks tags up in the account and region of an event, as of its time."""
        reader = _Reader(self)
        return Enricher(
            readers={"autoscaling": reader, "iam": reader},
            others=_Reader(self),
            snapshots=_Snapshots(self, event.time),
            account_id=event.account_id,
            region=event.region,
            clock=lambda: event.time,
        )

    def explained(self, event: ResourceEvent) -> ResourceEvent:
        """Return an event; where tags are unknown only because nobody has asked AWS, with that as the reason."""
        parents = (replace(parent, tags=self._explained(parent.resource, parent.tags)) for parent in event.parents)
        return replace(event, tags=self._explained(event.resource, event.tags), parents=tuple(parents))

    def _explained(self, resource: str, tags: Tags) -> Tags:
        asked = self.of(resource) is not None or Arn.parse(resource) is None
        return tags if asked or tags.status is not TagsStatus.UNAVAILABLE else replace(tags, unavailable=self.unknown)

    def of(self, arn: str) -> Mapping[str, str] | None:
        """Return the tags of a resource; None where they are unknown."""
        return self.by_resource.get(identity(arn), None if self.unknown else {})


@dataclass(slots=True)
class _Reader:
    """A ``TagReader``."""

    known: KnownTags
    at_once: int = 1_000

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        del in_time
        found = {str(arn): self.known.of(str(arn)) for arn in arns}
        return {arn: Tags.live(tags) for arn, tags in found.items() if tags is not None}


@dataclass(frozen=True, slots=True)
class _Snapshots:
    """``TagSnapshots``: what is known of resources of other accounts and regions."""

    known: KnownTags
    at: datetime

    def read(self, arns: Sequence[str], in_time: Callable[[], bool]) -> Mapping[str, Tags | None]:
        del in_time
        found = {arn: self.known.by_resource.get(identity(arn)) for arn in arns}
        return {
            arn: Tags(values=tags, status=TagsStatus.CACHED, as_of=self.at) if tags else None
            for arn, tags in found.items()
        }

    def write(self, tags: Mapping[str, Tags], in_time: Callable[[], bool]) -> Iterable[str]:
        del tags, in_time
        return ()


def read(file: Path) -> ByResource:
    """Read tags by resource from JSON or YAML, {"arn:…": {"Owner": "payments"}}; numbers and true become texts.

    The result is by ``identity`` of the resource.

    Raises CommandError, which names the file and the line or the resource.
    """
    try:
        content = _content(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file} must be one object of tags by ARN: {_FORM}")
    for resource, tags in content.items():
        if not isinstance(tags, dict):
            raise CommandError(f"{file}: the tags of {resource} must be an object: {_FORM}")
        for key, value in tags.items():
            if not isinstance(value, str | int):
                raise CommandError(f"{file}: the tag {key} of {resource} must be a text: write it in quotes")
    return {
        identity(resource): {key: value if isinstance(value, str) else json.dumps(value) for key, value in tags.items()}
        for resource, tags in content.items()
    }


def _content(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return YamlFile(file, name=str(file)).content
