"""The Tagging API on moto, and its refusals."""

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.aws.tagging import TaggingApiReader
from infra_events.domain.arn import Arn
from infra_events.domain.errors import TransientError
from infra_events.domain.tags import Tags
from tests.support.adapters import counted, in_time, tagging_api

pytestmark = pytest.mark.usefixtures("aws")


def queues(count: int) -> list[Arn]:
    """Queues with tags."""
    names = [f"queue-{number}" for number in range(count)]
    for name in names:
        delivery_client("sqs").create_queue(QueueName=name, tags={"Name": name})
    return [arn for name in names if (arn := Arn.parse(f"arn:aws:sqs:eu-west-1:123456789012:{name}"))]


def test_tags_of_any_service_are_read_in_one_call() -> None:
    arns = queues(3)
    gone = Arn.parse(f"{arns[0]}-gone")
    assert gone
    calls = counted("resourcegroupstaggingapi")
    found = TaggingApiReader().read([*arns, gone], in_time)
    assert found == {str(arn): Tags.live({"Name": arn.resource}) for arn in arns} | {str(gone): Tags.live({})}
    assert calls == ["GetResources"]


def test_one_arn_that_the_service_refuses_costs_the_others_nothing() -> None:
    arns = [Arn.parse(f"arn:aws:sqs:eu-west-1:123456789012:queue-{number:03}") for number in range(100)]
    calls = tagging_api("queue-042")
    found = TaggingApiReader().read([arn for arn in arns if arn], in_time)
    assert {str(arn) for arn in arns} - found.keys() == {str(arns[42])}
    assert len(calls) <= 16


def test_many_refused_arns_do_not_cost_calls_without_end() -> None:
    arns = [Arn.parse(f"arn:aws:sqs:eu-west-1:123456789012:queue-{number:03}") for number in range(100)]
    calls = tagging_api("queue")
    with pytest.raises(TransientError, match="tag:GetResources"):
        TaggingApiReader().read([arn for arn in arns if arn], in_time)
    assert len(calls) == 16


def test_a_denied_look_up_of_the_tagging_api_is_named() -> None:
    with Stubber(lookup_client("resourcegroupstaggingapi")) as tagging:
        tagging.add_client_error("get_resources", "AccessDeniedException")
        with pytest.raises(TransientError, match=r"^tag:GetResources: AccessDeniedException$"):
            TaggingApiReader().read(queues(1), in_time)
