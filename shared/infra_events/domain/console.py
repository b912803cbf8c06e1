"""The AWS console's hosts: one per region, under its partition's own domain."""

import re

_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d{1,2}")
_DOMAINS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def is_console(host: str) -> bool:
    """Tell whether a host is a console's: of a region, or the one before all regions."""
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS.values())


def console_host(partition: str, region: str) -> str:
    """Name the host; empty where we know none for sure, or where ``region``, foreign text, has not the form of one."""
    return f"{region}.{_DOMAINS[partition]}" if partition in _DOMAINS and _REGION.fullmatch(region) else ""
