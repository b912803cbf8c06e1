"""Tags of EC2 resources on moto."""

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import lookup_client
from infra_events.aws.ec2_tags import Ec2TagReader
from infra_events.domain.arn import Arn
from infra_events.domain.errors import TransientError
from infra_events.domain.tags import Tags
from tests.support.adapters import in_time, instances

pytestmark = pytest.mark.usefixtures("aws")


def test_tags_of_instances_are_read_in_one_call_with_those_that_are_gone() -> None:
    arns = instances(2, {"Key": "Name", "Value": "web-1"}, {"Key": "notify:ignore", "Value": "true"})
    gone = Arn.parse("arn:aws:ec2:eu-west-1:123456789012:instance/i-00000000000000000")
    assert gone
    tags = Tags.live({"Name": "web-1", "notify:ignore": "true"})
    calls = []
    lookup_client("ec2").meta.events.register("before-call.ec2.*", lambda model, **_: calls.append(model.name))
    found = Ec2TagReader().read([arns[0], gone, arns[1]], in_time)
    assert found == {str(arns[0]): tags, str(gone): Tags.live({}), str(arns[1]): tags}
    assert calls == ["DescribeTags"]


def test_a_wildcard_or_a_twin_costs_nobody_their_tags() -> None:
    (arn,) = instances(1, {"Key": "Name", "Value": "web-1"})
    wild = Arn.parse("arn:aws:ec2:eu-west-1:123456789012:instance/*")
    twin = Arn.parse(str(arn).replace("123456789012", ""))
    assert wild
    assert twin
    assert Ec2TagReader().read([arn, wild, twin], in_time) == {
        str(arn): Tags.live({"Name": "web-1"}),
        str(twin): Tags.live({"Name": "web-1"}),
    }


def test_pages_of_tags_are_followed_or_none_is_believed() -> None:
    arn = Arn.parse("arn:aws:ec2:eu-west-1:123456789012:instance/i-1")
    assert arn
    one = {"ResourceId": "i-1", "ResourceType": "instance"}
    with Stubber(lookup_client("ec2")) as ec2:
        for _ in range(2):
            ec2.add_response("describe_tags", {"Tags": [one | {"Key": "a", "Value": "1"}], "NextToken": "more"})
            ec2.add_response("describe_tags", {"Tags": [one | {"Key": "b", "Value": "2"}]})
        assert Ec2TagReader().read([arn], in_time) == {str(arn): Tags.live({"a": "1", "b": "2"})}
        times = iter([True, False])
        with pytest.raises(TransientError, match="no time"):
            Ec2TagReader().read([arn], lambda: next(times))


def test_a_denied_look_up_is_named_without_its_message() -> None:
    with Stubber(lookup_client("ec2")) as ec2:
        ec2.add_client_error("describe_tags", "UnauthorizedOperation", "Encoded authorization failure message: …")
        with pytest.raises(TransientError, match=r"^ec2:DescribeTags: UnauthorizedOperation$"):
            Ec2TagReader().read(
                [Arn(partition="aws", service="ec2", region="r", account_id="1", resource="instance/i-1")], in_time
            )
