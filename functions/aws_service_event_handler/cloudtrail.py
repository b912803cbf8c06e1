"""Events that hold a CloudTrail record: an API call, what it was called on, and the error with which it failed.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.heuristics import texts_by_path
from infra_events.domain.arn import Arn

_OF_THE_CALL = ("requestParameters", "responseElements", "serviceEventDetails", "additionalEventData")
"""Parts of a record about the call itself; all other parts are about the caller or the record."""


def call_name(event: AwsEvent) -> str:
    """Return the name of the call, ``StopInstances``; empty for an event without a record."""
    name = event.detail.get("eventName")
    is_record = event.detail_type.endswith("via CloudTrail") or "eventSource" in event.detail
    return name.strip() if is_record and isinstance(name, str) else ""


def call_error(event: AwsEvent) -> str:
    """Return the code of the error with which the call failed; empty for a call that succeeded, or no call."""
    code = event.detail.get("errorCode")
    return code if isinstance(code, str) and "eventName" in event.detail else ""


def call_details(event: AwsEvent) -> Mapping[str, Any]:
    """Return the parts of the record that are about the call itself."""
    return {name: event.detail[name] for name in _OF_THE_CALL if name in event.detail}


def listed_arns(event: AwsEvent, service: str) -> Sequence[str]:
    """Return the ARNs in the record's list of resources: those of ``service`` if there are any, else all.

    A record also lists what its resource uses, such as a key or a role.
    """
    found = texts_by_path({"resources": event.detail.get("resources")})
    arns = [arn for path, texts in found.items() if path[1:] in {("ARN",), ("arn",)} for arn in texts]
    return [arn for arn in arns if (parsed := Arn.parse(arn)) and parsed.service == service] or arns
