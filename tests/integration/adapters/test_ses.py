"""Mail by SES on moto, and the errors that AWS documents."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from infra_events.aws.clients import provider_client
from infra_events.aws.ses import SesMailer
from infra_events.domain.errors import Limit, NotNowError, PermanentError, TransientError
from infra_events.ports import Email

pytestmark = pytest.mark.usefixtures("aws")

MAILER = SesMailer(sender_address="from@example.org")


def mail(html: str | None = "<p>text</p>", to: str = "a@example.org") -> Email:
    return Email(to=to, subject="Ünïcødé", text="text", html=html)


@pytest.mark.parametrize("html", ["<p>text</p>", None])
def test_a_mail_is_sent_to_one_address(html: str | None) -> None:
    provider_client("sesv2", "").create_email_identity(EmailIdentity="from@example.org")
    assert MAILER.send(mail(html))


def refuse(code: str, text: str = "", status: int = 400) -> Stubber:
    ses = Stubber(provider_client("sesv2", ""))
    ses.add_client_error("send_email", code, text, http_status_code=status)
    return ses


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"])
def test_a_mail_that_ses_refuses_is_refused_for_good(code: str) -> None:
    with refuse(code), pytest.raises(PermanentError, match=code):
        MAILER.send(mail())


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException", "Throttling"])
@pytest.mark.parametrize(
    ("text", "limit"),
    [("Maximum sending rate exceeded.", Limit.RATE), ("Daily message quota exceeded.", Limit.CLOSED), ("", Limit.RATE)],
)
def test_only_the_message_distinguishes_the_rate_from_the_quota(code: str, text: str, limit: Limit) -> None:
    with refuse(code, text, 429), pytest.raises(NotNowError) as later:
        MAILER.send(mail())
    assert later.value.limit is limit


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("SendingPausedException", ""),
        ("AccountSuspendedException", ""),
        ("MessageRejected", "Sending paused for this account. For more information, please check the inbox of …"),
    ],
)
def test_an_account_that_is_paused_is_closed(code: str, text: str) -> None:
    with refuse(code, text), pytest.raises(NotNowError, match=code) as later:
        MAILER.send(mail())
    assert later.value.limit is Limit.CLOSED


@pytest.mark.parametrize(("code", "status"), [("InternalFailure", 500), ("503", 503), ("ServiceUnavailable", 503)])
def test_an_error_of_ses_is_an_outage(code: str, status: int) -> None:
    with refuse(code, status=status), pytest.raises(NotNowError, match=code) as later:
        MAILER.send(mail())
    assert later.value.limit is Limit.OUTAGE


def test_no_answer_is_an_outage_and_nothing_is_sent_a_second_time() -> None:
    calls: list[str] = []

    def silent(request: Any, **_: Any) -> None:
        calls.append(request.url)
        raise ReadTimeoutError(endpoint_url=request.url)

    provider_client("sesv2", "").meta.events.register_first("before-send", silent)
    with pytest.raises(NotNowError, match="ReadTimeoutError") as later:
        MAILER.send(mail())
    assert later.value.limit is Limit.OUTAGE
    assert len(calls) == 1


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "NobodyKnows"])
def test_an_answer_that_is_not_understood_counts_as_an_attempt(code: str) -> None:
    with refuse(code, status=403), pytest.raises(TransientError, match=code):
        MAILER.send(mail())


def test_a_call_that_is_wrong_counts_as_an_attempt() -> None:
    with pytest.raises(TransientError, match="ParamValidationError"):
        MAILER.send(mail(to=None))  # type: ignore[arg-type]


def test_ses_of_another_region_an_identity_of_another_account_and_a_configuration_set_are_named() -> None:
    identity = "arn:aws:ses:us-east-1:444455556666:identity/example.org"
    elsewhere = SesMailer(
        sender_address="from@example.org", region="us-east-1", identity_arn=identity, configuration_set="alarms"
    )
    client = provider_client("sesv2", "us-east-1")
    assert client.meta.region_name == "us-east-1"
    with Stubber(client) as ses:
        content = {
            "Simple": {
                "Subject": {"Data": "Ünïcødé", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "text", "Charset": "UTF-8"}},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        }
        expected = {
            "FromEmailAddress": "from@example.org",
            "FromEmailAddressIdentityArn": identity,
            "ConfigurationSetName": "alarms",
            "Destination": {"ToAddresses": ["a@example.org"]},
            "Content": content,
        }
        ses.add_response("send_email", {"MessageId": "ses-1"}, expected)
        assert elsewhere.send(mail(html=None)) == "ses-1"
