"""Publish: every draft goes to the notification topic once."""

from collections.abc import Sequence
from dataclasses import replace

from infra_events.domain.outcome import Outcome, Sent, failed
from infra_events.ports import EventPublisher
from org_resource_event_notification_sender.work import Draft, Work, required


def publish(works: Sequence[Work], *, publisher: EventPublisher) -> Sequence[Work]:
    """Publish the drafts of all works, by as few calls as possible; return each work with its draft's outcome."""
    drafts = list(dict.fromkeys(required(work.draft) for work in works))
    results = publisher.publish([draft.publication for draft in drafts])
    errors = dict(zip(drafts, results, strict=True))
    return [replace(work, outcome=_outcome(work, errors)) for work in works]


def _outcome(work: Work, errors: dict[Draft, Exception | None]) -> Outcome:
    draft = required(work.draft)
    error = errors[draft]
    return failed(error) if error else Sent(notes=draft.notes + work.notes)
