"""Finders: what makes a resource of what stands in an event."""

from collections.abc import Mapping
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.reading import Reading
from scripts.compile import catalogue
from tests.support.builders import ACCOUNT, REGION, aws_event, message

HERE = f"{REGION}:{ACCOUNT}"


def found(finder: Mapping[str, str], let: Mapping[str, Any] | None = None, **overrides: Any) -> list[str]:
    return [one.resource for one in read({"resources": finder, "let": let or {}}, **overrides).resources]


def read(entry: Mapping[str, Any], **overrides: Any) -> Reading:
    event = {"detail_type": "Thing", "type": "thing.happened", "state": "'x'", "summary": "{id}", **entry}
    content = {"service": "x", "sources": "aws.ec2", "events": [event]}
    known = Catalogue(catalogue._entries(content))  # noqa: SLF001  # an entry without its file
    reading = known.read(AwsEvent.read(message(aws_event(detail_type="Thing", **overrides))))
    assert reading is not None
    return reading


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


def test_a_name_may_be_a_part_of_a_value() -> None:
    let = {"cluster": {"path": "detail.cluster", "after": "/"}}
    finder = {"ids": "detail.group", "after": ":", "arn": "ecs:{region}:{account}:service/{cluster}/{id}"}
    detail = {"cluster": f"arn:aws:ecs:{HERE}:cluster/shop", "group": "service:api"}
    assert found(finder, let, detail=detail) == [f"arn:aws:ecs:{HERE}:service/shop/api"]


def test_parents_are_arns_alone_each_once_and_with_their_account() -> None:
    ids = [
        "web-1",
        f"arn:aws:ec2::{REGION}:volume/vol-0abc",
        "i-0abc1234",
        f"arn:aws:ec2:{HERE}:volume/vol-0abc",
        "",
        7,
    ]
    assert read({"parents": {"ids": "detail.ids"}}, detail={"ids": ids}).parents == [
        f"arn:aws:ec2:{HERE}:volume/vol-0abc",
        f"arn:aws:ec2:{HERE}:instance/i-0abc1234",
    ]


@pytest.mark.parametrize("dimensions", [{"B": "y", "A": "x"}, [{"B": "y"}, None, {"A": "x", "C": "z"}], "x", None])
def test_ids_by_key_become_arns_in_the_order_of_the_entry(dimensions: Any) -> None:
    keyed = {"in": "detail.dimensions", "arns": {"A": "sqs:{region}:{account}:{id}", "B": "s3:::{id}"}}
    expected = [f"arn:aws:sqs:{HERE}:x", "arn:aws:s3:::y"] if isinstance(dimensions, dict | list) else []
    assert read({"parents": [keyed]}, detail={"dimensions": dimensions}).parents == expected
