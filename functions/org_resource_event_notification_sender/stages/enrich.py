"""Enrich: add the tags of their resources, and of these' parents, to events that the standardizer has not enriched."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode
from infra_events.enrichment.enricher import Enricher, always
from infra_events.enrichment.families import enriched
from org_resource_event_notification_sender.work import Work, required


def enrich(works: Sequence[Work], *, enricher: Enricher, in_time: Callable[[], bool] = always) -> Sequence[Work]:
    """Return each work with the tags of its event, by one look-up a batch; a note names why tags are unavailable."""
    events = enriched(enricher, [required(work.event) for work in works], in_time=in_time)
    return [
        replace(work, event=event, notes=work.notes + _notes(event)) for work, event in zip(works, events, strict=True)
    ]


def _notes(event: ResourceEvent) -> tuple[Note, ...]:
    reason = event.unread_tags
    return (Note(code=NoteCode.TAGS_UNAVAILABLE, reason=reason),) if reason else ()
