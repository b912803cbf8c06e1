"""A batch passes through stages; every message leaves with exactly one outcome."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from infra_events.domain.outcome import Outcome


class Work(Protocol):
    """One message on its way; ``outcome`` is None as long as a later stage still has to handle it."""

    @property
    def outcome(self) -> Outcome | None:
        """What became of the message."""


W = TypeVar("W", bound=Work)

Stage = Callable[[Sequence[W]], Sequence[W]]
"""Takes the works that have no outcome yet; returns one work for each, in the same order. Raises nothing."""


def run(stages: Sequence[Stage[W]], batch: Sequence[W]) -> Sequence[Outcome]:
    """Pass a batch through all stages; return one outcome per work, in order.

    Raises ValueError when a stage returns more or fewer works than it took, or the last one leaves a work without an
    outcome: both would lose a message.
    """
    for stage in stages:
        advanced = stage([work for work in batch if work.outcome is None])
        if len(advanced) != sum(work.outcome is None for work in batch):
            raise ValueError("a stage must return one work for each that it takes")
        remaining = iter(advanced)
        batch = [next(remaining) if work.outcome is None else work for work in batch]
    outcomes = [work.outcome for work in batch if work.outcome is not None]
    if len(outcomes) != len(batch):
        raise ValueError("the last stage must give every work an outcome")
    return outcomes
