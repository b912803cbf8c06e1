"""English for people: what a resource is called, what happened to it, and how several are named in one sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

INSTANCE_STATES: Mapping[str, str] = MappingProxyType(
    {
        "pending": "is starting",
        "running": "is running",
        "stopping": "is stopping",
        "stopped": "has stopped",
        "shutting-down": "is shutting down for good",
        "terminated": "was terminated",
    }
)
"""What happened to an EC2 instance, by its state. A version 1 message carries the state alone.

The same words as in catalogue/ec2.yaml, which a contract test compares.
"""

_SERVICES = {
    "autoscaling": "Auto Scaling",
    "backup": "Backup",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "elasticloadbalancing": "Load balancing",
    "guardduty": "GuardDuty",
    "health": "AWS Health",
    "lambda": "Lambda",
    "states": "Step Functions",
}
_ABBREVIATION = 3
"""Services with names this short are known by their capitals: EC2, RDS, S3."""
_PLURAL_VERBS = {"is": "are", "has": "have", "was": "were"}
_MOST_ENUMERATED = 3


def kind(service: str, resource_type: str) -> str:
    """Return the kind of a resource: ``EC2 instance``, ``RDS db``; the service alone where it has no type: ``S3``."""
    name = _SERVICES.get(service) or (service.upper() if len(service) <= _ABBREVIATION else service)
    return f"{name} {resource_type.replace('-', ' ')}".strip()


def plural_kind(singular: str) -> str:
    """Return ``EC2 instances`` for ``EC2 instance``, ``IAM policies`` for ``IAM policy``; a service stays as it is."""
    if " " not in singular or singular in _SERVICES.values():
        return singular
    if singular.endswith("y") and singular[-2] not in "aeiou":
        return f"{singular[:-1]}ies"
    return f"{singular}es" if singular.endswith(("s", "x", "ch", "sh")) else f"{singular}s"


def change(service: str, resource_type: str, state: str) -> str:
    """Return what happened, to follow the resource's name: `` has stopped``, or ``: available``."""
    verb_phrase = INSTANCE_STATES.get(state) if (service, resource_type) == ("ec2", "instance") else None
    return f" {verb_phrase}" if verb_phrase else f": {state}"


def plural_change(singular: str) -> str:
    """Return `` have stopped`` for `` has stopped``; a bare state stays as it is."""
    verb, _, rest = singular.strip().partition(" ")
    return f" {_PLURAL_VERBS[verb]} {rest}" if singular.startswith(" ") else singular


def enumerated(names: Sequence[str]) -> str:
    """Return ``a``; ``a and b``; ``a, b and c``; ``a, b and 3 more``. A name that five share is counted: ``a (5)``."""
    counts = Counter(names)
    texts = [name if count == 1 else f"{name} ({count})" for name, count in counts.items()]
    if len(texts) > _MOST_ENUMERATED:
        remaining = list(counts.values())[_MOST_ENUMERATED - 1 :]
        texts = [*texts[: _MOST_ENUMERATED - 1], f"{sum(remaining)} more"]
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
