"""Notifications → mails."""

from email_notification_sender.core import EmailTransport
from infra_events.domain.notification import Notification
from tests.support.fakes import FakeMailer


def test_a_mail_contains_what_the_notification_contains() -> None:
    mailer = FakeMailer()
    notification = Notification(
        id="event-1", subject="EC2 instance web-1 has stopped", text="It has stopped.", html="<p>It has stopped.</p>"
    )
    assert EmailTransport(mailer=mailer).send("pay-1@example.org", notification) == "mail-1"
    (mail,) = mailer.sent
    assert (mail.to, mail.subject, mail.text, mail.html) == (
        "pay-1@example.org",
        "EC2 instance web-1 has stopped",
        "It has stopped.",
        "<p>It has stopped.</p>",
    )
