"""What the core asks of the outside world; ``infra_events.aws`` and the tests' fakes answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from infra_events.domain.arn import Arn
from infra_events.domain.errors import ParkCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message taken from a queue. ``sent_time`` is when the queue first accepted it."""

    id: str
    body: str
    sent_time: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One message for a topic. A list value becomes an SNS ``String.Array``; no value may be empty."""

    body: str
    attributes: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One mail to one destination: every address sees the others."""

    to: Sequence[str]
    subject: str
    text: str
    html: str | None


class EventPublisher(Protocol):
    """A topic."""

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        """Publish all; answer for each, in order, None or the error that kept it back. Raises nothing."""


class TagReader(Protocol):
    """A service that knows the tags of some resources."""

    def read(self, arns: Sequence[Arn]) -> Mapping[str, Mapping[str, str]]:
        """Answer tags by ARN text; a resource without tags may be absent. Any exception means: not available now."""


class ParkingLot(Protocol):
    """Where a message waits for a person, with the reason why."""

    def park(self, message: Message, code: ParkCode, reason: str) -> None:
        """Return only once the message is safe; raise otherwise."""


class Mailer(Protocol):
    """Something that sends mail."""

    def send(self, email: Email) -> str:
        """Answer the provider's message id. Raises TransientError or PermanentError."""


class SentLog(Protocol):
    """The record of what was sent, shared by all processes."""

    def once(self, key: str, send: Callable[[], str]) -> bool:
        """Call ``send`` unless ``key`` is on record as sent; answer whether it was called.

        A record is only made final after ``send`` returned, so a crash in between may repeat it but never lose it.
        Raises TransientError while another process holds ``key``, and whatever ``send`` raises.
        """
