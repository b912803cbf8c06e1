"""Any text of a producer in source, resource and state comes back from both message versions."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra_events.domain.drill import DRILL_PREFIX
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Parked, attempt
from infra_events.domain.text import carriable
from infra_events.ports import Publication
from infra_events.wire import standard, v1, v2
from tests.support.builders import delivered, message, resource_event

ANY = st.text(alphabet=st.characters(exclude_categories=()), min_size=1, max_size=40)
LONG = "arn:" + "\ud800" * 300


@pytest.mark.parametrize("write", [v1.write, v2.write])
@given(source=ANY, resource=ANY, state=ANY, drill=st.booleans())
@example(source="\ud800", resource="\udfff", state="\ud83d", drill=False)
@example(source="aws.\ud800", resource="r", state="s", drill=False)
@example(source="{", resource="r", state="s", drill=False)
@example(source=' {"a": 1}', resource='"b": 2', state="}", drill=False)
@example(source="aws.", resource="r", state="s", drill=True)
@example(source="com.example.shop", resource=LONG, state="s", drill=False)
def test_hostile_text_comes_back(
    write: Callable[[ResourceEvent], Publication], source: str, resource: str, state: str, *, drill: bool
) -> None:
    if source.startswith(DRILL_PREFIX):
        source = source.removeprefix(DRILL_PREFIX) or "x"
    event = resource_event(source=source, resource=resource, state=state, drill=drill)
    written = write(event)
    assert written.body.encode()
    assert all(value.encode() for value in written.attributes.values() if isinstance(value, str))
    read = standard.read(delivered(written))
    # JSON escapes what XML cannot hold, so version 2 carries more of it than version 1.
    came = [carriable(text) for text in (read.source, read.resource, read.state)]
    assert came == [carriable(text) for text in (source, resource, state)]
    assert read.drill is drill


@given(body=ANY, attributes=st.dictionaries(st.sampled_from(["id", "time", "severity", "schema_version"]), ANY))
@example(body="{a,b,c", attributes={})
@example(body='{"specversion": "1.0"}', attributes={"schema_version": "1"})
def test_any_foreign_message_is_read_or_parked_for_a_reason(body: str, attributes: dict[str, str]) -> None:
    result = attempt(standard.read, message(body, **attributes))
    assert isinstance(result, ResourceEvent | Parked)
