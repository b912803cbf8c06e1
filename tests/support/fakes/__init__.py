"""Stand-ins for what lies behind the ports: ten lines each, and they keep what they receive."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from infra_events.domain.arn import Arn
from infra_events.domain.errors import Limit, NotNowError, ParkCode, TransientError
from infra_events.domain.notification import Notification
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import Email, Message, PaceRow, Publication, Recorded


class FakePublisher:
    """A topic; ``errors`` maps a part of a body to the error that keeps it back, ``calls`` counts what each brought."""

    def __init__(self, errors: Mapping[str, Exception] | None = None) -> None:
        self.published: list[Publication] = []
        self.calls: list[int] = []
        self.errors = dict(errors or {})

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        self.calls.append(len(publications))
        errors = [next((e for text, e in self.errors.items() if text in p.body), None) for p in publications]
        self.published += [p for p, error in zip(publications, errors, strict=True) if error is None]
        return errors


class BrokenPublisher(FakePublisher):
    """A topic whose client fails in a way that is not AWS's: it raises, from the second call on."""

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        if self.published:
            raise RuntimeError("broken")
        return super().publish(publications)


class FakeTagReader:
    """Tags by ARN; an exception instead of tags is raised."""

    at_once = 200

    def __init__(self, tags: Mapping[str, Mapping[str, str]] | Exception) -> None:
        self.calls: list[list[str]] = []
        self._tags = tags

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        self.calls.append([str(arn) for arn in arns])
        if not in_time():
            raise TransientError("out of time")
        if isinstance(self._tags, Exception):
            raise self._tags
        return {str(arn): Tags.live(self._tags.get(str(arn), {})) for arn in arns}


class FakeTagSnapshots:
    """The snapshot table in memory; ``error`` keeps it from being read and written."""

    def __init__(self, rows: Mapping[str, Tags] | None = None, error: Exception | None = None) -> None:
        self.rows = dict(rows or {})
        self.error = error
        self.reads: list[list[str]] = []
        self.writes: list[list[str]] = []

    def read(self, arns: Sequence[str], in_time: Callable[[], bool]) -> Mapping[str, Tags | None]:  # noqa: ARG002
        self.reads.append(list(arns))
        if self.error:
            raise self.error
        return {arn: self.rows.get(arn) for arn in arns}

    def write(self, tags: Mapping[str, Tags], in_time: Callable[[], bool]) -> Iterable[str]:
        if self.error:
            raise self.error
        if not in_time():
            return ()
        self.writes.append(list(tags))
        self.rows |= {arn: replace(one, status=TagsStatus.CACHED) for arn, one in tags.items()}
        return tags


class FakeParkingLot:
    """A DLQ; ``error`` keeps everything out."""

    def __init__(self, error: Exception | None = None) -> None:
        self.parked: list[tuple[Message, ParkCode, str]] = []
        self._error = error

    def park(self, message: Message, code: ParkCode, reason: str) -> None:
        if self._error:
            raise self._error
        self.parked.append((message, code, reason))


class FakeRequeue:
    """A queue from its other end; ``error`` keeps everything out."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[tuple[Message, timedelta]] = []
        self._error = error

    def send(self, message: Message, delay: timedelta) -> None:
        if self._error:
            raise self._error
        self.sent.append((message, delay))


class FakePaceStore:
    """The pace row in memory; ``before_swap`` is called before each write, as if another process did something."""

    def __init__(self, row: PaceRow | None = None) -> None:
        self.row = row or PaceRow()
        self.reads = self.swaps = 0
        self.before_swap: Callable[[], None] = lambda: None

    def read(self) -> PaceRow:
        self.reads += 1
        return self.row

    def swap(self, row: PaceRow) -> PaceRow | None:
        self.before_swap()
        self.swaps += 1
        if row.version != self.row.version + 1:
            return self.row
        self.row = row
        return None


class FakeMailer:
    """A provider of mail that accepts everything."""

    def __init__(self) -> None:
        self.sent: list[Email] = []

    def send(self, email: Email) -> str:
        self.sent.append(email)
        return f"mail-{len(self.sent)}"


class FakeTransport:
    """The provider of a channel; ``errors`` maps a target to the error that sending to it raises."""

    def __init__(self, errors: Mapping[str, Exception] | None = None) -> None:
        self.sent: list[tuple[str, Notification]] = []
        self.errors = dict(errors or {})

    @property
    def targets(self) -> list[str]:
        return [target for target, _ in self.sent]

    def send(self, target: str, notification: Notification) -> str:
        if target in self.errors:
            raise self.errors[target]
        self.sent.append((target, notification))
        return f"message-{len(self.sent)}"


class FakeSentLog:
    """The sent record in memory; ``held`` keys are being sent by another process."""

    def __init__(self, held: Sequence[str] = ()) -> None:
        self.sent: dict[str, str] = {}
        self._held = held

    def once(self, key: str, content: str, send: Callable[[], str]) -> Recorded:
        if key in self._held:
            raise NotNowError(Limit.HELD, "another process is sending this")
        if key in self.sent:
            differs = content and self.sent[key] and content != self.sent[key]
            return Recorded.OTHER_CONTENT if differs else Recorded.ALREADY_SENT
        send()
        self.sent[key] = content
        return Recorded.SENT
