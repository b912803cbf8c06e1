"""Answers that are kept: for how long, how many, and that a failure is not."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from infra_events.domain.arn import Arn
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment import kept
from infra_events.enrichment.kept import KeptTags
from tests.support.builders import NOON


class Iam:
    """A reader of five at once, which answers what it is given, for all."""

    at_once = 5

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.answer: Tags | Exception | None = Tags.live({"Owner": "payments"})

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        assert in_time()
        self.calls.append(len(arns))
        if isinstance(self.answer, Exception):
            raise self.answer
        return {str(arn): self.answer for arn in arns} if self.answer else {}


class World:
    def __init__(self) -> None:
        self.now, self.iam = NOON, Iam()
        self.kept = KeptTags(reader=self.iam, clock=self.clock)

    def clock(self) -> datetime:
        return self.now

    def read(self, *numbers: int) -> list[Tags | None]:
        arns = [Arn(partition="aws", service="iam", region="", account_id="1", resource=f"role/{n}") for n in numbers]
        found = self.kept.read(arns, lambda: True)
        return [found.get(str(arn)) for arn in arns]


@pytest.mark.parametrize(
    ("answer", "minutes"), [(Tags.live({"a": "b"}), 15), (Tags.live({}), 15), (Tags.unknown("AccessDenied"), 5)]
)
def test_tags_are_kept_for_a_quarter_of_an_hour_and_a_refusal_for_a_third_of_it(answer: Tags, minutes: int) -> None:
    world = World()
    world.iam.answer = answer
    for minute in range(minutes + 1):
        world.now = NOON + timedelta(minutes=minute)
        (found,) = world.read(1)
        assert found
        assert (found.values, found.unavailable) == (answer.values, answer.unavailable)
    assert len(world.iam.calls) == 2


def test_tags_are_as_of_when_they_were_read() -> None:
    world = World()
    world.read(1)
    world.now += timedelta(minutes=10)
    assert [tags and tags.as_of for tags in world.read(1, 2)] == [NOON, world.now]


def test_of_a_batch_only_so_many_are_asked_about_and_the_others_in_the_next() -> None:
    world = World()
    found = world.read(*range(12))
    assert [tags and tags.status for tags in found] == [TagsStatus.LIVE] * 5 + [TagsStatus.UNAVAILABLE] * 7
    assert world.read(*range(10))[9] == Tags(values={"Owner": "payments"}, status=TagsStatus.LIVE, as_of=NOON)
    assert world.iam.calls == [5, 5]


@pytest.mark.parametrize("answer", [None, TimeoutError("slow")])
def test_what_failed_for_now_is_asked_again_and_costs_no_other(answer: Exception | None) -> None:
    world = World()
    world.read(1)
    world.iam.answer = answer
    known, failed = world.read(1, 2)
    assert known == world.read(1)[0]
    assert failed in (None, Tags.unknown("slow"))
    world.iam.answer = Tags.live({})
    assert world.read(2)[0] == Tags(status=TagsStatus.LIVE, as_of=NOON)


def test_where_nothing_is_known_a_failure_is_raised() -> None:
    world = World()
    world.iam.answer = TimeoutError("slow")
    with pytest.raises(TimeoutError):
        world.read(1)


def test_a_process_keeps_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_REMEMBERED", 2)
    world = World()
    world.read(1, 2, 3)
    world.read(2, 3)
    assert world.iam.calls == [3]
    world.read(1)
    assert world.iam.calls == [3, 1]
