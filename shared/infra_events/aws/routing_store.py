"""The compiled routing in its bucket: an object a version, named by its own hash."""

import hashlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import delivery_client, error_code
from infra_events.domain.errors import InfraEventsError
from infra_events.routing import compiled as routing
from infra_events.routing.model import Routing


class RoutingError(InfraEventsError):
    """The routing that this function was told to use cannot be used: nothing can be decided without it."""


def read(bucket: str, sha256: str, client: Any = None) -> Routing:
    """Read the routing with this hash, by the S3 ``client`` of another account if one is given.

    Raises RoutingError, which names the object.
    """
    key = f"routing/{sha256}.json"
    where = f"the routing s3://{bucket}/{key}"
    try:
        body: bytes = (client or delivery_client("s3")).get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise RoutingError(f"{where} could not be read: s3:GetObject: {error_code(error)}") from error
    if hashlib.sha256(body).hexdigest() != sha256:
        raise RoutingError(f"{where} is not what its name says: its SHA-256 is another")
    try:
        return routing.read(body.decode(), digest=sha256)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RoutingError(f"{where} is no compiled routing: {type(error).__name__}") from error
