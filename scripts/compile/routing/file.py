"""A routing file, parsed: its sections, as far as they keep to the schema, and the accounts beside it."""

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from scripts import environments, project
from scripts.compile.routing.accounts import AccountsFile
from scripts.compile.routing.match import Vocabulary
from scripts.compile.violations import Problem, ValuePath, schema_problems
from scripts.compile.yaml_file import YamlFile

SCHEMA = project.ROOT / "docs" / "schemas" / "routing.json"
TIMEZONE = "Etc/UTC"


class RoutingFile(YamlFile):
    """The content of one routing file, by section; ``accounts`` is None where there is no accounts file beside it."""

    def __init__(self, file: Path) -> None:
        """Read and parse both files. Raises FindingError where one is no YAML, OSError where it cannot be read."""
        super().__init__(file, display_name(file))
        accounts = file.with_name(environments.ACCOUNTS)
        self.accounts = AccountsFile(accounts, display_name(accounts)) if accounts.exists() else None
        self._schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    @cached_property
    def violations(self) -> list[Problem]:
        """What breaks the schema."""
        found = schema_problems(self.content, self._schema)
        where = f"accounts are named in {environments.ACCOUNTS}, beside this file (docs/routing.md)"
        return [Problem(path=one.path, message=where) if one.path == ("accounts",) else one for one in found]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names that conditions may use."""
        return Vocabulary(
            owners=self.named("owners"),
            accounts=self.accounts.names if self.accounts else {},
            environments=self.accounts.environments if self.accounts else (),
        )

    @cached_property
    def channels(self) -> dict[str, str]:
        """The channel of each field of a destination that holds targets: ``x-channel`` in the schema."""
        fields = self._schema["properties"]["destinations"]["additionalProperties"]["properties"]
        return {name: field["x-channel"] for name, field in fields.items() if "x-channel" in field}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which dates end; UTC where the file names none, or one that does not exist."""
        name = dict(self.sound("defaults")).get(("defaults", "timezone"))
        return ZoneInfo(name if name in available_timezones() else TIMEZONE)

    def sound(self, *section: str) -> Iterator[tuple[ValuePath, Any]]:
        """Yield the parts of a section that keep to the schema, each with its path."""
        values: Any = self.content
        for name in section:
            values = values.get(name, {}) if isinstance(values, dict) else {}
        parts = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
        for key, value in parts:
            path = (*section, key)
            if not any(_within(broken.path, path) or _within(path, broken.path) for broken in self.violations):
                yield path, value

    def named(self, section: str) -> dict[str, Any]:
        """Return all parts of a section by name, also those that break the schema: their names may be referred to."""
        values = self.content.get(section) if isinstance(self.content, dict) else None
        return values if isinstance(values, dict) else {}

    def is_whole(self, section: str) -> bool:
        """Return whether all parts of a list keep to the schema (and a section that is absent is whole)."""
        values = self.content.get(section, []) if isinstance(self.content, dict) else None
        return isinstance(values, list) and len(values) == len(list(self.sound(section)))


def display_name(file: Path) -> str:
    """Return what findings call a file: an environment's by its folder too, since all have the same name."""
    is_environments = file.resolve().with_name("routing.yaml") == environments.files(file.resolve().parent.name).routing
    return f"{file.resolve().parent.name}/{file.name}" if is_environments else file.name


def _within(path: ValuePath, parent: ValuePath) -> bool:
    return path[: len(parent)] == parent
