"""The notification sender with fakes around it, and events to send."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from infra_events.content.rendering import Renderer
from infra_events.domain.deadline import UNLIMITED, Deadline
from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import Message
from infra_events.wire import standard, v1
from org_resource_event_notification_sender.core import NotificationSender
from tests.support.builders import ACCOUNT, INSTANCE, NOON, REGION, delivered, message, resource_event, routing
from tests.support.fakes import FakePublisher, FakeTagReader, FakeTagSnapshots

BOTH = [{"name": "both", "match": {}, "to": ["payments", "platform"], "continue": False}]
"""A route of all events to two destinations."""


class Sender:
    """The sender an hour after noon; ``routes`` override fields of the compiled routing."""

    def __init__(
        self,
        tags: Mapping[str, str] | Exception,
        zone: str = "Etc/UTC",
        publisher: FakePublisher | None = None,
        **routes: Any,
    ) -> None:
        self.reader = FakeTagReader(tags if isinstance(tags, Exception) else {INSTANCE: tags})
        self.publisher = publisher or FakePublisher()
        rules = routing(timezone=zone, **routes)
        clock = partial(datetime.__add__, NOON, timedelta(hours=1))
        self._sender = NotificationSender(
            routing=rules,
            enricher=Enricher(
                readers={"ec2": self.reader},
                others=FakeTagReader({}),
                snapshots=FakeTagSnapshots(),
                account_id=ACCOUNT,
                region=REGION,
                clock=clock,
            ),
            publisher=self.publisher,
            renderer=Renderer(rules),
            clock=clock,
        )

    def send(self, *events: Any) -> list[Any]:
        """Send events as version 1, and texts as they are."""
        return list(self._sender([message(e) if isinstance(e, str) else delivered(v1.write(e)) for e in events]))

    def deliver(self, messages: list[Message], deadline: Deadline = UNLIMITED) -> list[Any]:
        return list(self._sender(messages, deadline))

    def send_as_is(self, monkeypatch: pytest.MonkeyPatch, *events: ResourceEvent) -> list[Any]:
        """Send events with all their fields, also those that a message version does not carry."""
        by_id = {str(position): event for position, event in enumerate(events)}
        monkeypatch.setattr(standard, "read", lambda message: by_id[message.id])
        return self.deliver([message("", position) for position in by_id])

    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(published.body) for published in self.publisher.published]

    def document(self) -> dict[str, Any]:
        (document,) = self.documents()
        return document


def tagged(values: Mapping[str, str], **overrides: Any) -> ResourceEvent:
    """An event whose tags were read before."""
    return resource_event(**({"tags": Tags(values=values, status=TagsStatus.LIVE, as_of=NOON)} | overrides))


def siblings(number: int, **overrides: Any) -> list[ResourceEvent]:
    """Events of one parent, named web-1 to web-<number>, their positions as ids' ends."""
    return [
        tagged(
            {"Name": f"web-{n}", "Owner": "payments"},
            id=f"parent#{n}",
            parent_id="parent",
            resource=f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-{n:017x}",
            **overrides,
        )
        for n in range(1, number + 1)
    ]
