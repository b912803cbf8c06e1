"""The import rule of docs/architecture.md."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(p.name for p in (ROOT / "functions").iterdir() if (p / "handler.py").exists())

DOMAIN = ("infra_events.domain",)
MIDDLE = (
    *DOMAIN,
    "infra_events.ports",
    "infra_events.wire",
    "infra_events.routing",
    "infra_events.enrichment",
    "infra_events.content",
)
# What each layer may know beside the standard library; the first prefix that fits a module decides.
LAYERS = {
    "infra_events.domain": DOMAIN,
    "infra_events.content": (*MIDDLE, "jinja2"),
    "infra_events.delivery": (*MIDDLE, "infra_events.delivery"),
    "infra_events_snmp": (*MIDDLE, "infra_events_snmp", "infra_events.aws", "botocore"),
    "infra_events.aws": (*MIDDLE, "infra_events.aws", "boto3", "botocore"),
    "infra_events.runtime": (*MIDDLE, "infra_events.runtime", "aws_lambda_powertools"),
    "infra_events": MIDDLE,
} | {
    prefix: (function, *MIDDLE, "infra_events.delivery", *more)
    for function in FUNCTIONS
    for prefix, more in {
        f"{function}.handler": ("infra_events.aws", "infra_events.runtime", "aws_lambda_powertools"),
        f"{function}.settings": ("infra_events.runtime.settings",),
        function: ("jinja2", "jmespath"),
    }.items()
}


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("shared", "functions"):
        for path in sorted((ROOT / top).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT / top).with_suffix("").parts).removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    """Every module that ``path`` imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def below(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def offence(module: str, imported: str) -> bool:
    """Tell whether ``module`` may not know ``imported``."""
    allowed = next(known for prefix, known in LAYERS.items() if below(module, prefix))
    return not below(imported, *sys.stdlib_module_names, *allowed)


def test_imports_point_one_way() -> None:
    offences = [f"{m} imports {i}" for m, path in modules() for i in sorted(imports(path)) if offence(m, i)]
    assert offences == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("infra_events.domain.arn", "infra_events.ports"),
        ("infra_events.domain.arn", "jinja2"),
        ("infra_events.wire", "infra_events.aws.sns"),
        ("infra_events.wire", "botocore"),
        ("infra_events.runtime.worker", "infra_events.aws.sns"),
        ("infra_events.runtime.worker", "boto3"),
        ("infra_events.aws.sns", "infra_events.runtime.worker"),
        ("email_notification_sender.core", "infra_events.aws.ses"),
        ("email_notification_sender.handler", "boto3"),
        ("email_notification_sender.handler", "aws_service_event_handler.core"),
    ],
)
def test_the_rule_itself_can_fail(module: str, imported: str) -> None:
    assert offence(module, imported)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_is_short(function: str) -> None:
    lines = (ROOT / "functions" / function / "handler.py").read_text().splitlines()
    assert len(lines) <= 30


def loaded(function: str) -> set[str]:
    """What a cold start loads, in a process of its own, without an environment and with the network cut."""
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
    budget = NEVER - ({"boto3.session"} if function == "email_notification_sender" else set())
    assert modules & budget == set()
    assert ("jinja2" in modules) == (function == "org_resource_event_notification_sender")
