"""SES (API v2) in the local AWS: it refuses what SES refuses, and shows by which way each email was sent.

ministack 1.5.33 sends everything at any rate, whether sending is paused or not, and ignores configuration sets and the
identities of other accounts.
"""

import json
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from scripts.local.limits import LIMITS

DAY_SECONDS = 24 * 60 * 60

WAYS = ("ConfigurationSetName", "FromEmailAddressIdentityArn")
"""The fields of a call that name the way of an email, and that the outbox shows."""

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer of SES to a call that it may accept later.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
    """

    status: int
    code: str
    message: str


# Both limits have one code; only the message differs.
# https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
RATE = Refusal(status=429, code="TooManyRequestsException", message="Maximum sending rate exceeded.")
QUOTA = Refusal(status=429, code="TooManyRequestsException", message="Daily message quota exceeded.")
PAUSED = Refusal(status=400, code="SendingPausedException", message="Sending is paused for this account.")


@dataclass(slots=True, kw_only=True)
class Account:
    """What an account has sent in a region.

    Both limits count recipients, and accept a call with any number of them while there is one left. At 1 recipient a
    second, a call with five is followed by five seconds of refusals.
    https://aws.amazon.com/blogs/messaging-and-targeting/what-happens-when-you-reach-your-sending-limits/
    """

    sending_enabled: bool = True
    _full_at: float = 0
    """When the rate is unused again."""
    _sent: deque[tuple[float, int]] = field(default_factory=deque)
    _recipients: int = 0
    """Those of the calls in ``_sent``."""

    def refusal(self, now: float) -> Refusal | None:
        """Return why SES accepts nothing at ``now`` (seconds); None if it does."""
        if not self.sending_enabled:
            return PAUSED
        if self.sent_last_24_hours(now) >= LIMITS.max_24_hour_send:
            return QUOTA
        left = LIMITS.max_send_rate - max(0, self._full_at - now) * LIMITS.max_send_rate
        return RATE if left < 1 else None

    def accept(self, recipients: int, now: float) -> None:
        """Count a call that was accepted."""
        self._full_at = max(self._full_at, now) + recipients / LIMITS.max_send_rate
        self._sent.append((now, recipients))
        self._recipients += recipients

    def sent_last_24_hours(self, now: float) -> int:
        """Return the recipients of the calls that were accepted in the 24 hours before ``now``."""
        while self._sent and self._sent[0][0] <= now - DAY_SECONDS:
            self._recipients -= self._sent.popleft()[1]
        return self._recipients


_accounts: dict[tuple[str, str], Account] = {}
_ways: dict[str, dict[str, str]] = {}
_refusals: Counter[str] = Counter()
_identity: ContextVar[str] = ContextVar("identity", default="")


def correct() -> None:
    """Replace what ministack answers. Imports it late: it reads the environment when it is imported."""
    _answer_as_ses_does()
    _know_identities_of_other_accounts()
    _show_ways()


def _answer_as_ses_does() -> None:
    from ministack.core.responses import get_account_id, get_region  # noqa: PLC0415 - see correct()
    from ministack.services import ses_v2  # noqa: PLC0415 - see correct()

    handle = ses_v2.handle_request

    async def answer(method: str, path: str, headers: Any, body: bytes, params: Any) -> Answer:
        account = _accounts.setdefault((get_account_id(), get_region()), Account())
        request = method, path, headers, body, params
        match method, path.rstrip("/").rpartition("/v2/email")[2]:
            case "PUT", "/account/sending":
                account.sending_enabled = bool(json.loads(body).get("SendingEnabled"))
                return 200, {"Content-Type": "application/json"}, b"{}"
            case "GET", "/account":
                return _with_limits(await handle(*request), account)
            case "POST", "/outbound-emails":
                call = json.loads(body)
                # Nothing else runs between the check and the count: what handles a request waits for nothing.
                return _refused(account, call) or _counted(account, call, await handle(*request))
        answer: Answer = await handle(*request)
        return answer

    ses_v2.handle_request = answer


def _refused(account: Account, call: Mapping[str, Any]) -> Answer | None:
    from ministack.services import ses_v2  # noqa: PLC0415 - see correct()

    answer: Answer | None = None
    configuration_set = call.get("ConfigurationSetName")
    if configuration_set and configuration_set not in ses_v2._config_sets:  # noqa: SLF001 - there is no other way in
        answer = ses_v2._missing_config_set(configuration_set)  # noqa: SLF001 - there is no other way in
    elif refusal := account.refusal(time.monotonic()):
        _refusals[refusal.message] += 1
        answer = ses_v2._json_err(refusal.code, refusal.message, refusal.status)  # noqa: SLF001 - no other way in
    _identity.set(call.get("FromEmailAddressIdentityArn", ""))
    return answer


def _counted(account: Account, call: Mapping[str, Any], answer: Answer) -> Answer:
    from ministack.core.responses import get_region  # noqa: PLC0415 - see correct()

    status, _, body = answer
    if status == HTTPStatus.OK:
        account.accept(sum(map(len, call.get("Destination", {}).values())), time.monotonic())
        _ways[json.loads(body)["MessageId"]] = {
            "Region": get_region(),
            **{name: call[name] for name in WAYS if name in call},
        }
    return answer


def _with_limits(answer: Answer, account: Account) -> Answer:
    status, headers, body = answer
    quota = {
        "MaxSendRate": LIMITS.max_send_rate,
        "Max24HourSend": LIMITS.max_24_hour_send,
        "SentLast24Hours": float(account.sent_last_24_hours(time.monotonic())),
    }
    true = {"SendQuota": quota, "SendingEnabled": account.sending_enabled}
    return status, headers, json.dumps(json.loads(body) | true).encode()


def _know_identities_of_other_accounts() -> None:
    """Look for a sender in the account that FromEmailAddressIdentityArn names, in the region of the call."""
    from ministack.core.responses import get_account_id, set_request_account_id  # noqa: PLC0415 - see correct()
    from ministack.services import ses_v2  # noqa: PLC0415 - see correct()

    reject = ses_v2._message_rejection  # noqa: SLF001 - there is no other way in

    def reject_as_ses_does(sender: str, recipients: Any = ()) -> str | None:
        caller, owner = get_account_id(), _identity.get().split(":")[4:5]
        set_request_account_id(owner[0] if owner else caller)
        try:
            refused: str | None = reject(sender)
        finally:
            set_request_account_id(caller)
        return refused or reject(None, recipients)

    ses_v2._message_rejection = reject_as_ses_does  # noqa: SLF001 - there is no other way in


def _show_ways() -> None:
    """Show in the outbox by which way each email was sent, and how many SES refused to accept now."""
    from ministack import app  # noqa: PLC0415 - see correct()

    show = app._handle_ses_messages_request  # noqa: SLF001 - there is no other way in

    async def show_all(*request: Any) -> Any:
        answer = await show(*request)
        if answer is None or answer[0] != HTTPStatus.OK:
            return answer
        shown = json.loads(answer[2])
        for mails in shown["messages"].values():
            for mail in mails:
                mail.update(_ways.get(mail["MessageId"], {}))
        return answer[0], answer[1], json.dumps(shown | {"refused": _refusals}).encode()

    app._handle_ses_messages_request = show_all  # noqa: SLF001 - there is no other way in
