"""The hosts of the AWS console: one per region, in the domain of its partition."""

import re

_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d{1,2}")
_DOMAINS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def is_console(host: str) -> bool:
    """Return whether a host is one of the console: of a region, or of all regions."""
    return any(host == domain or host.endswith(f".{domain}") for domain in _DOMAINS.values())


def console_host(partition: str, region: str) -> str:
    """Return the host; empty for a partition whose domain is not known, or a ``region`` without a region's form."""
    return f"{region}.{_DOMAINS[partition]}" if partition in _DOMAINS and _REGION.fullmatch(region) else ""
