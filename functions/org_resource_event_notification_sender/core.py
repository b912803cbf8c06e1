"""Standard messages → notifications: the stages of a batch, composed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from infra_events.content.rendering import Renderer
from infra_events.domain.deadline import UNLIMITED, Deadline
from infra_events.domain.outcome import Outcome
from infra_events.domain.stages import Stage, run
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import EventPublisher, Message
from infra_events.routing.model import Routing
from org_resource_event_notification_sender.stages.decide import decide
from org_resource_event_notification_sender.stages.enrich import enrich
from org_resource_event_notification_sender.stages.group import group
from org_resource_event_notification_sender.stages.ignore import ignore
from org_resource_event_notification_sender.stages.publish import publish
from org_resource_event_notification_sender.stages.read import read
from org_resource_event_notification_sender.stages.write import write
from org_resource_event_notification_sender.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSender:
    """Publishes notifications of a batch of standard messages. All are decided on as of one time of ``clock``."""

    routing: Routing
    enricher: Enricher
    publisher: EventPublisher
    renderer: Renderer
    clock: Callable[[], datetime]

    def __call__(self, messages: Sequence[Message], deadline: Deadline = UNLIMITED) -> Sequence[Outcome]:
        """Return one outcome per message, in order: the worst of the notifications that report it.

        A notification that ``deadline`` leaves no time for is not published, and its messages are retried.
        """
        stages: Sequence[Stage[Work]] = (
            read,
            partial(ignore, routing=self.routing),
            partial(enrich, enricher=self.enricher, in_time=deadline.may_begin),
            partial(decide, routing=self.routing),
            group,
            partial(write, routing=self.routing, renderer=self.renderer),
            partial(publish, publisher=self.publisher, deadline=deadline),
        )
        at = self.clock()
        return run(stages, [Work(message=message, at=at) for message in messages])
