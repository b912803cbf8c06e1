"""The standard message of any version: a reader that is moved from one version's queue to the other's takes both."""

from infra_events.domain.event import ResourceEvent
from infra_events.ports import Message
from infra_events.wire import v1, v2


def read(message: Message) -> ResourceEvent:
    """Read a standard message. Raises PermanentError.

    The body tells its version, not an attribute: a foreign producer need not send any.
    """
    return v2.read(message) if message.body.lstrip().startswith("{") else v1.read(message)
