"""Tags for events: asked for once, remembered, and never in an event's way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra_events.domain.arn import Arn
from infra_events.domain.errors import RefusedError
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment import enricher as module
from infra_events.enrichment.enricher import GLOBAL, Enricher
from tests.support.builders import ACCOUNT, INSTANCE, NOON, REGION
from tests.support.fakes import FakeTagReader, FakeTagSnapshots

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
BUCKET = "arn:aws:s3:::uploads"
FOREIGN = INSTANCE.replace(ACCOUNT, "999988887777")
WEB = {"Name": "web-1"}


def live(values: Mapping[str, str], as_of: datetime = NOON) -> Tags:
    return Tags(values=values, status=TagsStatus.LIVE, as_of=as_of)


def cached(values: Mapping[str, str], as_of: datetime = NOON) -> Tags:
    return Tags(values=values, status=TagsStatus.CACHED, as_of=as_of)


class World:
    """An enricher, and all that it sees; a process that starts anew keeps only the snapshots."""

    def __init__(
        self, tags: Any = None, rows: Mapping[str, Tags] | None = None, error: Exception | None = None
    ) -> None:
        self.now = NOON
        self.seconds_per_look = 0.0
        self.ec2 = FakeTagReader(tags if tags is not None else {})
        self.others = FakeTagReader(tags if tags is not None else {})
        self.snapshots = FakeTagSnapshots(rows, error)
        self.start()

    def start(self) -> None:
        self.enricher = Enricher(
            readers={"ec2": self.ec2},
            others=self.others,
            snapshots=self.snapshots,
            account_id=ACCOUNT,
            region=REGION,
            clock=self.clock,
        )

    def clock(self) -> datetime:
        self.now += timedelta(seconds=self.seconds_per_look)
        return self.now

    def tags_of(self, *resources: str, event_tags: Mapping[str, Tags] | None = None) -> Mapping[str, Tags]:
        return self.enricher.tags_of(resources, event_tags=event_tags or {})

    def retag(self, tags: Any) -> None:
        self.ec2._tags = self.others._tags = tags  # noqa: SLF001 - the fake world changes


def test_each_resource_is_asked_of_the_one_that_knows_it_and_only_once() -> None:
    world = World({INSTANCE: WEB, TABLE: {"Owner": "shop"}, BUCKET: {"Owner": "web"}})
    tags = world.tags_of(INSTANCE, TABLE, BUCKET, INSTANCE)
    assert tags == {INSTANCE: live(WEB), TABLE: live({"Owner": "shop"}), BUCKET: live({"Owner": "web"})}
    assert (world.ec2.calls, world.others.calls) == ([[INSTANCE]], [[TABLE, BUCKET]])


def test_more_than_a_call_takes_are_several_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeTagReader, "at_once", 2)
    world = World()
    arns = [f"{TABLE}-{number}" for number in range(5)]
    assert world.tags_of(*arns).keys() == set(arns)
    assert [len(call) for call in world.others.calls] == [2, 2, 1]


@pytest.mark.parametrize(
    "resource",
    ["i-0abc", "", "a sentence", "arn:aws:ec2", f"{TABLE}\n", f"{TABLE}\ud800", TABLE + "x" * 1000, TABLE + "ü" * 490],
)
def test_an_unreadable_resource_fails_no_call(resource: str) -> None:
    world = World({TABLE: WEB})
    tags = world.tags_of(resource, TABLE)
    assert tags[resource].status is TagsStatus.UNAVAILABLE
    assert tags[TABLE] == live(WEB)
    assert (world.others.calls, world.snapshots.reads) == ([[TABLE]], [[TABLE]])


@pytest.mark.parametrize("resource", [FOREIGN, INSTANCE.replace(REGION, "eu-west-2")])
def test_resources_of_others_are_answered_by_their_snapshot_alone(resource: str) -> None:
    world = World()
    assert world.tags_of(resource)[resource].unavailable == "the resource is in another account or region"
    world.snapshots.rows[resource] = cached(WEB)
    assert world.tags_of(resource)[resource] == cached(WEB)
    assert (world.ec2.calls, world.snapshots.writes) == ([], [])


def test_a_bucket_of_which_nothing_is_known_here_may_have_tags_elsewhere() -> None:
    assert World().tags_of(BUCKET)[BUCKET].status is TagsStatus.UNAVAILABLE


def test_what_is_gone_keeps_the_tags_that_it_had() -> None:
    world = World({INSTANCE: WEB})
    world.tags_of(INSTANCE)
    world.retag({})
    world.now += timedelta(hours=1)
    assert world.tags_of(INSTANCE)[INSTANCE] == cached(WEB)
    world.retag(TimeoutError("slow"))
    assert world.tags_of(INSTANCE)[INSTANCE] == cached(WEB)


def test_a_resource_without_tags_that_never_had_any_has_none() -> None:
    world = World()
    assert world.tags_of(INSTANCE)[INSTANCE] == live({})
    assert world.snapshots.rows == {}


def test_a_failing_service_is_named_and_fails_no_other() -> None:
    world = World({TABLE: WEB})
    world.ec2._tags = TimeoutError("slow")  # noqa: SLF001 - only one of the two fails
    tags = world.tags_of(INSTANCE, TABLE)
    assert tags[INSTANCE] == Tags(status=TagsStatus.UNAVAILABLE, unavailable="TimeoutError: slow")
    assert tags[TABLE] == live(WEB)


def test_a_call_that_failed_is_tried_once_more_while_there_is_time() -> None:
    world = World(TimeoutError("slow"))
    world.tags_of(INSTANCE)
    assert len(world.ec2.calls) == 2
    world.seconds_per_look = 4
    world.tags_of(INSTANCE)
    assert len(world.ec2.calls) == 3


def test_out_of_time_nothing_is_asked_but_the_snapshots() -> None:
    world = World({INSTANCE: WEB, TABLE: WEB}, rows={INSTANCE: cached({"Name": "old"})})
    world.seconds_per_look = 4
    tags = world.tags_of(INSTANCE, TABLE)
    assert tags[INSTANCE] == cached({"Name": "old"})
    assert tags[TABLE].status is TagsStatus.UNAVAILABLE
    assert world.snapshots.writes == []


def test_without_the_table_tags_are_as_live_as_ever() -> None:
    world = World({INSTANCE: WEB}, error=TimeoutError("slow"))
    assert world.tags_of(INSTANCE, FOREIGN)[INSTANCE] == live(WEB)
    world.snapshots.error = None
    world.tags_of(INSTANCE)
    assert world.snapshots.rows == {INSTANCE: cached(WEB)}


def test_a_warm_process_reads_and_writes_no_snapshot_of_what_did_not_change() -> None:
    world = World({INSTANCE: WEB, TABLE: WEB})
    for _ in range(3):
        world.tags_of(INSTANCE, TABLE)
    assert (world.snapshots.reads, world.snapshots.writes) == ([[INSTANCE, TABLE]], [[INSTANCE, TABLE]])
    world.start()
    world.tags_of(INSTANCE, TABLE)
    assert (len(world.snapshots.reads), len(world.snapshots.writes)) == (2, 1)


def test_changed_tags_are_written_once() -> None:
    world = World({INSTANCE: WEB, TABLE: WEB})
    world.tags_of(INSTANCE, TABLE)
    world.retag({INSTANCE: {"Name": "web-2"}, TABLE: WEB})
    world.now += timedelta(minutes=1)
    for _ in range(2):
        world.tags_of(INSTANCE, TABLE)
    assert world.snapshots.writes[1:] == [[INSTANCE]]
    assert world.snapshots.rows[INSTANCE].values == {"Name": "web-2"}


@pytest.mark.parametrize("restart", [False, True])
def test_a_living_resource_is_written_again_before_its_row_expires(*, restart: bool) -> None:
    world = World({INSTANCE: WEB})
    for days in (0, 29, 2):
        world.now += timedelta(days=days)
        if restart:
            world.start()
        world.tags_of(INSTANCE)
    assert len(world.snapshots.writes) == 2


def test_what_could_not_be_written_is_written_by_the_next_batch() -> None:
    world = World({INSTANCE: WEB})
    world.snapshots.write = lambda *_: ()  # type: ignore[method-assign]
    world.tags_of(INSTANCE)
    del world.snapshots.write
    world.tags_of(INSTANCE)
    assert world.snapshots.rows == {INSTANCE: cached(WEB)}


def test_a_row_that_may_have_been_written_or_not_is_read_again() -> None:
    world = World({INSTANCE: WEB})
    world.tags_of(INSTANCE)
    world.retag({INSTANCE: {"Name": "web-2"}})
    write = world.snapshots.write
    # It was written, and the answer was lost.
    world.snapshots.write = lambda *args: list(write(*args))[:0]  # type: ignore[method-assign]
    world.tags_of(INSTANCE)
    del world.snapshots.write
    world.retag({INSTANCE: WEB})
    world.tags_of(INSTANCE)
    assert world.snapshots.rows == {INSTANCE: cached(WEB)}


def test_a_row_that_could_not_be_read_is_not_written_over() -> None:
    world = World(rows={INSTANCE: cached(WEB)})
    world.snapshots.read = lambda *_: {}  # type: ignore[method-assign]
    world.tags_of(INSTANCE, event_tags={INSTANCE: live({}, NOON - timedelta(minutes=5))})
    assert world.snapshots.rows == {INSTANCE: cached(WEB)}


def test_tags_of_an_event_are_not_asked_for_and_are_kept_for_other_processes() -> None:
    world = World()
    then = NOON - timedelta(minutes=5)
    assert world.tags_of(FOREIGN, event_tags={FOREIGN: live(WEB, then)}) == {FOREIGN: live(WEB, then)}
    assert world.tags_of(FOREIGN) == {FOREIGN: cached(WEB, then)}


def test_tags_of_a_late_event_are_ignored() -> None:
    world = World({INSTANCE: WEB})
    before = live({"Name": "before"}, NOON - timedelta(minutes=16))
    assert world.tags_of(INSTANCE, event_tags={INSTANCE: before})[INSTANCE] == live(WEB)
    assert world.snapshots.rows == {INSTANCE: cached(WEB)}


def test_an_event_without_tags_empties_the_snapshot() -> None:
    world = World(rows={INSTANCE: cached(WEB, NOON - timedelta(days=1))})
    assert world.tags_of(INSTANCE)[INSTANCE].values == WEB
    assert world.tags_of(INSTANCE, event_tags={INSTANCE: live({})})[INSTANCE] == live({})
    assert world.tags_of(INSTANCE)[INSTANCE] == live({})


@pytest.mark.parametrize("restart", [False, True])
def test_older_tags_never_replace_newer_ones(*, restart: bool) -> None:
    world = World({INSTANCE: WEB})
    world.tags_of(INSTANCE)
    if restart:
        world.start()
    old = live({"Name": "before"}, NOON - timedelta(seconds=1))
    for _ in range(2):
        assert world.tags_of(INSTANCE, event_tags={INSTANCE: old})[INSTANCE] == old
    assert world.snapshots.rows == {INSTANCE: cached(WEB)}


def test_a_time_in_the_future_keeps_nothing_from_being_learned() -> None:
    world = World({INSTANCE: WEB})
    world.tags_of(INSTANCE, event_tags={INSTANCE: live({}, datetime(9999, 1, 1, tzinfo=UTC))})
    world.now += timedelta(seconds=1)
    world.tags_of(INSTANCE)
    assert world.snapshots.rows[INSTANCE].values == WEB


def test_a_process_remembers_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    arns = [f"{TABLE}-{number}" for number in range(3)]
    world = World(dict.fromkeys(arns, WEB))
    for arn in (*arns[:2], arns[0], arns[2]):
        world.tags_of(arn)
    world.snapshots.reads.clear()
    world.tags_of(*arns)
    assert world.snapshots.reads == [[arns[1]]]


def test_no_look_up_begins_after_the_callers_own_time() -> None:
    world = World({INSTANCE: WEB}, rows={INSTANCE: cached(WEB)})
    found = world.enricher.tags_of([INSTANCE], in_time=lambda: False)
    assert found == {INSTANCE: cached(WEB)}, "the first read of snapshots is made all the same"
    assert len(world.ec2.calls) == 1
    assert world.snapshots.writes == []


ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
ZONE = "arn:aws:route53:::hostedzone/Z1"


def test_resources_without_a_region_are_asked_where_they_are_and_buckets_here() -> None:
    world = World({ZONE: WEB, BUCKET: WEB})
    world.enricher = replace(world.enricher, readers={GLOBAL: world.ec2})
    assert world.tags_of(ZONE, BUCKET) == {ZONE: live(WEB), BUCKET: live(WEB)}
    assert (world.ec2.calls, world.others.calls) == ([[ZONE]], [[BUCKET]])


@pytest.mark.parametrize(
    "resource", [ROLE, f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0a1b:autoScalingGroupName/web"]
)
def test_no_tags_are_believed_only_of_a_reader_that_can_know(resource: str) -> None:
    world = World()
    assert world.tags_of(resource)[resource] == Tags.unknown("the Tagging API does not answer for such a resource")
    service = resource.split(":")[2]
    world.enricher = replace(world.enricher, readers={service: world.ec2})
    assert world.tags_of(resource)[resource] == live({})


def test_a_run_that_nobody_can_tag_is_not_asked_for() -> None:
    world, execution = World({TABLE: WEB}), f"arn:aws:states:{REGION}:{ACCOUNT}:execution:settle:run-1"
    assert world.tags_of(execution, TABLE) == {execution: Tags.unknown("such a resource has no tags"), TABLE: live(WEB)}
    assert (world.others.calls, world.snapshots.reads) == ([[TABLE]], [[TABLE]])


def test_an_arn_as_ebs_writes_it_is_asked_for_and_kept_as_everybody_elses() -> None:
    odd, usual = f"arn:aws:ec2::{REGION}:snapshot/snap-0abc", f"arn:aws:ec2:{REGION}::snapshot/snap-0abc"
    world = World({usual: WEB})
    assert world.tags_of(odd, usual) == {odd: live(WEB), usual: live(WEB)}
    assert (world.ec2.calls, list(world.snapshots.rows)) == ([[usual]], [usual])


def test_a_reader_that_aws_refuses_is_not_asked_for_a_while_and_costs_no_other() -> None:
    world = World({TABLE: WEB})
    world.ec2._tags = RefusedError("ec2:DescribeTags: UnauthorizedOperation")  # noqa: SLF001 - only one of the two
    for _ in range(3):
        tags = world.tags_of(INSTANCE, TABLE)
        assert tags[INSTANCE].unavailable == "RefusedError: ec2:DescribeTags: UnauthorizedOperation"
        assert tags[TABLE] == live(WEB)
    assert len(world.ec2.calls) == 1
    world.now += timedelta(minutes=5)
    world.retag({INSTANCE: WEB, TABLE: WEB})
    assert world.tags_of(INSTANCE)[INSTANCE].values == WEB


def test_readers_that_may_need_many_calls_are_asked_last() -> None:
    world = World({TABLE: WEB})

    class Iam(FakeTagReader):
        def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
            assert world.others.calls == [[TABLE]]
            return super().read(arns, in_time)

    world.enricher = replace(world.enricher, readers={"iam": Iam({ROLE: WEB})})
    assert world.tags_of(ROLE, TABLE) == {ROLE: live(WEB), TABLE: live(WEB)}
