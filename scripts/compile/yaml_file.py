"""YAML as a person means it, with the line of every value for complaints.

Dates, `012`, `12:30:00`, `yes` and `no` stay the text that they are, a key that stands twice is an error, and nothing
but plain values can be made. Only Python reads this project's YAML; Terraform reads what was compiled from it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

PLAIN_INTEGER = re.compile(r"^-?(0|[1-9][0-9]*)$")
TRUE_OR_FALSE = re.compile(r"^(true|false)$")
UNWANTED = tuple(f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "bool", "merge", "value"))

Path_ = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """YAML's core types, without those that surprise."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in UNWANTED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", PLAIN_INTEGER, list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", TRUE_OR_FALSE, ["t", "f"])


class FindingError(CommandError):
    """Something wrong in a file: where, what, and what to do."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(f"{file.name}:{line}: {message}")


class YamlFile:
    """A file's content, and the line of each of its values by path."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lines: dict[Path_, int] = {}
        try:
            node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise FindingError(file, mark.line + 1 if mark else 1, f"{error.problem or error.context}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise FindingError(file, 1, f"this is no YAML text: {error}") from error
        self.content: Any = self._value(node, ()) if node else None

    def line(self, path: Iterable[str | int]) -> int:
        """Return the line where the value at `path`, or else its nearest parent, begins."""
        path = tuple(path)
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def finding(self, path: Iterable[str | int], message: str) -> FindingError:
        """Return a complaint about the value at `path`."""
        return FindingError(self.file, self.line(path), message)

    def violations(self, schema: Mapping[str, Any]) -> Iterator[FindingError]:
        """Yield whatever breaks a JSON schema; a schema's `description` is the hint."""
        for error in sorted(jsonschema.Draft202012Validator(schema).iter_errors(self.content), key=lambda e: e.path):
            best = jsonschema.exceptions.best_match([error])
            where = ".".join(str(part) for part in best.absolute_path) or "the file"
            hint = best.schema.get("description", "") if isinstance(best.schema, dict) else ""
            yield self.finding(best.absolute_path, f"{where}: {best.message[:200]}" + (f" ({hint})" if hint else ""))

    def _value(self, node: yaml.Node, path: Path_) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            values: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in values:
                    raise FindingError(self.file, key_node.start_mark.line + 1, f"{key!r} stands here twice")
                values[key] = self._value(value_node, (*path, key))
            return values
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            return _Loader("").construct_object(node)
        except yaml.YAMLError as error:
            message = f"{node.tag} is not for here: only texts, numbers, true, false, null, lists and mappings are"
            raise FindingError(self.file, node.start_mark.line + 1, message) from error
