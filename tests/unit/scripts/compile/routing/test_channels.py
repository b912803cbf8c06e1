"""A channel is one block in the schema: a property of destinations with ``x-channel``."""

import json
from pathlib import Path

import pytest

from infra_events.routing import compiled
from scripts.compile.routing import check as routing
from scripts.compile.routing import file as routing_file
from tests.support.routing_file import changed

EMAILS = "{emails: [platform@example.org]}"


@pytest.fixture(autouse=True)
def _pager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that does not exist, for numbers to page."""
    schema = json.loads(routing_file.SCHEMA.read_text())
    destination = schema["properties"]["destinations"]["additionalProperties"]
    destination["properties"]["pagers"] = {"x-channel": "pager", "type": "array", "items": {"type": "string"}}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    monkeypatch.setattr(routing_file, "SCHEMA", tmp_path / "schema.json")


@pytest.mark.parametrize(
    ("destination", "targets"),
    [
        (EMAILS, {"email": ["platform@example.org"]}),
        ("{pagers: ['49']}", {"pager": ["49"]}),
        ("{pagers: ['49'], emails: [platform@example.org]}", {"email": ["platform@example.org"], "pager": ["49"]}),
    ],
)
def test_any_channel_will_do(file: Path, destination: str, targets: dict[str, list[str]]) -> None:
    checked = routing.check(changed(file, EMAILS, destination))
    assert [*checked.errors, *checked.warnings] == []
    assert json.loads(checked.compiled)["channels"] == {"emails": "email", "pagers": "pager"}
    assert compiled.read(checked.compiled.decode(), "d").destinations["platform"].targets == targets


def test_a_destination_without_a_target_is_an_error(file: Path) -> None:
    (error,) = routing.check(changed(file, EMAILS, "{}")).errors
    assert str(error) == (
        "a.routing.yaml:9: destinations.platform: emails or pagers is missing"
        " (Only emails and pagers are served: a destination without would receive nothing)"
    )


def test_what_no_channel_serves_is_a_warning(file: Path) -> None:
    (warning,) = routing.check(changed(file, EMAILS, "{pagers: ['49'], chat: {secret: a}}")).warnings
    assert str(warning) == (
        "a.routing.yaml:9: destinations.platform.chat: no channel of this version serves it:"
        " only its emails and pagers are"
    )
