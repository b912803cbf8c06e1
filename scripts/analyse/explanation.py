"""What becomes of an event: the decision, by the functions' own stages, and the content that people would read."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.read import standardize
from infra_events.content.rendering import Renderer
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, Parked, attempt
from infra_events.domain.stages import Stage
from infra_events.domain.tags import Tags
from infra_events.ports import Message
from infra_events.routing.decision import Decision, Result
from infra_events.routing.model import Routing
from infra_events.wire import standard, v2
from org_resource_event_notification_sender.stages.decide import decide
from org_resource_event_notification_sender.stages.enrich import enrich
from org_resource_event_notification_sender.stages.group import group
from org_resource_event_notification_sender.stages.write import write
from org_resource_event_notification_sender.work import Work, required
from scripts.analyse.known_tags import KnownTags

SENT = "sent"
SUPPRESSED = "suppressed"
PARKED = "parked"
OUTCOMES = {Result.SEND: SENT, Result.SUPPRESS: SUPPRESSED}
"""The outcome of a decision, as programs read it."""

TagsOf = Callable[[Sequence[ResourceEvent]], KnownTags]
"""Returns the tags with which the events of one message are decided on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What becomes of one resource's event by one decision, as of ``at``; without both, what could not be read.

    ``parked`` is why the functions would park it; ``subject`` and ``text`` are what people would read.
    """

    at: datetime
    event: ResourceEvent | None = None
    decision: Decision | None = None
    parked: str = ""
    subject: str | None = None
    text: str | None = None

    @property
    def outcome(self) -> str:
        """What becomes of it, in a word."""
        return PARKED if self.parked or not self.decision else OUTCOMES[self.decision.result]

    def document(self) -> dict[str, Any]:
        """Return it for JSON, with null for what is not known."""
        event = self.event
        decided = document(self.decision) if self.decision else {"destinations": [], "steps": []}
        found = decided | {
            "outcome": self.outcome,
            "type": event.type if event else None,
            "resource": event.resource if event else None,
            "state": event.state if event else None,
            "actor": (event.actor if event else "") or None,
            "subject": self.subject,
            "text": self.text,
        }
        if self.parked:
            found |= {"reason": self.parked, "destinations": []}
        return {key: found.get(key) for key in KEYS}


KEYS = (
    *("outcome", "owner", "owner_why", "severity", "route", "destinations", "reason", "steps"),
    *("type", "resource", "state", "actor", "subject", "text"),
)
"""The keys of an explanation as JSON, each always there."""


def document(decision: Decision) -> dict[str, Any]:
    """Return a decision for JSON; ``route`` is a name, several, or null where no route matched: the fallback then."""
    routes = list(decision.routes)
    return {
        "outcome": OUTCOMES[decision.result],
        "owner": decision.owner or None,
        "owner_why": next((step.why for step in decision.steps if step.step == "owner"), None),
        "severity": decision.severity.name,
        "route": routes if len(routes) > 1 else routes[0] if routes else None,
        "destinations": list(decision.destinations),
        "reason": decision.reason,
        "steps": [{"step": step.step, "result": step.result, "why": step.why} for step in decision.steps],
    }


class Explainer:
    """Explains events by one routing: standardizer and sender, without topics between them."""

    def __init__(
        self, known: Catalogue, routing: Routing, tags_of: TagsOf, at: datetime | None = None, *, given: bool = False
    ) -> None:
        """Take the catalogue, the routing and the tags; ``given`` ones count, not those that a message carries.

        It is decided as of ``at``, by default as of when each event occurred.
        """
        self._known = known
        self._routing = routing
        self._tags_of = tags_of
        self._at = at
        self._given = given
        self._renderer = Renderer(routing)

    def __call__(self, body: str) -> Sequence[Explained]:
        """Explain an AWS event, or a standard message of version 2: an explanation for each resource and decision."""
        now = datetime.now(UTC)
        events = attempt(self._events, Message(id="explain", body=body, sent_time=now))
        if isinstance(events, Failure):
            return [Explained(at=self._at or now, parked=_why(events))]
        tags = self._tags_of(events)
        works = [self._work(event) for event in events]
        stages: Sequence[Stage[Work]] = (
            partial(enrich, enricher=tags.enricher(events[0])),
            lambda them: [replace(work, event=tags.explained(required(work.event))) for work in them],
            partial(decide, routing=self._routing),
            group,
            partial(write, routing=self._routing, renderer=self._renderer),
        )
        for stage in stages:
            advanced = iter(stage([work for work in works if work.outcome is None]))
            works = [next(advanced) if work.outcome is None else work for work in works]
        return [_explained(work) for work in works]

    def _events(self, message: Message) -> Sequence[ResourceEvent]:
        """Return what the sender would read of each event: as the standardizer writes it."""
        if _is_standard(message.body):
            event = v2.read(message)
            events: Sequence[ResourceEvent] = [_without_tags(event) if self._given else event]
        else:
            found = standardize(AwsEvent.read(message), self._known)
            events = self._tags_of(found).enriched(found, self._routing)
        return [standard.read(_sent(event)) for event in events]

    def _work(self, event: ResourceEvent) -> Work:
        return Work(message=_sent(event), at=self._at or event.time, event=event)


def _without_tags(event: ResourceEvent) -> ResourceEvent:
    parents = tuple(replace(parent, tags=Tags()) for parent in event.parents)
    return replace(event, tags=Tags(), parents=parents)


def _is_standard(body: str) -> bool:
    try:
        document = json.loads(body)
    except (RecursionError, ValueError):
        return False  # for the reader to judge
    return isinstance(document, dict) and "specversion" in document


def _sent(event: ResourceEvent) -> Message:
    """Return the standard message of an event, as the sender receives it."""
    written = v2.write(event)
    attributes = {name: value for name, value in written.attributes.items() if isinstance(value, str)}
    return Message(id=event.id, body=written.body, sent_time=event.recorded_time or event.time, attributes=attributes)


def _explained(work: Work) -> Explained:
    parked = _why(work.outcome) if isinstance(work.outcome, Failure) else ""
    content = json.loads(work.drafts[0].publication.body) if work.drafts else {}
    return Explained(
        at=work.at,
        event=work.event,
        decision=work.decision,
        parked=parked,
        subject=content.get("subject"),
        text=content.get("text"),
    )


def _why(failure: Failure) -> str:
    return f"{failure.code if isinstance(failure, Parked) else EXHAUSTED}: {failure.reason}"


EXHAUSTED = "exhausted"
"""Why a message is in the DLQ whose processing failed, and not the message: a fault of the functions."""
