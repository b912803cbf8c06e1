"""The generic reader: reads events that have no catalogue entry."""

import re
from collections.abc import Mapping
from typing import Any

from aws_service_event_handler.best_guess import resources_of, state_of
from aws_service_event_handler.cloudtrail import call_error
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reading import NamedResource, Reading
from infra_events.domain.event import Severity
from infra_events.domain.text import one_line

UNMAPPED = ".unmapped"
"""The end of every type that no catalogue entry gave."""

_NOT_FOR_A_TYPE = re.compile(r"[^A-Za-z0-9.]+")
_TYPE_LIMIT = 100
_TEXT_LIMIT = 256


def read_unmapped(event: AwsEvent) -> Reading:
    """Read any event. A custom event may state its severity, summary and reason in its detail (docs/sources.md)."""
    failure = call_error(event)
    state = state_of(event)
    detail = {} if event.source.startswith("aws.") else event.detail
    summary = _text(detail, "summary")
    return Reading(
        type=f"infra.{_NOT_FOR_A_TYPE.sub('-', event.source)[:_TYPE_LIMIT]}{UNMAPPED}",
        resources=[NamedResource(resource=resource, summary=summary) for resource in resources_of(event)],
        state=f"{state} failed: {failure}" if failure else state,
        severity=Severity.__members__.get(_text(detail, "severity").upper(), Severity.INFO),
        reason=_text(detail, "reason"),
    )


def _text(detail: Mapping[str, Any], name: str) -> str:
    text = detail.get(name)
    return one_line(text, _TEXT_LIMIT) if isinstance(text, str) else ""
