"""ARNs of every shape and partition."""

import pytest

from infra_events.domain.arn import Arn, partition_of


@pytest.mark.parametrize(
    ("text", "resource_type", "resource_id"),
    [
        ("arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc", "instance", "i-0abc"),
        ("arn:aws-cn:rds:cn-north-1:111122223333:snapshot:rds:db-1", "snapshot", "rds:db-1"),
        ("arn:aws:s3:::bucket", "", "bucket"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*", "log-group", "/aws/lambda/x:*"),
        ("arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/a:b", "table", "a:b"),
    ],
)
def test_an_arn_is_taken_apart_and_put_together(text: str, resource_type: str, resource_id: str) -> None:
    arn = Arn.parse(text)
    assert arn
    assert (arn.resource_type, arn.resource_id) == (resource_type, resource_id)
    assert str(arn) == text


@pytest.mark.parametrize("kind", ["snapshot/snap-0abc", "volume/vol-0abc"])
def test_a_region_in_the_place_of_the_account_is_the_region(kind: str) -> None:
    arn = Arn.parse(f"arn:aws-cn:ec2::cn-north-1:{kind}")
    assert arn
    assert (arn.region, arn.account_id, str(arn)) == ("cn-north-1", "", f"arn:aws-cn:ec2:cn-north-1::{kind}")


@pytest.mark.parametrize(
    "text", ["", "i-0abc", "arn:aws:ec2", "arn:aws:ec2:r:a:", "arn::ec2:r:a:x", "a sentence: with: colons: in: it: x"]
)
def test_what_is_no_arn_stays_what_it_is(text: str) -> None:
    assert Arn.parse(text) is None


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
        ("", "aws"),
    ],
)
def test_a_region_belongs_to_one_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition
