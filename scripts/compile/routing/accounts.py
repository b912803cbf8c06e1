"""The accounts beside a routing file: what people call each, what it is for, and who owns what nobody else does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from scripts import project
from scripts.compile.routing.file_texts import secrets, unprintable_texts
from scripts.compile.routing.match import Vocabulary
from scripts.compile.violations import Problem, schema_problems
from scripts.compile.yaml_file import FindingError, YamlFile

SCHEMA = project.ROOT / "docs" / "schemas" / "accounts.json"
_ID_LENGTH = 12


class AccountsFile(YamlFile):
    """The content of one accounts file. Raises FindingError where it is no YAML, OSError where it cannot be read."""

    @cached_property
    def violations(self) -> list[Problem]:
        """What breaks the schema; an empty file breaks nothing."""
        if self.content is None:
            return []
        found = schema_problems(self.content, json.loads(SCHEMA.read_text(encoding="utf-8")))
        return [_with_hint(problem) for problem in found]

    @cached_property
    def accounts(self) -> Mapping[str, Mapping[str, str]]:
        """The accounts that keep to the schema, by id."""
        content: dict[str, Any] = self.content if isinstance(self.content, dict) else {}
        broken = {problem.path[:1] for problem in self.violations}
        return {} if () in broken else {id_: one for id_, one in content.items() if (id_,) not in broken}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The id of each name; of two accounts with one name the first."""
        names: dict[str, str] = {}
        for id_, account in self.accounts.items():
            if name := account.get("name"):
                names.setdefault(name, id_)
        return names

    @property
    def environments(self) -> list[str]:
        """The environments, each once."""
        return list(dict.fromkeys(one["environment"] for one in self.accounts.values() if "environment" in one))


def errors(source: AccountsFile, owners: Mapping[str, Any]) -> Sequence[FindingError]:
    """Return everything that is wrong, by line; ``owners`` are those of the routing file, by name."""
    problems = [
        *source.violations,
        *unprintable_texts(source),
        *_repeated_names(source),
        *_unknown_owners(source, owners),
    ]
    found = [*secrets(source), *(source.finding(problem.path, problem.message) for problem in problems)]
    return sorted(found, key=lambda finding: finding.line)


def _repeated_names(source: AccountsFile) -> Iterator[Problem]:
    """Yield names that two accounts have: a rule could not distinguish them."""
    for id_, account in source.accounts.items():
        if (name := account.get("name", "")) and source.names[name] != id_:
            yield Problem(path=(id_, "name"), message=f"{name!r} is {source.names[name]} already (names are unique)")


def _unknown_owners(source: AccountsFile, owners: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield default owners that the routing file does not have."""
    for id_, account in source.accounts.items():
        owner = account.get("default_owner", "")
        if owner and owner not in owners:
            hint = Vocabulary(owners=owners).hint("owner", owner)
            yield Problem(path=(id_, "default_owner"), message=f"the routing file has no owner {owner!r} ({hint})")


def _with_hint(problem: Problem) -> Problem:
    """Name the id that was probably meant where one lacks the zeros at its beginning."""
    key = str(problem.path[0]) if len(problem.path) == 1 else ""
    if not (key.isdecimal() and key.isascii() and len(key) < _ID_LENGTH):
        return problem
    return Problem(path=problem.path, message=f"{problem.message}: did you mean '{key.zfill(_ID_LENGTH)}'?")
