"""What ``make doctor`` reports: findings, each with a level, a code that docs/runbook.md explains, and a fix."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is.

    ``ERROR``: some or all mail is not delivered. ``WARNING``: it is, but something waits for a person, is about to go
    wrong, or could not be checked. ``OK``: all is well.
    """

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"


class Code(StrEnum):
    """Every finding; docs/runbook.md explains each."""

    NO_CREDENTIALS = "no_credentials"
    NO_REGION = "no_region"
    STATE_UNREADABLE = "state_unreadable"
    NOT_DEPLOYED = "not_deployed"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_PREFIX = "wrong_prefix"
    CANNOT_CHECK = "cannot_check"
    SES_SANDBOX = "ses_sandbox"
    SES_PAUSED = "ses_paused"
    SES_PROBATION = "ses_probation"
    SES_QUOTA = "ses_quota"
    MAIL_LIMIT_EXCEEDED = "mail_limit_exceeded"
    MAIL_LIMIT_UNUSED = "mail_limit_unused"
    MAIL_CLOSED = "mail_closed"
    MAIL_BACKLOG = "mail_backlog"
    MAIL_LATE = "mail_late"
    SENDER_UNVERIFIED = "sender_unverified"
    ROUTING_UNREADABLE = "routing_unreadable"
    RECIPIENT_UNVERIFIED = "recipient_unverified"
    RECIPIENT_SUPPRESSED = "recipient_suppressed"
    ROLE_DENIED = "role_denied"
    FUNCTION_MISSING = "function_missing"
    FUNCTION_INACTIVE = "function_inactive"
    FUNCTION_NOT_UPDATED = "function_not_updated"
    FUNCTION_STOPPED = "function_stopped"
    CONCURRENCY_EXHAUSTED = "concurrency_exhausted"
    MAPPING_MISSING = "mapping_missing"
    MAPPING_DISABLED = "mapping_disabled"
    MAPPING_FAILING = "mapping_failing"
    QUEUE_MISSING = "queue_missing"
    DLQ_NOT_EMPTY = "dlq_not_empty"
    QUEUE_LAGGING = "queue_lagging"
    QUEUE_EXPIRING = "queue_expiring"
    TOPIC_MISSING = "topic_missing"
    SUBSCRIPTION_MISSING = "subscription_missing"
    SUBSCRIPTION_PENDING = "subscription_pending"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    NO_TRAIL = "no_trail"
    RULE_MISSING = "rule_missing"
    RULE_DISABLED = "rule_disabled"
    RULE_WITHOUT_TARGET = "rule_without_target"
    RULE_WITHOUT_DLQ = "rule_without_dlq"
    NO_ALARMS = "no_alarms"
    HEARTBEAT_MISSING = "heartbeat_missing"
    KEY_UNUSABLE = "key_unusable"
    KEY_CLOSED = "key_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, and the command or the place in the console that fixes it. ``code`` is None when all is well.

    ``messages`` is how many wait for a person.
    """

    level: Level
    code: Code | None
    what: str
    fix: str = ""
    messages: int = 0


def error(code: Code, what: str, fix: str) -> Finding:
    """Return a finding that keeps mail from being delivered."""
    return Finding(level=Level.ERROR, code=code, what=what, fix=fix)


def warning(code: Code, what: str, fix: str, messages: int = 0) -> Finding:
    """Return a finding that a person should know, while mail is delivered."""
    return Finding(level=Level.WARNING, code=code, what=what, fix=fix, messages=messages)


def well(what: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(level=Level.OK, code=None, what=what)
