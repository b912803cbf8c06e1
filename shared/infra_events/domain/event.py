"""The standard event: one state change of one resource."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Severity(IntEnum):
    """OpenTelemetry's SeverityNumber; the name is its SeverityText.

    https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    """

    DEBUG = 5
    INFO = 9
    WARN = 13
    ERROR = 17
    FATAL = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEvent:
    """One state change of one resource, from wherever it came.

    ``id`` is stable: the same source event gives the same id however often it is read.
    ``resource`` is an ARN, or the service's own id where no ARN can be known. ``time`` (aware) is when it occurred.
    """

    id: str
    time: datetime
    type: str
    source: str
    severity: Severity
    account_id: str
    resource: str
    state: str
    drill: bool = False

    @property
    def service(self) -> str:
        """``ec2`` of ``aws.ec2``."""
        return self.source.rpartition(".")[2]
