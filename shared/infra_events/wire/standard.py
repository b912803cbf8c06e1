"""The standard message of any version: so a reader can move from one version's queue to the other's."""

from infra_events.domain.event import ResourceEvent
from infra_events.ports import Message
from infra_events.wire import v1, v2


def read(message: Message) -> ResourceEvent:
    """Read a standard message of any producer. Raises PermanentError.

    The body shows the version; an attribute would not do, since a foreign producer need not send any.
    """
    return v2.read(message) if message.body.lstrip().startswith("{") else v1.read(message)
