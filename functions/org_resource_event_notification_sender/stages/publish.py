"""Publish: every draft goes to the notification topic once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from infra_events.domain.deadline import OUT_OF_TIME, UNLIMITED, Deadline
from infra_events.domain.outcome import Failure, Outcome, Sent, attempt, failed, worst
from infra_events.ports import EventPublisher
from org_resource_event_notification_sender.work import Draft, Work, required

_AT_ONCE = 10


def publish(works: Sequence[Work], *, publisher: EventPublisher, deadline: Deadline = UNLIMITED) -> Sequence[Work]:
    """Publish the drafts of all works, ten a call; return each work with the worst outcome of its drafts.

    Drafts that ``deadline`` leaves no time for are not published: all works of each are retried. What is published
    again then has the same ids, which the channels' sent record contains.
    """
    drafts = list(dict.fromkeys(draft for work in works for draft in required(work.drafts)))
    failures: dict[Draft, Failure | None] = {}
    for start in range(0, len(drafts), _AT_ONCE):
        if not deadline.may_begin():
            break
        ten = drafts[start : start + _AT_ONCE]
        published = attempt(publisher.publish, [draft.publication for draft in ten])
        if isinstance(published, Failure):  # of no draft in particular, so all of the call have it
            failures |= dict.fromkeys(ten, published)
        else:
            each = (failed(error) if error else None for error in published)
            failures |= zip(ten, each, strict=True)
    return [replace(work, outcome=_outcome(work, failures)) for work in works]


def _outcome(work: Work, failures: Mapping[Draft, Failure | None]) -> Outcome:
    drafts = required(work.drafts)
    unpublished = [failure for draft in drafts if (failure := failures.get(draft, OUT_OF_TIME))]
    if unpublished:
        return worst(unpublished)
    return Sent(notes=(*dict.fromkeys(note for draft in drafts for note in draft.notes), *work.notes))
