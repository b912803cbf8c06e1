"""Notifications → mails."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra_events.domain.notification import Notification
from infra_events.ports import Email, Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTransport:
    """Sends a notification as one mail to all addresses of a destination (a ``Transport``)."""

    mailer: Mailer

    def send(self, targets: Sequence[str], notification: Notification) -> str:
        """Send one mail; return the provider's message id. Raises TransientError or PermanentError."""
        return self.mailer.send(
            Email(to=targets, subject=notification.subject, text=notification.text, html=notification.html)
        )
