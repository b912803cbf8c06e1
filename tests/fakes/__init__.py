"""Stand-ins for what lies behind the ports: ten lines each, and they keep what they were told."""

from collections.abc import Callable, Mapping, Sequence

from infra_events.domain.arn import Arn
from infra_events.domain.errors import ParkCode, TransientError
from infra_events.ports import Email, Message, Publication


class FakePublisher:
    """A topic; ``errors`` maps a body to the error that keeps it back."""

    def __init__(self, errors: Mapping[str, Exception] | None = None) -> None:
        self.published: list[Publication] = []
        self._errors = errors or {}

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        errors = [next((e for text, e in self._errors.items() if text in p.body), None) for p in publications]
        self.published += [p for p, error in zip(publications, errors, strict=True) if error is None]
        return errors


class FakeTagReader:
    """Tags by ARN; an exception instead of tags is raised."""

    def __init__(self, tags: Mapping[str, Mapping[str, str]] | Exception) -> None:
        self.calls: list[list[str]] = []
        self._tags = tags

    def read(self, arns: Sequence[Arn]) -> Mapping[str, Mapping[str, str]]:
        self.calls.append([str(arn) for arn in arns])
        if isinstance(self._tags, Exception):
            raise self._tags
        return {str(arn): self._tags[str(arn)] for arn in arns if str(arn) in self._tags}


class FakeParkingLot:
    """A DLQ; ``error`` keeps everything out."""

    def __init__(self, error: Exception | None = None) -> None:
        self.parked: list[tuple[Message, ParkCode, str]] = []
        self._error = error

    def park(self, message: Message, code: ParkCode, reason: str) -> None:
        if self._error:
            raise self._error
        self.parked.append((message, code, reason))


class FakeMailer:
    """A mail provider; ``errors`` maps an address to the error that mailing it raises."""

    def __init__(self, errors: Mapping[str, Exception] | None = None) -> None:
        self.sent: list[Email] = []
        self.errors = dict(errors or {})

    def send(self, email: Email) -> str:
        for address in email.to:
            if address in self.errors:
                raise self.errors[address]
        self.sent.append(email)
        return f"mail-{len(self.sent)}"


class FakeSentLog:
    """The sent record in memory; ``held`` keys are being sent by somebody else."""

    def __init__(self, held: Sequence[str] = ()) -> None:
        self.sent: set[str] = set()
        self._held = held

    def once(self, key: str, send: Callable[[], str]) -> bool:
        if key in self._held:
            message = "another process is sending this"
            raise TransientError(message)
        if key in self.sent:
            return False
        send()
        self.sent.add(key)
        return True
