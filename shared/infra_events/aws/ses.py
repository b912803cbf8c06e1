"""Mail by Amazon SES (API v2)."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from infra_events.aws.clients import provider_client, transient
from infra_events.domain.errors import InfraEventsError, Limit, NotNowError, ParkCode, PermanentError, error_code
from infra_events.ports import Email

# The errors with which SES refuses this mail for good. A missing permission is not among them: an operator can give it,
# and the mail is still wanted then.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
_REFUSED = frozenset(
    {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException", "NotFoundException"}
)
_PAUSED = frozenset({"AccountSuspendedException", "SendingPausedException"})
# What SES rejects mails with while AWS, and not the customer, has paused an account.
_PAUSED_BY_AWS = "sending paused for this account"
_THROTTLED = frozenset({"LimitExceededException", "Throttling", "ThrottlingException", "TooManyRequestsException"})
# A code for both limits; only the message distinguishes them.
# https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
_QUOTA_USED_UP = "daily message quota exceeded"

_SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SesMailer:
    """Sends mail from one address (a ``Mailer``).

    SES is that of ``region``, by default the function's. ``identity_arn`` is the verified identity where it belongs to
    another account (sending authorization), ``configuration_set`` the set that the mails belong to.
    """

    sender_address: str
    region: str = ""
    identity_arn: str = ""
    configuration_set: str = ""

    def send(self, email: Email) -> str:
        """Send one mail with a text part and, if there is one, an HTML part; return SES's message id."""
        body: dict[str, Any] = {"Text": {"Data": email.text, "Charset": "UTF-8"}}
        if email.html:
            body["Html"] = {"Data": email.html, "Charset": "UTF-8"}
        optional = {
            "FromEmailAddressIdentityArn": self.identity_arn,
            "ConfigurationSetName": self.configuration_set,
        }
        try:
            response = provider_client("sesv2", self.region).send_email(
                FromEmailAddress=self.sender_address,
                Destination={"ToAddresses": [email.to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": email.subject, "Charset": "UTF-8"},
                        "Body": body,
                        # RFC 3834: no out-of-office reply to a machine.
                        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                    }
                },
                **{name: value for name, value in optional.items() if value},
            )
        except ClientError as error:
            raise _answered(error) from error
        except (ConnectionError, HTTPClientError) as error:
            raise NotNowError(Limit.OUTAGE, f"ses:SendEmail: {error_code(error)}") from error
        except BotoCoreError as error:
            raise transient("ses:SendEmail", error) from error
        return str(response["MessageId"])


def _answered(error: ClientError) -> InfraEventsError:
    """Return what an answer of SES means; one that is not understood may succeed, and counts as an attempt."""
    code, answer = error_code(error), error.response
    text = answer["Error"].get("Message", "").lower()
    if code in _PAUSED or _PAUSED_BY_AWS in text:
        return NotNowError(Limit.CLOSED, f"SES sends nothing for this account: {code}")
    if code in _REFUSED:
        return PermanentError(ParkCode.REFUSED, f"SES refused the mail: {code}")
    if code in _THROTTLED:
        if _QUOTA_USED_UP in text:
            return NotNowError(Limit.CLOSED, "SES's quota of 24 hours is used up")
        return NotNowError(Limit.RATE, "SES's sending rate is exceeded")
    if answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERRORS:
        return NotNowError(Limit.OUTAGE, f"ses:SendEmail: {code}")
    return transient("ses:SendEmail", error)
