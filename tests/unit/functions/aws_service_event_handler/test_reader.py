"""Finders: what makes a resource of what stands in an event."""

from collections.abc import Mapping
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from scripts.compile import catalogue
from tests.support.builders import ACCOUNT, REGION, aws_event, message

HERE = f"{REGION}:{ACCOUNT}"


def found(finder: Mapping[str, str], let: Mapping[str, str] | None = None, **overrides: Any) -> list[str]:
    event = {"detail_type": "Thing", "type": "thing.happened", "state": "'x'", "summary": "{id}", "resources": finder}
    content = {"service": "x", "sources": "aws.ec2", "events": [event | {"let": let or {}}]}
    known = Catalogue(catalogue._entries(content))  # noqa: SLF001  # an entry without its file
    reading = known.read(AwsEvent.read(message(aws_event(detail_type="Thing", **overrides))))
    assert reading is not None
    return [resource.resource for resource in reading.resources]


@pytest.mark.parametrize(
    ("value", "resource"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/orders", f"arn:aws:sqs:{HERE}:orders"),
        ("orders", f"arn:aws:sqs:{HERE}:orders"),
        ("arn:aws:sqs:eu-west-1:111122223333:a/b", "arn:aws:sqs:eu-west-1:111122223333:a/b"),
        ("a/b c", "b c"),
    ],
)
def test_an_id_is_taken_from_behind_the_last_slash(value: str, resource: str) -> None:
    finder = {"ids": "detail.queue", "after": "/", "arn": "sqs:{region}:{account}:{id}"}
    assert found(finder, detail={"queue": value}) == [resource]


def test_an_ec2_id_becomes_its_arn_without_a_template() -> None:
    ids = ["i-0abc1234", "vol-0abc1234", "ami-0abc1234", "web-1"]
    arns = [f"ec2:{HERE}:instance/i-0abc1234", f"ec2:{HERE}:volume/vol-0abc1234", f"ec2:{REGION}::image/ami-0abc1234"]
    assert found({"ids": "detail.ids"}, detail={"ids": ids}) == [*(f"arn:aws:{arn}" for arn in arns), "web-1"]


def test_a_template_takes_only_ids_with_its_prefix() -> None:
    finder = {"ids": "detail.ids", "prefix": "i-", "arn": "ec2:{region}:{account}:instance/{id}"}
    assert found(finder, detail={"ids": ["i-1", "vol-0abc1234"]}) == [
        f"arn:aws:ec2:{HERE}:instance/i-1",
        "vol-0abc1234",
    ]


def test_a_resource_may_live_elsewhere_than_its_event() -> None:
    let = {"account": "detail.owner || account", "region": "detail.home || region"}
    owned = {"id": "i-0abc1234", "owner": "444455556666", "home": "ap-south-1"}
    assert found({"ids": "detail.id"}, let, detail=owned) == ["arn:aws:ec2:ap-south-1:444455556666:instance/i-0abc1234"]
    assert found({"ids": "detail.id"}, let, detail={"id": "i-0abc1234"}) == [f"arn:aws:ec2:{HERE}:instance/i-0abc1234"]


def test_an_account_is_a_resource_too() -> None:
    finder = {"ids": "detail.accounts", "arn": "iam::{id}:root"}
    assert found(finder, detail={"accounts": ["444455556666"]}) == ["arn:aws:iam::444455556666:root"]
