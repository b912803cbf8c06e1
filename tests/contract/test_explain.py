"""``explain`` decides as the functions do, tags that events bring included: on every sample, and on its drill."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aws_service_event_handler.stages.enrich import Enrich
from aws_service_event_handler.stages.read import Read
from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.event import ResourceEvent
from infra_events.enrichment.enricher import Enricher
from infra_events.routing.decision import Decision, decide
from infra_events.routing.model import Routing
from scripts.analyse.explanation import Explained, Explainer
from scripts.analyse.known_tags import KnownTags
from tests.support.builders import INSTANCE, aws_event, message, routing, whole_catalogue
from tests.support.fakes import FakeTagReader, FakeTagSnapshots
from tests.support.samples import SAMPLES

ODD_TAGS = {"": "payments", "Department": 7, "owner": "payments", "Name": None}


def tag_change(tags: Any, **overrides: Any) -> dict[str, Any]:
    detail = {"changed-tag-keys": ["Owner"], "service": "ec2", "resource-type": "instance", "tags": tags}
    return aws_event(**{"source": "aws.tag", "detail_type": "Tag Change on Resource", "detail": detail} | overrides)


def enriched(body: str, by: Routing) -> Sequence[ResourceEvent]:
    """Return what the standardizer makes of an event when no tags can be read from AWS."""
    works = Read(catalogue=whole_catalogue())([EventWork(message=message(body))])
    first = works[0].events[0]
    enricher = Enricher(
        readers={},
        others=FakeTagReader(PermissionError("no")),
        snapshots=FakeTagSnapshots(),
        account_id=first.account_id,
        region=first.region,
        clock=lambda: first.time,
    )
    (work,) = Enrich(enricher=enricher, routing=by)(works)
    return work.events


def without_tags_step(decision: Decision) -> Decision:
    """Return a decision without the steps that name where the tags are from."""
    return replace(decision, steps=[step for step in decision.steps if not step.step.startswith("tags")])


def explained(event: object, by: Routing) -> Sequence[Explained]:
    """Explain an event of which no tags are known but those it brings."""
    return Explainer(whole_catalogue(), by, lambda _: KnownTags(unknown="not known here"))(json.dumps(event))


EVENTS = {str(sample): sample.event for sample in SAMPLES} | {
    "tags": tag_change({"Owner": "payments"}),
    "no tags": tag_change({}),
    "odd tags": tag_change(ODD_TAGS),
    "no object": tag_change("Owner=payments"),
    "several resources": tag_change({"Owner": "payments"}, resources=[INSTANCE, INSTANCE.replace("0abc", "0def")]),
}


@pytest.mark.parametrize("drill", [False, True], ids=["event", "drill"])
@pytest.mark.parametrize("name", EVENTS)
def test_explain_decides_as_the_functions_do(name: str, *, drill: bool) -> None:
    event = EVENTS[name]
    event = event | {"source": f"drill.{event['source']}"} if drill else event
    by = routing()
    expected = enriched(json.dumps(event), by)
    found = explained(event, by)
    assert [one.event and one.event.tags.values for one in found] == [one.tags.values for one in expected]
    assert [one.decision and without_tags_step(one.decision) for one in found] == [
        without_tags_step(decide(by, one, one.time)) for one in expected
    ]
    assert all(one.subject and one.text for one in found if one.outcome == "sent")


@pytest.mark.parametrize(("drill", "owner"), [(False, "payments"), (True, "")], ids=["event", "drill"])
def test_the_tags_of_a_drill_do_not_count(owner: str, *, drill: bool) -> None:
    event = tag_change(ODD_TAGS, source="drill.aws.tag") if drill else tag_change(ODD_TAGS)
    (one,) = explained(event, routing())
    assert one.decision
    assert one.decision.owner == owner
