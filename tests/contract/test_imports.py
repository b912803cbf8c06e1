"""The import rule of docs/architecture.md, and what follows from it: no circles, small handlers, quick cold starts."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(p.name for p in (ROOT / "functions").iterdir() if (p / "handler.py").exists())

FLOORS = (
    ("domain",),
    ("ports",),
    ("wire", "routing", "enrichment"),
    ("noise", "content"),
    ("delivery",),
    ("http", "aws", "runtime"),
    ("assembly",),
)
"""The rooms of infra_events from the lowest floor up. A room imports from the floors below, never from a neighbour."""

LIBRARIES = {
    "content": ("jinja2",),
    "http": ("urllib3",),
    "aws": ("boto3", "botocore"),
    "runtime": ("aws_lambda_powertools",),
}
"""Third-party packages, each known to one room alone."""

PURE = tuple(f"infra_events.{room}" for floor in FLOORS[:-2] for room in floor)
"""What a function's core may know: everything below the adapters."""

ALLOWED = {
    f"infra_events.{room}": (
        f"infra_events.{room}",
        *(f"infra_events.{below}" for floor in FLOORS[:number] for below in floor),
        *LIBRARIES.get(room, ()),
    )
    for number, floor in enumerate(FLOORS)
    for room in floor
} | {
    "infra_events_snmp": (
        "infra_events_snmp",
        *(f"infra_events.{room}" for room in ("domain", "ports", "wire", "aws")),
        "botocore",
    ),
    "infra_events": (),
    **{
        prefix: (function, *PURE, *more)
        for function in FUNCTIONS
        for prefix, more in {
            f"{function}.handler": tuple(f"infra_events.{room}" for floor in FLOORS[-2:] for room in floor),
            f"{function}.settings": ("infra_events.runtime.settings",),
            function: ("jmespath",),
        }.items()
    },
}
"""What the modules below each prefix may import beside the standard library; the first prefix that fits counts."""

SAME_NAME = {"infra_events.wire": {"read", "write"}}
"""Names that several modules of a package share on purpose: callers write ``v1.read``, ``v2.read``."""


def sources(*tops: str) -> Iterator[tuple[str, Path]]:
    """Yield every module below some folders by its name; ``scripts`` is itself a package."""
    for top in tops:
        base = ROOT if top == "scripts" else ROOT / top
        for path in sorted((ROOT / top).rglob("*.py")):
            yield ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__"), path


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> set[str]:
    """Return every name that ``path`` imports, anywhere in the file."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def below(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def offence(module: str, imported: str) -> bool:
    """Return whether ``module`` may not import ``imported``; a module in no room may import nothing of ours."""
    allowed = next((known for prefix, known in ALLOWED.items() if below(module, prefix)), ())
    return not below(imported, *sys.stdlib_module_names, *allowed)


def test_imports_point_one_way() -> None:
    found = sources("shared", "functions")
    offences = [f"{m} imports {i}" for m, path in found for i in sorted(imports(path)) if offence(m, i)]
    assert offences == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("infra_events.domain.arn", "infra_events.ports"),
        ("infra_events.domain.arn", "jinja2"),
        ("infra_events.ports", "infra_events.wire.v1"),
        ("infra_events.ports", "infra_events.routing.model"),
        ("infra_events.wire.v1", "infra_events.routing.model"),
        ("infra_events.routing.model", "infra_events.wire.v1"),
        ("infra_events.enrichment.enricher", "infra_events.routing.model"),
        ("infra_events.routing.decision", "infra_events.enrichment.event_tags"),
        ("infra_events.routing.decision", "infra_events.content.facts"),
        ("infra_events.content.facts", "infra_events.delivery.channel"),
        ("infra_events.wire", "infra_events.aws.sns"),
        ("infra_events.wire", "botocore"),
        ("infra_events.delivery.channel", "infra_events.aws.ses"),
        ("infra_events.delivery.channel", "infra_events.runtime.worker"),
        ("infra_events.runtime.worker", "infra_events.aws.sns"),
        ("infra_events.runtime.worker", "boto3"),
        ("infra_events.aws.sns", "infra_events.runtime.worker"),
        ("infra_events.aws.sns", "infra_events.http.client"),
        ("infra_events.aws.sns", "jinja2"),
        ("infra_events.attic.box", "infra_events.domain.arn"),
        ("infra_events.domain.arn", "email_notification_sender.core"),
        ("email_notification_sender.core", "infra_events.aws.ses"),
        ("email_notification_sender.core", "infra_events.runtime.worker"),
        ("email_notification_sender.handler", "boto3"),
        ("email_notification_sender.handler", "aws_service_event_handler.core"),
        ("email_notification_sender.handler", "scripts.project"),
        ("infra_events_snmp.flusher", "infra_events.runtime.worker"),
        ("infra_events_snmp.flusher", "email_notification_sender.core"),
        ("infra_events.aws.sns", "infra_events_snmp.spool"),
    ],
)
def test_the_rule_itself_can_fail(module: str, imported: str) -> None:
    assert offence(module, imported)


Graph = Mapping[str, Sequence[str]]


def module_graph(*tops: str) -> Graph:
    """Return the modules that each module imports; ``from package import name`` means the module if there is one."""
    found = dict(sources(*tops))
    return {
        module: sorted({name for i in imports(path) for name in (i, i.rpartition(".")[0]) if name in found} - {module})
        for module, path in found.items()
    }


def circles(graph: Graph) -> list[set[str]]:
    """Return the sets of modules that import each other, directly or round about."""
    reached = {module: _reachable(graph, module) for module in graph}
    rings = {frozenset(m for m in graph if module in reached[m] and m in reached[module]) for module in graph}
    return [set(ring) for ring in sorted(rings, key=sorted) if ring]


def _reachable(graph: Graph, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(graph[waiting.pop()]) - reached
        reached |= new
        waiting += new
    return reached


def test_no_modules_import_each_other() -> None:
    assert circles(module_graph("shared", "functions", "scripts")) == []


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": ["b"], "b": ["a"]}, [{"a", "b"}]),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}, [{"a", "b", "c"}]),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c", "a"]}, [{"a", "b"}, {"c", "d"}]),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, []),
    ],
)
def test_a_circle_is_found(graph: Graph, found: list[set[str]]) -> None:
    assert circles(graph) == found


def test_the_graph_has_arrows_between_rooms_and_within() -> None:
    graph = module_graph("shared", "functions", "scripts")
    assert "infra_events.routing.model" in graph["infra_events.routing.decision"]
    assert "infra_events.domain.arn" in graph["infra_events.routing.model"]
    assert "infra_events.routing.decision" in graph["scripts.compile.routing.cases"]


def twice(definitions: Mapping[str, Sequence[str]], package: str) -> set[str]:
    """Return the names that several modules of one package define."""
    counts = Counter(name for names in definitions.values() for name in set(names))
    return {name for name, count in counts.items() if count > 1} - SAME_NAME.get(package, set())


def packages() -> dict[str, dict[str, list[str]]]:
    """Return the public classes and functions at the top of each module, by package."""
    found: dict[str, dict[str, list[str]]] = {}
    for module, path in sources("shared", "functions"):
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        defined = [node.name for node in tree(path).body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        found.setdefault(package, {})[module] = [name for name in defined if not name.startswith("_")]
    return found


@pytest.mark.parametrize("package", sorted(packages()))
def test_a_package_has_no_two_things_of_one_name(package: str) -> None:
    assert twice(packages()[package], package) == set()


def test_two_things_of_one_name_are_found() -> None:
    assert twice({"p.a": ["Result", "read"], "p.b": ["Result"]}, "p") == {"Result"}
    assert twice({"v1": ["read"], "v2": ["read"]}, "infra_events.wire") == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_is_short(function: str) -> None:
    lines = (ROOT / "functions" / function / "handler.py").read_text().splitlines()
    assert len(lines) <= 30


def loaded(function: str) -> set[str]:
    """What a cold start loads, in a separate process, without an environment and with the network cut."""
    code = f"import socket, sys; socket.socket.connect = None\nimport {function}.handler\nprint(*sorted(sys.modules))"
    path = f"{ROOT / 'functions'}:{ROOT / 'shared'}"
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


NEVER = {"pydantic", "aws_xray_sdk", "requests", "yaml", "jsonschema", "asyncio", "boto3.session"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_import_budget(function: str) -> None:
    modules = loaded(function)
    # Powertools' idempotency imports boto3 itself: a channel cannot avoid it.
    budget = NEVER - ({"boto3.session"} if "infra_events.runtime.sent_log" in modules else set())
    assert modules & budget == set()
    assert ("jinja2" in modules) == (function == "org_resource_event_notification_sender")
