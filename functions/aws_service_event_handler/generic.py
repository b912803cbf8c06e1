"""Reading events that no catalogue entry knows: the best resource and state that any event shows by itself."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aws_service_event_handler import heuristics as weights
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reading import Found, Reading, error_code
from infra_events.domain.arn import Arn, partition_of
from infra_events.domain.event import Severity
from infra_events.domain.text import one_line

UNMAPPED = ".unmapped"
"""How every type ends that no catalogue entry gave."""

_NOT_FOR_A_TYPE = re.compile(r"[^A-Za-z0-9.]+")
_TYPE_LIMIT = 100
_STATE_LIMIT = 1024
_TEXT_LIMIT = 256

_SAID_BY_CLOUDTRAIL = ("requestParameters", "responseElements", "serviceEventDetails", "additionalEventData")
"""Where a CloudTrail record keeps what the call itself says; the rest is about the caller and the record.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

_EC2_ID = re.compile(r"([a-z]+(?:-[a-z]+)?)-[0-9a-f][0-9a-z]{2,19}")
_EC2_TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "cgw": "customer-gateway",
    "cr": "capacity-reservation",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-rtb": "transit-gateway-route-table",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpn": "vpn-connection",
}
"""Ids whose prefix alone tells what they are, in whichever service's event; nothing else becomes an ARN by its looks.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""
_WITHOUT_ACCOUNT = ("image", "snapshot")


def read(event: AwsEvent) -> Reading:
    """Read any event. One of an own application may tell severity, summary and reason itself (docs/sources.md)."""
    failure = error_code(event)
    said = state(event)
    told = {} if event.source.startswith("aws.") else event.detail
    severity = Severity.__members__.get(_told(told, "severity").upper(), Severity.INFO)
    summary = _told(told, "summary")
    return Reading(
        type=f"infra.{_NOT_FOR_A_TYPE.sub('-', event.source)[:_TYPE_LIMIT]}{UNMAPPED}",
        resources=[Found(resource=resource, summary=summary) for resource in resources(event)],
        state=f"{said} failed: {failure}" if failure else said,
        severity=severity,
        reason=_told(told, "reason"),
    )


def _told(detail: Mapping[str, Any], name: str) -> str:
    text = detail.get(name)
    return one_line(text, _TEXT_LIMIT) if isinstance(text, str) else ""


def resources(event: AwsEvent) -> Sequence[str]:
    """Find what an event is about. Never empty.

    The ARNs and ids that it names; else the best that its detail shows; else the sentence that stands where resources
    should; else its account; else its source.
    """
    named = [resource for resource in event.resources if weights.is_id(resource)]
    found = named or _in_detail(event) or event.resources or (account(event) or event.source,)
    own = event.account_id if event.source.startswith("aws.") else ""
    return tuple(dict.fromkeys(completed(resource, event.region, own) for resource in found))


def state(event: AwsEvent) -> str:
    """Find the new state as the service writes it; the detail-type where the event says no more. Never empty."""
    said = _call(event) or weights.lightest_state(event.detail) or event.detail_type
    return one_line(said, _STATE_LIMIT) or event.detail_type


def _call(event: AwsEvent) -> str:
    """The call that a CloudTrail record describes."""
    name = event.detail.get("eventName")
    known = event.detail_type.endswith("via CloudTrail") or "eventSource" in event.detail
    return name.strip() if known and isinstance(name, str) else ""


def _in_detail(event: AwsEvent) -> Sequence[str]:
    own = event.source.rpartition(".")[2]
    call = _call(event)
    if not call:
        return weights.lightest_ids(event.detail, event.detail_type, own)
    said = {name: event.detail[name] for name in _SAID_BY_CLOUDTRAIL if name in event.detail}
    return _listed_by_cloudtrail(event.detail, own) or weights.lightest_ids(said, call, own, at=2)


def _listed_by_cloudtrail(detail: Mapping[str, Any], own: str) -> Sequence[str]:
    """The record's own list of ARNs; without those of other services (a key, a role) where its own are there too."""
    leaves = weights.leaves({"resources": detail.get("resources")})
    arns = [arn for path, texts in leaves.items() if path[1:] in {("ARN",), ("arn",)} for arn in texts]
    return [arn for arn in arns if (parsed := Arn.parse(arn)) and parsed.service == own] or arns


def completed(resource: str, region: str, account_id: str) -> str:
    """Complete an EC2 id to its ARN where region and account are known; leave anything else as it is."""
    match = _EC2_ID.fullmatch(resource)
    kind = _EC2_TYPES.get(match[1]) if match else None
    if not (kind and region and account_id):
        return resource
    owner = "" if kind in _WITHOUT_ACCOUNT else account_id
    partition = partition_of(region)
    return str(Arn(partition=partition, service="ec2", region=region, account_id=owner, resource=f"{kind}/{resource}"))


def account(event: AwsEvent) -> str:
    """Return the ARN of an event's account; empty where it is not told."""
    if not event.account_id:
        return ""
    partition = partition_of(event.region)
    return str(Arn(partition=partition, service="iam", region="", account_id=event.account_id, resource="root"))
