"""What holds of every standard message that is written of an event."""

import csv
import io
import json

from aws_service_event_handler.stages.publish import WRITERS
from infra_events.domain.event import ResourceEvent

LIMIT = 240 * 1024


def check_written(event: ResourceEvent) -> None:
    """Both versions: one CSV record of three filled columns; JSON that keeps its limit; no attribute empty."""
    first, second = (WRITERS[version](event) for version in ("1", "2"))
    (record,) = csv.reader(io.StringIO(first.body, newline=""), strict=True)
    assert len(record) == 3
    assert all(record)
    cloudevent = json.loads(second.body)
    assert cloudevent["subject"]
    assert cloudevent["data"]["change"]["to"]
    for written in (first, second):
        attributes = sum(len(name) + len(str(value).encode()) for name, value in written.attributes.items())
        assert len(written.body.encode()) + attributes <= LIMIT or written is first
        assert all(written.attributes.values())
        assert len(written.attributes) <= 9
    left_out = event.truncated or (event.raw != {} and cloudevent["data"]["raw"] == {})
    assert cloudevent["data"]["truncated"] == left_out
