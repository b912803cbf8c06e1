"""Mail by SES on moto, and the errors that AWS documents."""

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client
from infra_events.aws.ses import SesMailer
from infra_events.domain.errors import PermanentError, TransientError
from infra_events.ports import Email

pytestmark = pytest.mark.usefixtures("aws")


def mail(html: str | None = "<p>text</p>") -> Email:
    return Email(to=["a@example.org", "b@example.org"], subject="Ünïcødé", text="text", html=html)


@pytest.mark.parametrize("html", ["<p>text</p>", None])
def test_a_mail_is_sent_to_a_whole_destination_at_once(html: str | None) -> None:
    delivery_client("sesv2").create_email_identity(EmailIdentity="from@example.org")
    assert SesMailer(sender_address="from@example.org").send(mail(html))


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"])
def test_a_mail_that_ses_refuses_is_refused_for_good(code: str) -> None:
    with Stubber(delivery_client("sesv2")) as ses:
        ses.add_client_error("send_email", code)
        with pytest.raises(PermanentError, match=code):
            SesMailer(sender_address="from@example.org").send(mail())


@pytest.mark.parametrize(
    "code",
    ["TooManyRequestsException", "SendingPausedException", "LimitExceededException", "AccessDenied", "InternalError"],
)
def test_a_mail_that_an_operator_can_free_is_tried_again(code: str) -> None:
    with Stubber(delivery_client("sesv2")) as ses:
        ses.add_client_error("send_email", code)
        with pytest.raises(TransientError, match=code):
            SesMailer(sender_address="from@example.org").send(mail())
