"""The compiled routing in its bucket: one object per version, named by its SHA-256."""

import hashlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import delivery_client
from infra_events.domain.errors import InfraEventsError, error_code
from infra_events.routing import compiled
from infra_events.routing.model import Routing


class RoutingError(InfraEventsError):
    """The routing in a function's settings cannot be read: without it no event can be decided on."""


def read(bucket: str, sha256: str, client: Any = None) -> Routing:
    """Read the routing with this SHA-256, by the process's S3 client or another one.

    Raises RoutingError, which names the object.
    """
    key = f"routing/{sha256}.json"
    where = f"the routing s3://{bucket}/{key}"
    try:
        body: bytes = (client or delivery_client("s3")).get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise RoutingError(f"{where} could not be read: s3:GetObject: {error_code(error)}") from error
    if hashlib.sha256(body).hexdigest() != sha256:
        raise RoutingError(f"{where} does not match its name: its SHA-256 is another")
    try:
        return compiled.read(body.decode(), digest=sha256)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RoutingError(f"{where} is no compiled routing: {type(error).__name__}") from error
