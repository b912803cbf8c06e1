"""What the core needs from outside: protocols that ``infra_events.aws``, ``runtime`` and the tests' fakes implement."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from infra_events.domain.arn import Arn
from infra_events.domain.errors import ParkCode
from infra_events.domain.notification import Notification
from infra_events.domain.tags import Tags

FIRST_ENQUEUED = "first_enqueued"
"""The attribute of a message that a worker has sent to its queue again: when that queue first accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message taken from a queue. ``sent_time`` is when the queue accepted it, ``queue`` the queue's name.

    ``first_enqueued`` is set where a worker has sent it to its queue again: when that queue first accepted it.
    ``group`` is that of its ``Publication``.
    """

    id: str
    body: str
    sent_time: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    first_enqueued: datetime | None = None
    group: str = ""

    @property
    def waiting_since(self) -> datetime:
        """Return when a queue first accepted it; an attribute that names the future is somebody's mistake."""
        return min(self.first_enqueued or self.sent_time, self.sent_time)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One message for a topic. A list value becomes an SNS ``String.Array``; no value may be empty.

    Many messages of one ``group`` in a queue do not hold up those of others; an empty text is no group.
    """

    body: str
    attributes: Mapping[str, str | tuple[str, ...]]
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One mail to one address."""

    to: str
    subject: str
    text: str
    html: str | None


class EventPublisher(Protocol):
    """A topic."""

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        """Publish all; return for each, in order, None or its error. Raises nothing."""


class TagReader(Protocol):
    """A service that knows the tags of some resources; one call takes ``at_once`` of them."""

    at_once: int

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        """Return the tags of at most ``at_once`` resources by ARN: live, or unavailable with the reason.

        Live ones are as of now, unless they have a time. ARNs whose tags the service cannot read are absent. No call
        begins once ``in_time`` returns False. May raise anything; then no tags are available now.
        """


class TagSnapshots(Protocol):
    """The tags that resources had when they were last read, shared by all processes."""

    def read(self, arns: Sequence[str], in_time: Callable[[], bool]) -> Mapping[str, Tags | None]:
        """Return the snapshots by ARN, with their time; None for a resource without one. Unread ARNs are absent.

        The first call is always made, further ones only while ``in_time``. May raise anything.
        """

    def write(self, tags: Mapping[str, Tags], in_time: Callable[[], bool]) -> Iterable[str]:
        """Write snapshots, which have a time; return the ARNs written. Calls only ``in_time``. May raise anything."""


class ParkingLot(Protocol):
    """The DLQ, in which a message waits for a person."""

    def park(self, message: Message, code: ParkCode, reason: str) -> None:
        """Put the message into the DLQ with code and reason; raise when that failed."""


class Requeue(Protocol):
    """The queue that a worker empties, from its other end."""

    def send(self, message: Message, delay: timedelta) -> None:
        """Send the message to its queue again, to be received after ``delay`` at the earliest; raise when that failed.

        A queue delays no longer than 15 minutes: then it comes earlier.
        """


class Transport(Protocol):
    """The provider of one channel."""

    def send(self, target: str, notification: Notification) -> str:
        """Hand a notification to the provider, for one target; return the provider's message id.

        Raises NotNowError, TransientError or PermanentError; any other exception counts as transient.
        """


class Mailer(Protocol):
    """A provider of mail."""

    def send(self, email: Email) -> str:
        """Send one mail; return the provider's message id. Raises NotNowError, TransientError or PermanentError."""


class Recorded(Enum):
    """What the sent record did with a notification."""

    SENT = auto()
    """It was sent now."""
    ALREADY_SENT = auto()
    """The record contains its key as sent, and nothing that contradicts its content."""
    OTHER_CONTENT = auto()
    """The record contains its key as sent with another content; nothing was sent."""


class SentLog(Protocol):
    """The sent record, shared by all processes."""

    def once(self, key: str, content: str, send: Callable[[], str]) -> Recorded:
        """Call ``send`` unless the record contains ``key`` as sent; return which of these it was.

        ``content`` is a digest, compared with that of the record; an empty one is equal to all. A key becomes final
        only after ``send`` has returned: a crash in between may repeat a notification, never lose one. Raises
        NotNowError while another process holds ``key``, and any error of ``send``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRow:
    """How far the slots of a provider are reserved; all times in epoch seconds.

    ``free_at`` is when the next free slot is. Until ``closed_until`` nobody tries, for ``closed_reason``; 0: it is
    open. ``day_count`` slots were reserved in the 24 hours that end at ``day_ends``. Each writer increases ``version``.
    """

    free_at: float = 0.0
    closed_until: float = 0.0
    closed_reason: str = ""
    day_ends: float = 0.0
    day_count: int = 0
    version: int = 0


class PaceStore(Protocol):
    """The pace row of one provider, shared by all processes."""

    def read(self) -> PaceRow:
        """Return the row as it is; an empty one where there is none yet. May raise anything."""

    def swap(self, row: PaceRow) -> PaceRow | None:
        """Write ``row`` in place of the version before it; else return the row that is there. May raise anything."""
