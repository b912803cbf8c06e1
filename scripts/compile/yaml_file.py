"""YAML without surprises, and the line of each value for findings.

Dates, ``012``, ``12:30:00``, ``yes`` and ``no`` stay text, a key that occurs twice is an error, and no tag makes
anything but plain values. Only Python reads this project's YAML; Terraform reads what is compiled from it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from scripts.compile.secret_texts import redacted
from scripts.compile.violations import ValuePath
from scripts.project import CommandError

MOST_VALUES = 50_000
"""More values than any file needs, aliases followed: a text counts as one for each ``TEXT_PART`` characters begun."""

TEXT_PART = 100

PLAIN_INTEGER = re.compile(r"^-?(0|[1-9][0-9]*)$")
TRUE_OR_FALSE = re.compile(r"^(true|false)$")
UNWANTED = tuple(f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "bool", "merge", "value"))


class _Loader(yaml.SafeLoader):
    """YAML's core types, without those that surprise."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in UNWANTED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", PLAIN_INTEGER, list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", TRUE_OR_FALSE, ["t", "f"])


class FindingError(CommandError):
    """Something wrong in a file: the file's name, the line, and a message that names what to do."""

    def __init__(self, name: str, line: int, message: str) -> None:
        super().__init__(f"{name}:{line}: {message}")
        self.line = line


class YamlFile:
    """A file's content, and the line of each of its values by path. Raises FindingError for anything but YAML."""

    def __init__(self, file: Path, name: str = "") -> None:
        """Read and parse ``file``; findings call it ``name``, or else by its own name."""
        self.file = file
        self.name = name or file.name
        self.source = file.read_bytes()
        self._lines: dict[ValuePath, int] = {}
        self._values = 0
        try:
            self.text = self.source.decode()
            node = yaml.compose(self.text, Loader=_Loader)
            self.content: Any = self._value(node, ()) if node else None
        except RecursionError as error:
            raise FindingError(self.name, 1, "the file is nested too deep, or within itself") from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise FindingError(self.name, mark.line + 1 if mark else 1, f"{error.problem or error.context}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise FindingError(self.name, 1, f"this is no YAML text: {error}") from error

    def line(self, path: Iterable[str | int]) -> int:
        """Return the line where the value at ``path``, or else its nearest parent, begins."""
        path = tuple(path)
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def finding(self, path: ValuePath, message: str) -> FindingError:
        """Return a finding about the value at ``path``; words that look like secrets are left out of it."""
        where = ".".join(str(part) for part in path) or "the file"
        return FindingError(self.name, self.line(path), redacted(f"{where}: {message}"))

    def _value(self, node: yaml.Node, path: ValuePath) -> Any:
        self._lines[path] = node.start_mark.line + 1
        self._count(node, path)
        if isinstance(node, yaml.MappingNode):
            values: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in values:
                    raise FindingError(self.name, key_node.start_mark.line + 1, f"{key!r} stands here twice")
                values[key] = self._value(value_node, (*path, key))
            return values
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            return _Loader("").construct_object(node)
        except yaml.YAMLError as error:
            message = f"{node.tag} is not for here: only texts, numbers, true, false, null, lists and mappings are"
            raise FindingError(self.name, node.start_mark.line + 1, message) from error

    def _count(self, node: yaml.Node, path: ValuePath) -> None:
        """Refuse a small file that aliases of aliases make large, before it fills the memory."""
        self._values += 1 + (len(node.value) // TEXT_PART if isinstance(node, yaml.ScalarNode) else 0)
        if self._values > MOST_VALUES:
            message = f"{path[0]} is too large: with its aliases followed, the file has over {MOST_VALUES:,} values"
            raise FindingError(self.name, self.line(path[:1]), message)
