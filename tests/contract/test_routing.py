"""Routing files and functions agree: an oracle that reads the YAML without the code comes to the same decisions.

The oracle (tests/support/routing_oracle.py) interprets a file's content, one rule after the other; the code compiles it
and looks little up.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra_events.domain.event import ResourceEvent
from infra_events.routing import compiled as routing_wire
from infra_events.routing.decision import Decision, Result, decide
from infra_events.routing.model import Routing
from scripts import environments, project
from scripts.compile import catalogue
from scripts.compile.routing import check as routing
from scripts.compile.routing import checks
from scripts.compile.routing import file as routing_file
from scripts.compile.routing.document import document
from scripts.compile.routing.file import RoutingFile
from tests.support.builders import SECURITY, routing_document
from tests.support.routing_oracle import Oracle, like
from tests.support.routing_samples import ACCOUNTS, NOON, documents, events

DOCUMENTATION = project.ROOT / "docs" / "routing.md"
FILES = [file for name in environments.names() if (file := environments.files(name).routing).exists()]
SCHEMA = json.loads(routing_file.SCHEMA.read_text(encoding="utf-8"))
CONSUMER = SCHEMA["properties"]["owners"]["additionalProperties"]["properties"]["consumers"]["items"]
PRINCIPAL = r"^([0-9]{12}|arn:[^:]+:iam::[0-9]{12}:(root|role/.+))$"
"""What the modules accept as a principal: an account, or the ARN of an account or role, in any partition."""

ALLOWED = ("no test expects", "nothing ever gets here", "no event could satisfy", "excludes nothing")
"""Errors of a file that can be decided on all the same."""


def reordered(value: Any) -> Any:
    """The same content, the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: reordered(one) for key, one in reversed(value.items())}
    return [reordered(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("routing")


def compiled(content: Mapping[str, Any], folder: Path, accounts: Mapping[str, Any]) -> Routing:
    """Compile content by way of a file (JSON is YAML), which may have the errors of ``ALLOWED`` and no others."""
    file = folder / "any.routing.yaml"
    file.write_text(json.dumps(content))
    file.with_name("accounts.yaml").write_text(json.dumps(accounts))
    source = RoutingFile(file)
    assert [str(error) for error in checks.errors(source) if not any(words in str(error) for words in ALLOWED)] == []
    return routing_wire.read(routing_wire.write(document(source)).decode(), "digest")


def summary(decision: Decision) -> tuple[str, str, str, list[str], list[str]]:
    return (
        decision.result.value,
        decision.owner,
        decision.severity.name,
        list(decision.routes),
        list(decision.destinations),
    )


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(data=st.data(), accounts=st.sampled_from(({}, ACCOUNTS)), several=st.lists(events, min_size=12, max_size=12))
def test_any_file_decides_on_any_event_as_it_reads(
    folder: Path, data: st.DataObject, accounts: Mapping[str, Any], several: list[ResourceEvent]
) -> None:
    content = data.draw(documents(accounts=bool(accounts)))
    by, turned = (compiled(one, folder, accounts) for one in (content, reordered(content)))
    for event in several:
        decision = decide(by, event, NOON)
        oracle = Oracle(content, event, NOON, accounts)
        assert summary(decision) == oracle.decide()
        assert [one.owner for one in by.owners_of(event)] == (oracle.owners() or [""])
        assert decision == decide(by, event, NOON) == decide(turned, event, NOON)
        assert bool(decision.destinations) is (decision.result is Result.SEND), "sent to destinations, or suppressed"
        assert decision.reason
        if by.protects(event.type):
            assert decision.result is Result.SEND


@cache
def types_given() -> frozenset[str]:
    """Every type of the catalogue, and what is unmapped of its sources."""
    entries = catalogue.compiled()["entries"]
    of_entries = {entry[key] for entry in entries for key in ("type", "failure_type")}
    return frozenset(of_entries | {f"infra.{source}.unmapped" for entry in entries for source in entry["sources"]})


@pytest.mark.parametrize("pattern", SECURITY)
def test_what_is_protected_exists(pattern: str) -> None:
    assert any(like(pattern, given) for given in types_given())


def test_a_channel_has_one_field() -> None:
    destination = SCHEMA["properties"]["destinations"]["additionalProperties"]["properties"]
    served = [field["x-channel"] for field in destination.values() if "x-channel" in field]
    assert served
    assert len(set(served)) == len(served), "the targets of one field would take the place of the other's"


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(consumer=st.from_regex(re.compile(CONSUMER["pattern"], re.ASCII), fullmatch=True))
def test_terraform_accepts_the_consumers_that_a_routing_file_may_name(consumer: str) -> None:
    assert re.fullmatch(PRINCIPAL, consumer)


def test_terraform_knows_one_form_of_principals() -> None:
    written = [
        pattern
        for file in (project.ROOT / "terraform").rglob("*.tf")
        for pattern in re.findall(r'"(\^\(\[0-9\][^"]*:iam::[^"]*)"', file.read_text())
    ]
    assert set(written) == {PRINCIPAL}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_files_that_are_shipped_have_no_findings(file: Path) -> None:
    checked = routing.check(file)
    assert [str(finding) for finding in (*checked.errors, *checked.warnings)] == []
    assert checked.results


@pytest.mark.parametrize(
    "file", sorted((project.ROOT / "terraform").glob("*/routing/*.yaml")), ids=lambda file: file.stem
)
def test_the_files_of_terraforms_tests_are_compiled(file: Path) -> None:
    assert file.with_suffix(".json").read_bytes() == routing.compiled(file)


def test_the_file_that_the_documentation_shows_is_right(tmp_path: Path) -> None:
    shown, accounts = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "shown.routing.yaml"
    file.write_text(shown)
    file.with_name("accounts.yaml").write_text(accounts)
    checked = routing.check(file)
    assert list(checked.errors) == []
    assert [path in str(finding) for finding, path in zip(checked.warnings, ["payments.chat"], strict=True)] == [True]


def test_a_compiled_file_has_the_form_that_tests_build() -> None:
    def form(value: Any) -> Any:
        return {key: form(one) for key, one in value.items()} if isinstance(value, dict) else type(value)

    document, built = json.loads(routing.compiled(FILES[0])), routing_document()
    for part in (document, built):
        part["owners"] = part["owners"]["payments"]
        part["accounts"] = {}  # what an account has, tests of the compiler show
        part["destinations"] = part["destinations"]["payments"]
    assert form(document) == form(built)
    assert document["routes"][0].keys() == built["routes"][0].keys()
