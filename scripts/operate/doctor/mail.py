"""Whether SES takes the mails: its account, the sender, the recipients."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws import routing_store
from infra_events.domain.arn import Arn
from infra_events.domain.errors import error_code
from scripts.operate.doctor.finding import Code, Finding, error, warning, well
from scripts.operate.doctor.patient import NEAR, Patient

SIMULATOR = "@simulator.amazonses.com"
"""Where SES takes mails that reach nobody, in the sandbox too, without an identity."""

EMAIL = "email"
"""The channel whose targets SES is asked about."""

GONE = ("NoSuchKey", "NoSuchBucket")


def account(patient: Patient) -> Iterator[Finding]:
    """Whether SES sends for this account: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html."""
    account = patient.ses().get_account()
    status = account.get("EnforcementStatus", "HEALTHY")
    if status == "SHUTDOWN" or not account["SendingEnabled"]:
        resume = f"aws sesv2 put-account-sending-attributes --sending-enabled{patient.mail_option}"
        fix = f"{resume}; if AWS paused it: SES console, Reputation"
        yield error(Code.SES_PAUSED, f"SES has paused all sending in {patient.mail_region} (status {status})", fix)
    elif status != "HEALTHY":
        fix = "SES console, Reputation: answer AWS before it pauses sending"
        yield warning(Code.SES_PROBATION, f"SES has this account under review (status {status})", fix)
    if not account["ProductionAccessEnabled"]:
        what = f"SES is in the sandbox in {patient.mail_region}: only verified recipients get mail, 200 a day in all"
        yield warning(Code.SES_SANDBOX, what, "SES console, Account dashboard: Request production access")
    quota, sent = account["SendQuota"]["Max24HourSend"], account["SendQuota"]["SentLast24Hours"]
    if 0 <= quota * NEAR <= sent:  # a negative quota is none
        kind = error if sent >= quota else warning
        fix = "Service Quotas console, Amazon SES, Sending quota: Request increase"
        yield kind(Code.SES_QUOTA, f"{sent:,.0f} of {quota:,.0f} mails were sent in the last 24 hours", fix)


def sender(patient: Patient) -> Iterator[Finding]:
    """Whether SES knows the sender's address or its domain.

    Another account may own the identity and let this one use it; only its owner can see whether it is verified:
    https://docs.aws.amazon.com/ses/latest/dg/sending-authorization.html
    """
    identity = Arn.parse((patient.variables.get("ses") or {}).get("identity_arn") or "")
    if identity and identity.account_id != patient.account_id:
        yield well(f"account {identity.account_id} owns the sender's identity: only there can its verification be seen")
        return
    if patient.sender and not _verified(patient.ses(), patient.sender):
        what = f"SES has verified neither {patient.sender} nor its domain"
        yield error(Code.SENDER_UNVERIFIED, what, f"{_verify(patient, patient.sender)}; or verify the domain by DNS")


def recipients(patient: Patient) -> Iterator[Finding]:
    """Whether SES would send to each recipient; in the sandbox they must be verified too."""
    try:
        addresses = routed_addresses(patient)
    except routing_store.RoutingError as unreadable:
        cause = unreadable.__cause__
        if isinstance(cause, BotoCoreError | ClientError) and error_code(cause) not in GONE:
            raise cause from None  # it shows what the caller may do, not what the functions may
        what = f"no function that needs the routing can start: {unreadable}"
        yield error(Code.ROUTING_UNREADABLE, what, patient.deploy)
        return
    ses = patient.ses()
    sandbox = not ses.get_account()["ProductionAccessEnabled"]
    for address in addresses:
        if sandbox and not address.endswith(SIMULATOR) and not _verified(ses, address):
            what = f"in the sandbox {address} gets nothing: it is not verified"
            yield error(Code.RECIPIENT_UNVERIFIED, what, _verify(patient, address))
        if reason := _suppressed(ses, address):
            delete = f"aws sesv2 delete-suppressed-destination --email-address {address}{patient.mail_option}"
            fix = f"repair the mailbox, then {delete}"
            yield error(Code.RECIPIENT_SUPPRESSED, f"SES sends nothing to {address} after a {reason.lower()}", fix)


def routed_addresses(patient: Patient) -> Sequence[str]:
    """Return every email address of the routing in force, sorted. Raises RoutingError."""
    place = patient.outputs["routing"]
    routing = routing_store.read(place["bucket"], place["sha256"], client=patient.client("s3"))
    return sorted({address for one in routing.destinations.values() for address in one.targets.get(EMAIL, ())})


def _verify(patient: Patient, address: str) -> str:
    """Return how to have SES verify an address."""
    command = f"aws sesv2 create-email-identity --email-identity {address}{patient.mail_option}"
    return f"{command}, then the link in the mail it gets"


def _verified(ses: Any, address: str) -> bool:
    """Return whether an address, its domain or one above that is verified: SES takes any of them."""
    labels = address.partition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    return any(_identity_verified(ses, name) for name in (address, *domains))


def _identity_verified(ses: Any, name: str) -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=name)["VerifiedForSendingStatus"])
    except ses.exceptions.NotFoundException:
        return False


def _suppressed(ses: Any, address: str) -> str:
    """Return why an address is on the account's suppression list, empty when it is not."""
    try:
        return str(ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]["Reason"])
    except ses.exceptions.NotFoundException:
        return ""
