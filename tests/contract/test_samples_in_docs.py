"""What the pages show works as they show it: documents are read by their code, commands run where they stand."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import hcl2
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from aws_service_event_handler.core import Standardizer
from infra_events.domain.outcome import Sent
from infra_events.wire import v2
from infra_events.wire.custom_event import CustomEvent
from infra_events.wire.fields import Fields
from scripts import project
from scripts.compile import catalogue
from scripts.compile.routing.check import check
from scripts.stacks import hcl
from tests.support.builders import ACCOUNT, NOON, REGION, message, routing, whole_catalogue
from tests.support.channels import channel
from tests.support.fakes import FakePublisher, FakeTransport

PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "terraform/**/*.md", ".github/**/*.md")
    for page in project.ROOT.glob(pattern)
    if ".terraform" not in page.parts
)
FENCED = re.compile(r"^([ ]*)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")

BINARIES = {
    *(".venv/bin/python", ".venv/bin/infra-events", ".cache/lint/bin/pre-commit"),
    *("aws", "cd", "echo", "gh", "git", "make", "printf", "python", "sudo", "terraform"),
}
"""What a command may begin with: it runs in a fresh clone, or after the make verb that the page names before it."""

DIAGRAM = re.compile(r"[─▶←├└┌▲▼│]|^terraform/$", re.MULTILINE)
VARIABLE = re.compile(r"^(?:[A-Z]+=\S+\s*)+$")
UNPREPARED = re.compile(r"(?<![\w./-])(?:python3?|pip3?|pytest|ruff|mypy)(?= -|$| (?!dist/\S+\.pyz )\w)")
"""A tool of this project, called where it is not installed."""


PLAIN = hcl2.SerializationOptions(with_comments=False, strip_string_quotes=True)
STACKS = project.ROOT / "terraform" / "stacks"


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCED.finditer(text):
        indent, language, content = found.groups()
        content = re.sub(rf"^{indent}", "", content, flags=re.MULTILINE)
        yield Block(str(page.relative_to(project.ROOT)), text.count("\n", 0, found.start()) + 1, language, content)


BLOCKS = [block for page in PAGES for block in blocks(page)]


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def documents(name: str) -> list[Block]:
    return [block for block in of("json") if kind(json.loads(block.text)) == name]


def kind(document: Mapping[str, Any]) -> str:
    """What a JSON document of a page is, by the fields that only such a one has."""
    kinds = {"notification": {"subject", "text"}, "event": {"source", "detail-type"}, "statement": {"Effect", "Action"}}
    (found,) = [name for name, fields in kinds.items() if fields <= document.keys()]
    return found


def test_the_pages_samples_are_found() -> None:
    assert {block.language for block in BLOCKS} <= {"", "json", "yaml", "hcl"}
    assert [block.page for block in documents("notification")] == ["README.md"]
    assert {block.page for block in documents("event")} == {"docs/sources.md"}
    assert {kind(json.loads(block.text)) for block in of("json")} == {"notification", "event", "statement"}
    assert {block.page for block in of("yaml")} >= {"README.md", "docs/routing.md", "docs/catalogue.md"}


def notification_schema() -> dict[str, Any]:
    file = project.ROOT / "docs" / "schemas" / "notification-1.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def notification_validator() -> Draft202012Validator:
    return Draft202012Validator(notification_schema(), format_checker=FormatChecker())


@pytest.mark.parametrize("block", documents("notification"), ids=str)
def test_a_notification_fits_its_schema_and_is_delivered_without_any_attribute(block: Block) -> None:
    document = json.loads(block.text)
    assert set(document) <= set(notification_schema()["properties"])
    notification_validator().validate(document)

    transport = FakeTransport()
    destinations = {name: {"emails": [f"{name}@example.org"]} for name in ("fallback", *document["recipients"])}
    work = channel(transport, routing=routing(destinations=destinations, fallback="fallback", routes=[]))
    (outcome,) = work([message(block.text)])

    assert isinstance(outcome, Sent)
    assert outcome.notes == ()
    assert transport.targets == [f"{name}@example.org" for name in document["recipients"]]


@pytest.mark.parametrize("block", documents("event"), ids=str)
def test_a_custom_event_can_be_published_and_becomes_standard_messages(block: Block) -> None:
    document = json.loads(block.text)
    event = CustomEvent.read(Fields.decode(block.text), NOON)
    assert (event.source, event.detail_type) == (document["source"], document["detail-type"])
    assert event.key == document["detail"]["idempotency-key"]

    delivered = {"version": "0", "id": "1", "account": ACCOUNT, "region": REGION} | document
    publishers = {"1": FakePublisher(), "2": FakePublisher()}
    (outcome,) = Standardizer(catalogue=whole_catalogue(), publishers=publishers)([message(delivered)])

    assert outcome == Sent()
    (standard,) = publishers["2"].published
    read = v2.read(message(standard.body))
    assert (read.severity.name, read.summary, read.reason) == ("ERROR", "Order 7 failed", "card refused")
    assert len(publishers["1"].published) == len(document["resources"])


ACCOUNTS = re.compile(r'"[0-9]{12}":')
"""The beginning of an accounts file."""


@pytest.mark.parametrize("block", [block for block in of("yaml") if "version:" in block.text], ids=str)
def test_a_routing_file_passes_its_check_and_tests(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "page.routing.yaml"
    file.write_text(block.text, encoding="utf-8")
    beside = [one.text for one in of("yaml") if one.page == block.page and ACCOUNTS.match(one.text)]
    file.with_name("accounts.yaml").write_text("".join(beside), encoding="utf-8")
    checked = check(file)
    assert [str(error) for error in checked.errors] == []
    assert checked.results


@pytest.mark.parametrize("block", [block for block in of("yaml") if "service:" in block.text], ids=str)
def test_a_catalogue_file_is_one(block: Block, tmp_path: Path) -> None:
    file = tmp_path / f"{yaml.safe_load(block.text)['service']}.yaml"
    file.write_text(block.text, encoding="utf-8")
    assert catalogue.compiled(tmp_path)["entries"]


@pytest.mark.parametrize(
    "block",
    [
        block
        for block in of("yaml")
        if not re.search("^(version|service):", block.text, re.MULTILINE) and not ACCOUNTS.match(block.text)
    ],
    ids=str,
)
def test_a_part_of_a_routing_file_fits_into_one(block: Block, tmp_path: Path) -> None:
    whole = yaml.safe_load((project.ROOT / "terraform/environments/example/routing.yaml").read_text(encoding="utf-8"))
    part = yaml.safe_load(block.text)
    names = {route["name"] for route in part["routes"]}
    whole["destinations"] |= part["destinations"]
    whole["routes"] = [*part["routes"], *(route for route in whole["routes"] if route["name"] not in names)]
    file = tmp_path / "part.routing.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
    assert [str(error) for error in check(file).errors] == []


@pytest.mark.parametrize("block", of("hcl"), ids=str)
def test_hcl_is_hcl_and_names_inputs_that_there_are(block: Block) -> None:
    parsed = dict(hcl2.loads(block.text, serialization_options=PLAIN))
    modules = [body for module in parsed.pop("module", []) for body in module.values()]
    assert set(parsed) <= {name for stack in STACKS.iterdir() for name in inputs(stack)}
    for body in modules:
        assert set(body) - {"source", "version", "__is_block__"} <= inputs(module_folder(block, body["source"]))


def inputs(folder: Path) -> set[str]:
    return hcl.variables(folder / "variables.tf")


def module_folder(block: Block, source: str) -> Path:
    """The folder that a module's source names: one beside the page's, or one of a repository."""
    if source.startswith("."):
        return (project.ROOT / block.page).parent / source
    return project.ROOT / source.rsplit("//", maxsplit=1)[-1].partition("?")[0]


def test_the_commands_json_is_what_it_is_for() -> None:
    found = [json.loads(it) for _, command in commands() for it in re.findall(r"--message '(\{.*?\})'", command)]
    assert found
    for document in found:
        notification_validator().validate(document)


def commands() -> Iterator[tuple[Block, str]]:
    """Each command of the blocks without a language, but for those that are drawings; continued lines are one."""
    for block in of(""):
        if not DIAGRAM.search(block.text):
            for line in block.text.replace("\\\n", " ").splitlines():
                if line.strip() and not line.lstrip().startswith("#"):
                    yield block, line.strip()


@pytest.mark.parametrize(("block", "command"), list(commands()), ids=lambda it: str(it)[:60])
def test_a_command_runs_where_it_stands(block: Block, command: str) -> None:
    assert VARIABLE.match(command) or command.split(maxsplit=1)[0] in BINARIES, block
    if command.startswith("make "):
        verbs = re.findall(r"^([a-z-]+):", (project.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert command.split()[1] in verbs, block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(project.ROOT)))
def test_no_page_calls_a_tool_where_it_is_not_installed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    inline = INLINE.findall(FENCED.sub("", text))
    fenced = [line for block in blocks(page) for line in block.text.splitlines()]
    called = [code for code in [*inline, *fenced] if UNPREPARED.match(code.strip())]
    assert called == []


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("python -m scripts.explain", True),
        ("python3 -m scripts", True),
        ("pytest -q", True),
        ("pip install x", True),
        (".venv/bin/python -m pytest", False),
        ("python scripts/explain.py", True),
        ("python dist/infra-events-routing.pyz my.yaml", False),
        ("make explain", False),
        ("python-hcl2", False),
        ("python3.11", False),
    ],
)
def test_such_a_call_is_recognised(code: str, *, bad: bool) -> None:
    assert bool(UNPREPARED.match(code)) is bad
