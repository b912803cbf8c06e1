"""Names, kinds and changes of one resource and of several."""

from dataclasses import replace

import pytest

from infra_events.content import grammar
from infra_events.domain.tags import Tags, TagsStatus
from tests.support.builders import ACCOUNT, REGION
from tests.support.sender import Sender, siblings, tagged


@pytest.mark.parametrize(
    ("number", "what"), [(2, "web-1 and web-2"), (3, "web-1, web-2 and web-3"), (4, "web-1, web-2 and 2 more")]
)
def test_a_subject_names_the_first(number: int, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.send_as_is(monkeypatch, *siblings(number, state="terminated"))
    assert sender.document()["subject"].startswith(f"EC2 instances {what} were terminated (")


@pytest.mark.parametrize(
    ("names", "what"),
    [("aa", "a (2)"), ("aab", "a (2) and b"), ("aabbb", "a (2) and b (3)"), ("aabcccd", "a (2), b and 4 more")],
)
def test_a_name_that_several_share_is_counted(names: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.send_as_is(
        monkeypatch,
        *(
            replace(event, tags=Tags(values={"Name": name}, status=TagsStatus.LIVE))
            for event, name in zip(siblings(len(names)), names, strict=True)
        ),
    )
    assert sender.document()["subject"].startswith(f"EC2 instances {what} have stopped (")


def test_resources_of_several_kinds_are_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    group = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/web"
    sender.send_as_is(
        monkeypatch, *siblings(1), tagged({"Owner": "payments"}, id="parent#2", parent_id="parent", resource=group)
    )
    assert sender.document()["subject"].startswith("Resources ")


@pytest.mark.parametrize(
    ("resource", "kind"),
    [("iam::1:policy/", "iam policies"), ("ec2:r:1:network-mesh/", "EC2 network meshes"), ("s3:::", "S3")],
)
def test_a_kind_has_a_plural(resource: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.send_as_is(
        monkeypatch,
        *[tagged({}, id=f"parent#{n}", parent_id="parent", resource=f"arn:aws:{resource}{n}") for n in (1, 2)],
    )
    assert sender.document()["subject"].lower().startswith(f"{kind} 1 and 2: stopped".lower())


@pytest.mark.parametrize(
    ("service", "resource_type", "singular", "plural"),
    [
        ("ec2", "instance", "EC2 instance", "EC2 instances"),
        ("iam", "policy", "IAM policy", "IAM policies"),
        ("ec2", "key", "EC2 key", "EC2 keys"),
        ("s3", "", "S3", "S3"),
        ("states", "state-machine", "Step Functions state machine", "Step Functions state machines"),
        ("elasticloadbalancing", "", "Load balancing", "Load balancing"),
        ("snmp", "", "snmp", "snmp"),
    ],
)
def test_a_kind_is_a_service_and_a_type(service: str, resource_type: str, singular: str, plural: str) -> None:
    assert grammar.kind(service, resource_type) == singular
    assert grammar.plural_kind(singular) == plural


@pytest.mark.parametrize(
    ("service", "resource_type", "state", "singular", "plural"),
    [
        ("ec2", "instance", "stopped", " has stopped", " have stopped"),
        ("ec2", "instance", "terminated", " was terminated", " were terminated"),
        ("ec2", "instance", "unheard-of", ": unheard-of", ": unheard-of"),
        ("ec2", "volume", "pending", ": pending", ": pending"),
        ("rds", "instance", "stopped", ": stopped", ": stopped"),
    ],
)
def test_a_change_follows_a_name(service: str, resource_type: str, state: str, singular: str, plural: str) -> None:
    assert grammar.change(service, resource_type, state) == singular
    assert grammar.plural_change(singular) == plural
