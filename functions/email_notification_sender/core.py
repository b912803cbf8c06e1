"""Notifications → mails."""

from dataclasses import dataclass

from infra_events.domain.notification import Notification
from infra_events.ports import Email, Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTransport:
    """Sends a notification as one mail to one address (a ``Transport``)."""

    mailer: Mailer

    def send(self, target: str, notification: Notification) -> str:
        """Send one mail; return the provider's message id. Raises NotNowError, TransientError or PermanentError."""
        return self.mailer.send(
            Email(to=target, subject=notification.subject, text=notification.text, html=notification.html)
        )
