"""Content from facts: Jinja2 templates in a sandbox. HTML escapes every value."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from infra_events.content.facts import ResourceFacts, facts_of
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode
from infra_events.routing.decision import Decision
from infra_events.routing.model import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One or more events in plain words; ``notes`` contains a note where a template failed."""

    subject: str
    text: str
    html: str | None
    notes: tuple[Note, ...] = ()


class Renderer:
    """Renders events as content; a process compiles the templates once."""

    def __init__(self, routing: Routing) -> None:
        """Take the routing: its zone for local times, its digest and its bounds for what a notification states."""
        self._routing = routing
        self._templates = SandboxedEnvironment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, events: Sequence[ResourceEvent], decision: Decision) -> Content:
        """Render events of one change as one content; where a template fails, as a plain list of the same facts."""
        values = facts_of(events, decision, self._routing)
        try:
            return Content(
                subject=self._fill("subject.txt.j2", values),
                text=self._fill("body.txt.j2", values),
                html=self._fill("body.html.j2", values),
            )
        except Exception as error:  # noqa: BLE001 - a template may raise anything, and people must still be notified
            return _plain(values, Note(code=NoteCode.TEMPLATE_FAILED, reason=f"{type(error).__name__}: {error}"))

    def _fill(self, template: str, values: Mapping[str, object]) -> str:
        return self._templates.get_template(template).render(values).strip()


def _plain(values: Mapping[str, Any], note: Note) -> Content:
    """Return the facts without a template: one line each, and after those of all those of each resource."""
    mark = "[DRILL] " if values["drill"] else ""
    resources: Sequence[ResourceFacts] = values["resources"]
    each = [asdict(one) for one in resources] if len(resources) > 1 else []
    lines = [
        f"{key}: {value}" for one in (values, *each) for key, value in one.items() if isinstance(value, str) and value
    ]
    return Content(
        subject=f"{mark}{values['lead']}{values['what']}{values['change']}",
        text="\n".join(lines),
        html=None,
        notes=(note,),
    )
