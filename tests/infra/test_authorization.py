"""The bootstrap's policies against AWS's Service Authorization Reference: nothing is granted in vain, or taken away.

The local AWS does not know what AWS refuses for want of a resource type or of a condition key; the reference does.
"""

import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from scripts import environments, project
from tests.support import authorization
from tests.support.terraform import Root

LOCK = environments.STACKS / environments.NOTIFICATIONS / ".terraform.lock.hcl"

RUN = """
run "policies" {
  command = plan

  variables {
    vpc    = true
    stacks = ["notifications", "reactions"]
  }
}
"""

PLAN, APPLY = ("Read",), ("Read", "Write", "Roles")
"""The policies of the two roles, by the ends of their names."""

Policies = Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """Every policy that the bootstrap makes, by the end of its name, as its own tests render it: nothing is called."""
    copy = tmp_path_factory.mktemp("authorization") / "terraform"
    shutil.copytree(
        project.ROOT / "terraform", copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf")
    )
    folder = copy / "stacks" / "bootstrap"
    tests = folder / "tests" / "bootstrap.tftest.hcl"
    head, _ = tests.read_text().split('run "', 1)
    tests.write_text(head + RUN)
    if not (folder / LOCK.name).exists():
        shutil.copy(LOCK, folder)
    root = Root(folder, os.environ)
    root.init()
    (plan,) = root.test_plans()
    made = (change["change"]["after"] for change in plan["resource_changes"] if change["type"] == "aws_iam_policy")
    return {policy["name"].rpartition("InfraEvents")[2]: json.loads(policy["policy"]) for policy in made}


def test_every_policy_is_compared(policies: Policies) -> None:
    assert sorted(policies) == ["Apply", "Functions", "Read", "Roles", "Write"]


@pytest.mark.parametrize("role", [PLAN, APPLY, ("Functions",)], ids="+".join)
def test_no_statement_grants_in_vain(policies: Policies, role: tuple[str, ...]) -> None:
    assert authorization.flaws(policies[name] for name in role) == []


@pytest.mark.parametrize(("role", "boundary"), [(PLAN, "Read"), (APPLY, "Apply")])
def test_a_boundary_takes_nothing_away(policies: Policies, role: tuple[str, ...], boundary: str) -> None:
    assert authorization.beyond((policies[name] for name in role), policies[boundary]) == []


def statement(action: str, resource: str, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    stated = {"Sid": "Tried", "Effect": "Allow", "Action": action, "Resource": resource}
    return stated | ({"Condition": condition} if condition else {})


FUNCTION = {"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:eu-central-1:111122223333:function:X*"}}
MAPPINGS = "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:*"
NO_TYPE = "it has no resource type, so it is granted on * only"
KEYS = "arn:aws:kms:eu-central-1:111122223333:key/*"


@pytest.mark.parametrize(
    ("tried", "flaw"),
    [
        (
            statement("lambda:CreateEventSourceMapping", MAPPINGS, FUNCTION),
            f"Tried: lambda:CreateEventSourceMapping never matches: {NO_TYPE}",
        ),
        (
            statement("lambda:*EventSourceMapping", MAPPINGS, FUNCTION),
            f"Tried: lambda:CreateEventSourceMapping of lambda:*EventSourceMapping never matches: {NO_TYPE}",
        ),
        (
            statement("lambda:CreateFunction", "*", FUNCTION),
            "Tried: lambda:CreateFunction never matches: AWS sends no lambda:FunctionArn with it",
        ),
        (
            statement("s3:CreateBucket", "arn:aws:s3:::routing/*"),
            "Tried: s3:CreateBucket never matches: it is for bucket",
        ),
        (
            statement("sqs:CreateQueue", "arn:aws:sns:eu-central-1:111122223333:X"),
            "Tried: sqs:CreateQueue never matches: it is for queue",
        ),
        (statement("sqs:MakeQueue", "*"), "Tried: sqs:MakeQueue never matches: there is no such action"),
        (statement("kms:CreateAlias", KEYS), "kms:CreateAlias is granted on no alias, which it needs too"),
    ],
)
def test_what_can_never_match_is_named(tried: dict[str, Any], flaw: str) -> None:
    assert authorization.flaws([{"Statement": tried}]) == [flaw]


@pytest.mark.parametrize(
    "tried",
    [
        statement("lambda:CreateEventSourceMapping", "*", FUNCTION),
        statement("lambda:DeleteEventSourceMapping", MAPPINGS, FUNCTION),
        statement("sqs:*", "arn:aws:sqs:eu-central-1:111122223333:X*"),
        statement("s3:PutObject", "arn:aws:s3:::routing/*"),
        statement("events:PutPermission", "*"),
        statement("kms:TagResource", "*", {"StringEquals": {"aws:RequestTag/project": "infra-events"}}),
    ],
)
def test_what_can_match_is_not(tried: dict[str, Any]) -> None:
    assert authorization.flaws([{"Statement": tried}]) == []


def test_what_a_boundary_takes_away_is_named() -> None:
    granted = {"Statement": statement("lambda:CreateEventSourceMapping", "*", FUNCTION)}
    on_mappings = {"Statement": statement("lambda:*", MAPPINGS)}
    of_others = {
        "Statement": statement("lambda:CreateEventSourceMapping", "*", {"ArnLike": {"lambda:FunctionArn": "Y"}})
    }

    assert authorization.beyond([granted], on_mappings) == ["lambda:CreateEventSourceMapping on *"]
    assert authorization.beyond([granted], of_others) == ["lambda:CreateEventSourceMapping on *"]
    assert authorization.beyond([granted], granted) == []
