"""Mail by Amazon SES (API v2)."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import delivery_client, transient
from infra_events.domain.errors import ParkCode, PermanentError, error_code
from infra_events.ports import Email

# The errors with which SES refuses this mail for good. A paused account, a quota and a missing permission are not among
# them: an operator can fix these, and the mail is still wanted then.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
_REFUSED = frozenset(
    {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException", "NotFoundException"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SesMailer:
    """Sends mail from one verified address (a ``Mailer``)."""

    sender_address: str

    def send(self, email: Email) -> str:
        """Send one mail with a text part and, if there is one, an HTML part; return SES's message id."""
        body: dict[str, Any] = {"Text": {"Data": email.text, "Charset": "UTF-8"}}
        if email.html:
            body["Html"] = {"Data": email.html, "Charset": "UTF-8"}
        try:
            response = delivery_client("sesv2").send_email(
                FromEmailAddress=self.sender_address,
                Destination={"ToAddresses": list(email.to)},
                Content={
                    "Simple": {
                        "Subject": {"Data": email.subject, "Charset": "UTF-8"},
                        "Body": body,
                        # RFC 3834: no out-of-office reply to a machine.
                        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                    }
                },
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in _REFUSED:
                raise PermanentError(ParkCode.REFUSED, f"SES refused the mail: {error_code(error)}") from error
            raise transient("ses:SendEmail", error) from error
        return str(response["MessageId"])
