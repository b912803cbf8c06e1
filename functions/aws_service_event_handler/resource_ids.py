"""Ids of AWS resources and their ARNs: which ids become an ARN without doubt, and what is an id at all."""

import re
from dataclasses import replace

from infra_events.domain.arn import Arn, partition_of

_LONGEST_ID = 2048
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
"""Types of EC2 resources by the prefix of their ids. These prefixes mean the same in the events of every service.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""
_WITHOUT_ACCOUNT = ("image", "snapshot")


def is_id(text: str) -> bool:
    """Return whether a text can be an id: an ARN or a single word, not a sentence."""
    return len(text) <= _LONGEST_ID and bool(Arn.parse(text) or re.fullmatch(r"\S*\w\S*", text))


def completed(resource: str, region: str, account_id: str) -> str:
    """Return the ARN of an EC2 id where region and account are known; every other text as it is."""
    match = _EC2_ID.fullmatch(resource)
    kind = _EC2_TYPES.get(match[1]) if match else None
    if not (kind and region and account_id):
        return resource
    owner = "" if kind in _WITHOUT_ACCOUNT else account_id
    partition = partition_of(region)
    return str(Arn(partition=partition, service="ec2", region=region, account_id=owner, resource=f"{kind}/{resource}"))


def whole_arn(text: str, region: str, account_id: str) -> str:
    """Return an ARN with the account that an ARN of EC2 may lack; empty for what is no ARN.

    EBS names volumes as ``arn:aws:ec2::eu-west-1:volume/vol-0abc``.
    """
    arn = Arn.parse(completed(text, region, account_id))
    if arn is None:
        return ""
    lacks_account = arn.service == "ec2" and not arn.account_id and arn.resource_type not in _WITHOUT_ACCOUNT
    return str(replace(arn, account_id=account_id) if lacks_account else arn)


def account_arn(account_id: str, region: str) -> str:
    """Return the ARN of an account, in the partition of a region; empty without an account id."""
    if not account_id:
        return ""
    return str(Arn(partition=partition_of(region), service="iam", region="", account_id=account_id, resource="root"))
