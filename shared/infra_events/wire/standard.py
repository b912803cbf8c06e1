"""The standard message of any version: so a reader can move from one version's queue to the other's."""

from infra_events.domain.event import ResourceEvent
from infra_events.ports import Message
from infra_events.wire import v1, v2


def read(message: Message) -> ResourceEvent:
    """Read a standard message of any producer. Raises PermanentError.

    The body shows the version, since a foreign producer need not send any attribute. An attribute decides where there
    is one: the first column of version 1, the source, is a producer's text and may look like JSON.
    """
    is_json = message.body.lstrip().startswith("{") and message.attributes.get("schema_version") != "1"
    return v2.read(message) if is_json else v1.read(message)
