"""Parents: what a resource belongs to, whose tags count where its own state nothing (docs/routing.md, "Parents").

Many resources are short-lived parts or runs of one that people tag: a task of a service, an execution of a state
machine, an object in a bucket. Some parents follow from the ARN alone; the catalogue finds others in the event.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from infra_events.domain.arn import Arn
from infra_events.domain.tags import Tags
from infra_events.domain.text import one_line

_LABEL_LIMIT = 80
MOST_PARENTS = 10
"""How many parents an event has at most: an alarm may name any number of resources."""

_LONGEST_ARN = 1011  # as long as the Tagging API and a table's key accept

_SEGMENT = "([^:/]+)"
_PATTERNS: Mapping[str, Sequence[tuple[str, str, bool]]] = {
    "acm-pca": [(rf"certificate-authority/{_SEGMENT}/.+", r"certificate-authority/\1", False)],
    "apigateway": [(rf"/(restapis|apis)/{_SEGMENT}/.+", r"/\1/\2", True)],
    "codebuild": [
        (rf"build(?:-batch)?/{_SEGMENT}:.+", r"project/\1", False),
        (rf"report/{_SEGMENT}:.+", r"report-group/\1", False),
    ],
    "codedeploy": [(rf"deploymentgroup:{_SEGMENT}/.+", r"application:\1", True)],
    "codepipeline": [(rf"{_SEGMENT}/.+", r"\1", False)],
    "dynamodb": [(rf"table/{_SEGMENT}/.+", r"table/\1", False)],
    "ecs": [
        (rf"(?:service-deployment|service-revision|task-set)/{_SEGMENT}/{_SEGMENT}/.+", r"service/\1/\2", True),
        (rf"(?:task|service|container-instance|daemon)/{_SEGMENT}/.+", r"cluster/\1", True),
    ],
    "eks": [(rf"(?:nodegroup|fargateprofile|addon|access-entry)/{_SEGMENT}/.+", r"cluster/\1", True)],
    "elasticbeanstalk": [(rf"(?:environment|applicationversion)/{_SEGMENT}/.+", r"application/\1", True)],
    "datasync": [(rf"task/{_SEGMENT}/execution/.+", r"task/\1", True)],
    "elasticloadbalancing": [
        (rf"listener(?:-rule)?/(app|net|gwy)/{_SEGMENT}/{_SEGMENT}/.+", r"loadbalancer/\1/\2/\3", True)
    ],
    "emr-containers": [(rf"/virtualclusters/{_SEGMENT}/.+", r"/virtualclusters/\1", True)],
    "emr-serverless": [(rf"/applications/{_SEGMENT}/.+", r"/applications/\1", True)],
    "kinesis": [(rf"stream/{_SEGMENT}/.+", r"stream/\1", True)],
    "lambda": [(rf"function:{_SEGMENT}:.+", r"function:\1", False)],
    "logs": [(r"log-group:([^:]+):.+", r"log-group:\1", False)],
    "rds": [
        (r"snapshot:rds:(.+)-\d{4}-\d\d-\d\d-\d\d-\d\d", r"db:\1", True),
        (r"cluster-snapshot:rds:(.+)-\d{4}-\d\d-\d\d-\d\d-\d\d", r"cluster:\1", True),
    ],
    "sagemaker": [(rf"pipeline/{_SEGMENT}/execution/.+", r"pipeline/\1", True)],
    "sns": [(rf"{_SEGMENT}:[0-9a-f-]{{36}}", r"\1", False)],
    "states": [(rf"(?:execution|express|mapRun|stateMachine):{_SEGMENT}[:/].+", r"stateMachine:\1", False)],
}
"""By service: a resource, the parent that its ARN names, and whether AWS lets people tag the resource itself.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
lists the ARNs of each service and which of them have tags. An object in a bucket is handled beside them.
"""
_KINDS = {"autoScalingGroup": "Auto Scaling group", "db": "database", "loadbalancer": "load balancer"}
_GROUP = ":autoScalingGroupName/"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|-")
_HASH = re.compile(r"[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A resource by its ARN, and its tags as far as they are known."""

    resource: str
    tags: Tags = field(default_factory=Tags)

    @property
    def label(self) -> str:
        """What people call it: ``service api``, ``state machine settle``, ``instance i-0abc (web-1)``."""
        arn = Arn.parse(self.resource)
        if arn is None:
            return one_line(self.resource, _LABEL_LIMIT)
        kind = "bucket" if arn.service == "s3" and not arn.region else arn.resource_type or arn.service
        words = _KINDS.get(kind) or _WORD.sub(" ", kind).lower()
        *parts, last = [part for part in arn.resource_id.split("/") if part] or [arn.resource_id]
        short = next((part for part in reversed((*parts, last)) if not _HASH.fullmatch(part)), last)
        name = self.tags.folded().get("name", "").strip()
        return one_line(f"{words} {short} ({name})" if name not in ("", short) else f"{words} {short}", _LABEL_LIMIT)


def lineage(resource: str, declared: Sequence[Parent] = ()) -> tuple[Parent, ...]:
    """Return the parents of a resource, each once and nearest first: those declared, then what their ARNs name."""
    parents = [*declared, *(Parent(resource=one) for one in _ancestors(resource))]
    parents += [Parent(resource=one) for parent in declared for one in _ancestors(parent.resource)]
    found = {identity(parent.resource): parent for parent in reversed(parents)}
    found.pop(identity(resource), None)
    ordered = sorted(found.values(), key=parents.index)
    return tuple(one for one in ordered if len(one.resource) <= _LONGEST_ARN)[:MOST_PARENTS]


def group_name(arn: Arn) -> str:
    """Return the name of an Auto Scaling group, whatever its UUID; empty for any other resource."""
    _, found, name = arn.resource.partition(_GROUP)
    return name if found and arn.service == "autoscaling" else ""


def group_arn(name: str, region: str, account_id: str, partition: str) -> str:
    """Return the ARN of an Auto Scaling group of which only the name is known; ``*`` stands for its UUID."""
    resource = f"autoScalingGroup:*{_GROUP}{name}"
    return str(Arn(partition=partition, service="autoscaling", region=region, account_id=account_id, resource=resource))


def identity(resource: str) -> str:
    """Return what two names of one resource have in common.

    Not every event has the UUID of an Auto Scaling group, or the account of what EC2 identifies by an id alone.
    """
    arn = Arn.parse(resource)
    if arn is None:
        return resource
    name = group_name(arn)
    account_id = "" if arn.service == "ec2" else arn.account_id
    return str(replace(arn, account_id=account_id, resource=name or arn.resource))


def can_have_tags(arn: Arn) -> bool:
    """Return whether AWS lets people tag such a resource, which otherwise has none to be read."""
    found = _pattern(arn)
    return found is None or found[1]


def _ancestors(resource: str) -> Iterator[str]:
    arn = Arn.parse(resource)
    while arn and (found := _pattern(arn)):
        arn = replace(arn, resource=found[0])
        yield str(arn)


def _pattern(arn: Arn) -> tuple[str, bool] | None:
    """Return the parent that an ARN names, without what stands before it, and whether the resource can have tags."""
    if arn.service == "s3":
        bucket, _, key = arn.resource.partition("/")
        return (bucket, False) if key and not arn.region else None
    for pattern, parent, tagged in _PATTERNS.get(arn.service, ()):
        if match := re.fullmatch(pattern, arn.resource):
            return match.expand(parent), tagged
    return None
