"""The compiled routing in a bucket on moto."""

import hashlib
import json
from io import BytesIO
from unittest.mock import Mock

import pytest

from infra_events.aws import routing_store
from infra_events.aws.clients import delivery_client
from tests.support.builders import routing_document

pytestmark = pytest.mark.usefixtures("aws")


def stored(document: str, sha256: str = "") -> tuple[str, str]:
    s3, sha256 = delivery_client("s3"), sha256 or hashlib.sha256(document.encode()).hexdigest()
    s3.create_bucket(Bucket="routing", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="routing", Key=f"routing/{sha256}.json", Body=document.encode())
    return "routing", sha256


def test_a_routing_is_read_and_known_by_the_first_of_its_hash() -> None:
    bucket, sha256 = stored(json.dumps(routing_document()))
    routing = routing_store.read(bucket, sha256)
    assert (routing.fallback, routing.digest) == ("platform", sha256[:12])


def test_a_routing_is_read_by_another_client_if_one_is_given() -> None:
    document = json.dumps(routing_document())
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    client = Mock()
    client.get_object.return_value = {"Body": BytesIO(document.encode())}
    assert routing_store.read("elsewhere", sha256, client=client).fallback == "platform"
    client.get_object.assert_called_once_with(Bucket="elsewhere", Key=f"routing/{sha256}.json")


@pytest.mark.parametrize("document", ["", "[]", "{}", "nonsense", '{"bounds": 7}'])
def test_what_is_no_routing_is_one_error_that_names_the_object(document: str) -> None:
    bucket, sha256 = stored(document)
    with pytest.raises(routing_store.RoutingError, match=f"s3://routing/routing/{sha256}.json is no compiled routing"):
        routing_store.read(bucket, sha256)


def test_a_routing_of_another_hash_is_not_used() -> None:
    bucket, sha256 = stored(json.dumps(routing_document()), sha256="0" * 64)
    with pytest.raises(routing_store.RoutingError, match="its SHA-256 is another"):
        routing_store.read(bucket, sha256)


def test_a_routing_that_is_not_there_is_one_error_that_names_the_object() -> None:
    with pytest.raises(
        routing_store.RoutingError, match=r"s3://routing/routing/0.json could not be read.*NoSuchBucket"
    ):
        routing_store.read("routing", "0")
