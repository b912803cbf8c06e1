"""Events and their parents: one look-up, one more for what tags name, and nothing that was read before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import Parent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment import enricher as module
from infra_events.enrichment.families import enriched
from tests.support.builders import ACCOUNT, INSTANCE, REGION, resource_event
from tests.support.fakes import FakeTagReader
from tests.unit.shared.enrichment.test_enricher import World, cached, live

TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/0a1b"
SERVICE = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/checkout"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/0a1b"
OWNED = {"Owner": "payments"}


def task(number: int = 0) -> ResourceEvent:
    return resource_event(resource=f"{TASK}{number:04}", parents=(Parent(resource=SERVICE),))


def family(event: ResourceEvent) -> Mapping[str, Tags]:
    return {parent.resource: parent.tags for parent in event.parents}


def test_resources_and_their_parents_are_read_together() -> None:
    world = World({SERVICE: OWNED})
    (event,) = enriched(world.enricher, [task()])
    assert (event.tags, family(event)) == (live({}), {SERVICE: live(OWNED), CLUSTER: live({})})
    assert world.others.calls == [[f"{TASK}0000", SERVICE, CLUSTER]]


def test_what_tags_name_is_read_once_more_and_never_again() -> None:
    tags = {INSTANCE: {"aws:cloudformation:stack-id": STACK}, STACK: {"aws:cloudformation:stack-id": f"{STACK}c"}}
    world = World(tags)
    (event,) = enriched(world.enricher, [resource_event()])
    assert list(family(event)) == [STACK]
    assert (world.ec2.calls, world.others.calls) == ([[INSTANCE]], [[STACK]])


@pytest.mark.parametrize("value", ["", "shop", "arn:aws", INSTANCE, "x" * 300])
def test_a_tag_that_names_nothing_else_costs_nothing(value: str) -> None:
    world = World({INSTANCE: {"aws:cloudformation:stack-id": value}})
    (event,) = enriched(world.enricher, [resource_event()])
    assert event.parents == ()
    assert world.others.calls == []


def test_a_resource_that_is_gone_keeps_its_parents() -> None:
    world = World({STACK: OWNED}, rows={INSTANCE: cached({"aws:cloudformation:stack-id": STACK})})
    (event,) = enriched(world.enricher, [resource_event()])
    assert (event.tags.status, family(event)) == (TagsStatus.CACHED, {STACK: live(OWNED)})


def test_what_was_read_before_is_not_read_again() -> None:
    known = resource_event(resource=TASK, tags=live({}), parents=(Parent(resource=SERVICE, tags=live(OWNED)),))
    world = World()
    assert enriched(world.enricher, [known]) == [known]
    assert world.others.calls == []


def test_of_a_foreign_message_only_what_it_leaves_open_is_read() -> None:
    world = World({SERVICE: OWNED})
    (event,) = enriched(world.enricher, [resource_event(tags=live({"a": "b"}), parents=(Parent(resource=SERVICE),))])
    assert (event.tags, family(event)) == (live({"a": "b"}), {SERVICE: live(OWNED)})
    assert world.others.calls == [[SERVICE]]


def test_tags_that_an_event_brings_count_for_parents_too() -> None:
    world = World()
    (event,) = enriched(world.enricher, [task()], event_tags={SERVICE: live(OWNED)})
    assert family(event)[SERVICE] == live(OWNED)
    assert world.others.calls == [[f"{TASK}0000", CLUSTER]]


def test_a_reader_that_fails_costs_no_other_its_tags() -> None:
    world = World({SERVICE: OWNED})
    world.ec2._tags = TimeoutError("slow")  # noqa: SLF001 - only one of the two fails
    event, other = enriched(world.enricher, [resource_event(parents=(Parent(resource=SERVICE),)), task()])
    assert event.tags.unavailable == "TimeoutError: slow"
    assert family(event)[SERVICE] == family(other)[SERVICE] == live(OWNED)


def test_out_of_time_parents_are_unavailable_and_state_why() -> None:
    world = World({INSTANCE: {"aws:cloudformation:stack-id": STACK}})

    class Slow(FakeTagReader):
        def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
            found = super().read(arns, in_time)
            world.now += timedelta(seconds=4)
            return found

    slow = Slow(world.ec2._tags)  # noqa: SLF001 - the fake world changes
    (event,) = enriched(replace(world.enricher, readers={"ec2": slow}), [resource_event()])
    assert family(event) == {STACK: Tags.unknown("no time was left to read them")}


@pytest.mark.parametrize("batch", [1, 100])
def test_a_thousand_runs_are_twice_as_many_look_ups_and_no_more_reads_of_snapshots(
    monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(FakeTagReader, "at_once", 100)
    world = World({SERVICE: OWNED})
    enriched(world.enricher, [task()])
    world.others.calls.clear()
    world.snapshots.reads.clear()
    for _ in range(10):
        enriched(world.enricher, [task(number) for number in range(batch)])
    assert len(world.others.calls) == (20 if batch == 100 else 10)
    assert len(world.snapshots.reads) == 10
    assert max(map(len, world.snapshots.reads)) == batch, "that the cluster has no snapshot is remembered"


def test_that_a_parent_has_no_snapshot_is_forgotten_after_a_while() -> None:
    world = World()
    enriched(world.enricher, [task()])
    world.snapshots.rows[CLUSTER] = cached(OWNED)
    (event,) = enriched(world.enricher, [task()])
    assert family(event)[CLUSTER] == live({})
    world.now += module._NO_SNAPSHOT  # noqa: SLF001 - as long as it is
    (event,) = enriched(world.enricher, [task()])
    assert family(event)[CLUSTER] == cached(OWNED)
