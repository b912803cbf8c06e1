"""Tags of Auto Scaling groups on moto."""

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.aws.group_tags import GroupTagReader
from infra_events.domain.arn import Arn
from infra_events.domain.errors import RefusedError, TransientError
from infra_events.domain.parent import group_arn
from infra_events.domain.tags import Tags
from tests.support.adapters import counted, in_time

pytestmark = pytest.mark.usefixtures("aws")


def group(name: str) -> Arn:
    arn = Arn.parse(group_arn(name, "eu-west-1", "123456789012", "aws"))
    assert arn
    return arn


def create(name: str, *tags: dict[str, object]) -> Arn:
    """Create a group, and return the ARN that its events have."""
    client = delivery_client("autoscaling")
    client.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["eu-west-1a"],
        LaunchConfigurationName="launch",
        Tags=list(tags),
    )
    (found,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    arn = Arn.parse(found["AutoScalingGroupARN"])
    assert arn
    return arn


def test_groups_are_read_in_one_call_by_any_of_their_arns() -> None:
    ec2 = delivery_client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    delivery_client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="launch", ImageId=image, InstanceType="t3.nano"
    )
    owner = {"Key": "Owner", "Value": "payments", "PropagateAtLaunch": False}
    web, bare = create("web/blue", owner), create("bare")
    calls = counted("autoscaling")
    owned = Tags.live({"Owner": "payments"})
    assert GroupTagReader().read([web, group("web/blue"), bare, group("gone")], in_time) == {
        str(web): owned,
        str(group("web/blue")): owned,
        str(bare): Tags.live({}),
        str(group("gone")): Tags.live({}),
    }
    assert calls == ["DescribeTags"]


def test_what_is_no_group_is_not_asked_for() -> None:
    other = Arn(partition="aws", service="autoscaling", region="r", account_id="1", resource="launchConfiguration:x")
    calls = counted("autoscaling")
    (answer,) = GroupTagReader().read([other], in_time).values()
    assert answer == Tags.unknown("only groups of Auto Scaling have tags that can be read")
    assert calls == []


def test_pages_are_followed_or_none_is_believed() -> None:
    tag = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True, "Value": "1"}
    with Stubber(lookup_client("autoscaling")) as autoscaling:
        for _ in range(2):
            autoscaling.add_response("describe_tags", {"Tags": [tag | {"Key": "a"}], "NextToken": "more"})
            autoscaling.add_response("describe_tags", {"Tags": [tag | {"Key": "b"}, tag | {"ResourceId": "other"}]})
        assert GroupTagReader().read([group("web")], in_time) == {str(group("web")): Tags.live({"a": "1", "b": "1"})}
        times = iter([True, False])
        with pytest.raises(TransientError, match="no time"):
            GroupTagReader().read([group("web")], lambda: next(times))


def test_a_refusal_is_named_and_known_as_one() -> None:
    with Stubber(lookup_client("autoscaling")) as autoscaling:
        autoscaling.add_client_error("describe_tags", "AccessDenied")
        with pytest.raises(RefusedError, match=r"^autoscaling:DescribeTags: AccessDenied$"):
            GroupTagReader().read([group("web")], in_time)
        autoscaling.add_client_error("describe_tags", "Throttling")
        with pytest.raises(TransientError, match=r"^autoscaling:DescribeTags: Throttling$") as raised:
            GroupTagReader().read([group("web")], in_time)
        assert not isinstance(raised.value, RefusedError)
