"""Answers that are kept for a while: of services that would otherwise be asked once for each resource, or often."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from infra_events.domain.arn import Arn
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import TagReader

_KEPT = timedelta(minutes=15)
_REFUSAL_KEPT = timedelta(minutes=5)
# Answers that a process remembers.
_REMEMBERED = 2_000
_TOO_MANY = "so many resources of its kind were asked about that it has to wait"


@dataclass(slots=True, kw_only=True)
class KeptTags:
    """A ``TagReader`` that remembers its reader's tags for 15 minutes, and a refusal for five.

    Of a batch, its reader is asked about ``reader.at_once`` resources; others that it does not remember have to wait.
    """

    reader: TagReader
    clock: Callable[[], datetime]
    at_once: int = 10_000
    _kept: dict[str, tuple[Tags, datetime]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        """Return tags by ARN, as of when they were read. Raises what the reader raises, if nothing is remembered."""
        now = self.clock()
        known = {str(arn): kept for arn in arns if (kept := self._remembered(str(arn), now))}
        unknown = [arn for arn in arns if str(arn) not in known]
        asked, waiting = unknown[: self.reader.at_once], unknown[self.reader.at_once :]
        late = {str(arn): Tags.unknown(_TOO_MANY) for arn in waiting}
        try:
            answers = self.reader.read(asked, in_time) if asked else {}
        except Exception as error:
            if not known:
                raise
            return known | late | {str(arn): Tags.unknown(str(error) or type(error).__name__) for arn in asked}
        answers = {
            arn: replace(tags, as_of=now) if tags.status is TagsStatus.LIVE else tags for arn, tags in answers.items()
        }
        self._remember(answers, now)
        return known | late | answers

    def _remembered(self, arn: str, now: datetime) -> Tags | None:
        tags, since = self._kept.get(arn, (Tags(), now))
        if tags.status is TagsStatus.NOT_REQUESTED:
            return None
        return tags if now - since < (_KEPT if tags.status is TagsStatus.LIVE else _REFUSAL_KEPT) else None

    def _remember(self, answers: Mapping[str, Tags], now: datetime) -> None:
        for arn, tags in answers.items():
            self._kept.pop(arn, None)  # so that the newest comes last
            self._kept[arn] = (tags, now)
        for oldest in list(self._kept)[: max(len(self._kept) - _REMEMBERED, 0)]:
            del self._kept[oldest]
