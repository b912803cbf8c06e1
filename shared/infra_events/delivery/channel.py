"""A channel: notifications in, outcomes out. Only the transport differs from channel to channel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from infra_events.delivery.pace import PacedBatch, Pacer
from infra_events.delivery.recipients import recipients_of
from infra_events.delivery.sends import Delivery, Result, Send
from infra_events.domain.deadline import UNLIMITED, Deadline
from infra_events.domain.errors import Limit, NotNowError
from infra_events.domain.outcome import Outcome, Skipped, attempt, failed
from infra_events.ports import Message, Recorded, SentLog, Transport
from infra_events.routing.model import Routing
from infra_events.wire import notification as notification_wire

TO_FINISH = timedelta(seconds=15)
"""How long one send takes at most, with the sent record: the time-outs of their clients (aws/clients.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Delivers a batch of notifications, what is urgent first, to each target of each destination once.

    ``name`` is the channel's in the routing, in the attribute ``channels`` and in the sent record. The names of
    destinations become targets here and nowhere else. ``pacer`` keeps the pace of the provider, ``clock`` returns the
    time (aware).
    """

    name: str
    transport: Transport
    routing: Routing
    sent_log: SentLog
    pacer: Pacer
    clock: Callable[[], datetime]

    def __call__(self, messages: Sequence[Message], deadline: Deadline = UNLIMITED) -> Sequence[Outcome]:
        """Return one outcome per message, in order; what ``deadline`` leaves no time for comes later."""
        read = [attempt(self._read, message) for message in messages]
        deliveries = [delivery for delivery in read if isinstance(delivery, Delivery)]
        for urgent in (True, False):
            alike = [delivery for delivery in deliveries if delivery.urgent is urgent]
            # A slot that was reserved for what is urgent is for nothing else: no day's quota limits it.
            pace = PacedBatch(pacer=self.pacer, time_left=deadline.left)
            left = sum(len(delivery.sends) for delivery in alike)
            for delivery in alike:
                for send in delivery.sends:
                    delivery.results.append(self._attempt(delivery, send, pace, left))
                    left -= 1
        now = self.clock()
        return [one.outcome(now) if isinstance(one, Delivery) else one for one in read]

    def _read(self, message: Message) -> Delivery | Skipped:
        """Return the sends of a message.

        A notification that names other channels only is skipped, unread: those channels report what is wrong with it.
        So is one to destinations that other channels reach.
        """
        channels = notification_wire.channels(message)
        if channels and self.name not in channels:
            return Skipped()
        notification = notification_wire.read(message)
        recipients = recipients_of(notification.recipients, self.name, self.routing, channels)
        sends = [send for name in recipients.names for send in self._sends(name)]
        if not sends and recipients.error is None:
            return Skipped()
        return Delivery(message=message, notification=notification, recipients=recipients, sends=sends)

    def _sends(self, name: str) -> Sequence[Send]:
        targets = list(dict.fromkeys(self.routing.destinations[name].targets[self.name]))
        many = f", target {{}} of {len(targets)}" if len(targets) > 1 else ""
        return [
            Send(destination=name, target=target, place=f"destination {name}{many.format(number)}")
            for number, target in enumerate(targets, start=1)
        ]

    def _attempt(self, delivery: Delivery, send: Send, pace: PacedBatch, left: int) -> Result:
        """Return what comes of one send, so that one that fails costs no other anything; ``left`` are still to do."""
        try:
            return self._send(delivery, send, pace, left)
        except NotNowError as later:
            return later
        except Exception as error:  # noqa: BLE001 - the border between one send and the rest of its batch
            return failed(error)

    def _send(self, delivery: Delivery, send: Send, pace: PacedBatch, left: int) -> Recorded:
        """Send to one target unless the sent record contains it.

        Where the record contains the key with another content, the content becomes part of the key: two notifications
        that share an id by mistake, or because somebody guessed it, are both sent, each once.
        """
        if pace.time_left() <= timedelta():
            raise NotNowError(Limit.RATE, "the invocation's time is nearly up")
        pace.admit(left, urgent=delivery.urgent)
        notification = delivery.notification
        key, content = send.key(notification, self.name), notification.content_digest
        run = partial(pace.run, partial(self.transport.send, send.target, notification))
        recorded = self.sent_log.once(key, content, run)
        if recorded is not Recorded.OTHER_CONTENT:
            return recorded
        again = self.sent_log.once(f"{key}|{content}", content, run)
        return Recorded.OTHER_CONTENT if again is Recorded.SENT else again
