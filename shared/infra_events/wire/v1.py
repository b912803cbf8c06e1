"""Version 1: one RFC 4180 record, ``source,resource_arn,state``. These bytes never change."""

import csv
import io

from infra_events.domain.arn import Arn
from infra_events.domain.drill import DRILL_PREFIX, split_drill
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import ResourceEvent
from infra_events.domain.text import carriable
from infra_events.domain.time import parse_time
from infra_events.ports import Message, Publication
from infra_events.wire.attributes import standard_attributes
from infra_events.wire.fields import parse_severity

_COLUMNS = 3


def write(event: ResourceEvent) -> Publication:
    """Write an event, without header or line end."""
    line = io.StringIO()
    source = DRILL_PREFIX + event.source if event.drill else event.source
    # The writer quotes only line breaks of its terminator, hence \r\n, which is removed again.
    csv.writer(line, lineterminator="\r\n").writerow(map(carriable, (source, event.resource, event.state)))
    return Publication(body=line.getvalue().removesuffix("\r\n"), attributes=standard_attributes(event, "1"))


def read(message: Message) -> ResourceEvent:
    """Read a version-1 message of any producer; only the body is required, attributes add to it.

    Raises PermanentError when the body is not one record of three columns, or an attribute is malformed.
    """
    try:
        rows = list(csv.reader(io.StringIO(message.body, newline=""), strict=True))
    except csv.Error as error:
        raise PermanentError(ParkCode.NOT_CSV, f"the body is not an RFC 4180 record: {error}") from error
    if len(rows) != 1 or len(rows[0]) != _COLUMNS or not all(rows[0]):
        raise PermanentError(ParkCode.NOT_CSV, "the body must be one record: source,resource_arn,state")
    (source, drill), resource, state = split_drill(rows[0][0]), rows[0][1], rows[0][2]
    beside, arn = message.attributes, Arn.parse(resource)
    time = beside.get("time")
    return ResourceEvent(
        id=beside.get("id") or message.id,
        time=parse_time(time, "attribute time") if time else message.sent_time,
        type=beside.get("type") or f"infra.{source}.unmapped",
        source=source,
        severity=parse_severity(beside.get("severity"), "attribute severity"),
        account_id=beside.get("account_id") or (arn.account_id if arn else ""),
        resource=resource,
        state=state,
        drill=drill or beside.get("drill") == "true",
        owner=beside.get("owner", ""),
    )
