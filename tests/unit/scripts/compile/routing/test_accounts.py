"""The accounts beside a routing file: what is wrong in them, and what becomes of them."""

import hashlib
import json
from pathlib import Path

import pytest

from scripts import project
from scripts.compile.routing import check as routing
from scripts.project import CommandError
from tests.support.routing_file import BASE, changed

ACCOUNTS = """\
"111122223333": {name: prod, environment: production, default_owner: payments}
012345678901: {name: Sand box}
"444455556666": {environment: production}
"""


def write(file: Path, text: str = ACCOUNTS) -> Path:
    file.with_name("accounts.yaml").write_text(text)
    return file


def findings(file: Path) -> list[str]:
    with pytest.raises(CommandError) as error:
        routing.compiled(file)
    return str(error.value).split("\n       ")


def test_accounts_are_compiled_into_the_routing(file: Path) -> None:
    document = json.loads(routing.compiled(write(file)))
    assert document["accounts"] == {
        "111122223333": {"name": "prod", "environment": "production", "default_owner": "payments"},
        "012345678901": {"name": "Sand box", "environment": "", "default_owner": ""},
        "444455556666": {"name": "", "environment": "production", "default_owner": ""},
    }
    assert document["source_sha256"] == hashlib.sha256(BASE.encode()).hexdigest(), "Terraform compares it"


@pytest.mark.parametrize("text", [None, "", "# none yet\n", "{}"])
def test_there_need_not_be_any(file: Path, text: str | None) -> None:
    if text is not None:
        write(file, text)
    assert json.loads(routing.compiled(file))["accounts"] == {}


MISTAKES = [
    ("012345678901", "12345678901", "2: 12345678901: '12345678901' is no name for this (An account's id has 12"),
    ("012345678901", "12345678901", "did you mean '012345678901'?"),
    ("012345678901", "1e11", "2: 1e11: '1e11' is no name for this (An account's id has 12 digits; write it in quotes"),
    ("012345678901", "1234-5678-9012", "2: 1234-5678-9012: '1234-5678-9012' is no name for this"),
    ("012345678901", "\u0661" * 12, "is no name for this"),
    ("012345678901", '"111122223333"', "2: '111122223333' stands here twice"),
    ("{name: Sand box}", "Sand box", "2: 012345678901: 'Sand box' is not of type 'object' (name, environment, default"),
    ("{name: Sand box}", "{}", "2: 012345678901: {} should be non-empty"),
    ("{name: Sand box}", "{nam: a}", "2: 012345678901.nam: nam is not known here (did you mean name?)"),
    ("{name: Sand box}", '{name: "a*"}', "2: 012345678901.name: 'a*' is not right (Up to 50 characters, no *"),
    ("{name: Sand box}", '{name: "!a"}', "2: 012345678901.name: '!a' is not right"),
    ("{name: Sand box}", '{name: "a "}', "2: 012345678901.name: 'a ' is not right"),
    ("{name: Sand box}", "{name: 7}", "2: 012345678901.name: 7 is not of type 'string'"),
    ("{name: Sand box}", f"{{name: {'a' * 51}}}", "is too long"),
    ("{name: Sand box}", '{name: "a\\tb"}', "2: 012345678901.name: a text has one line, and no control characters"),
    ("{name: Sand box}", "{name: prod}", "2: 012345678901.name: 'prod' is 111122223333 already (names are unique)"),
    ("{name: Sand box}", "{name: xoxb-1}", "2: this looks like a Slack token"),
    ("default_owner: payments", "default_owner: payment", "the routing file has no owner 'payment' (did you mean pay"),
    ("default_owner: payments", "default_owner: Payments", "it is an alias of payments: write payments"),
    (ACCOUNTS, "[]", "1: the file: [] is not of type 'object'"),
    (ACCOUNTS, "a: [", "accounts.yaml:1: "),
]


@pytest.mark.parametrize(("old", "new", "finding"), MISTAKES)
def test_a_mistake_is_found_at_its_line(file: Path, old: str, new: str, finding: str) -> None:
    found = findings(write(file, ACCOUNTS.replace(old, new)))
    assert any(finding in line for line in found), found
    assert all(line.startswith("accounts.yaml:") for line in found)


def test_mistakes_of_both_files_are_found_at_once(file: Path) -> None:
    write(changed(file, "set: error", "set: x"), '"1": {}')
    assert {line.split(":")[0] for line in findings(file)} == {"a.routing.yaml", "accounts.yaml"}


def test_an_environments_file_is_called_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.environments.ENVIRONMENTS", tmp_path)
    folder = tmp_path / "prod"
    project.write(folder / "routing.yaml", BASE.encode())
    write(folder / "routing.yaml", "[]")
    assert [line[: len("prod/accounts.yaml:1: ")] for line in findings(folder / "routing.yaml")] == [
        "prod/accounts.yaml:1: "
    ]


@pytest.mark.parametrize(
    ("match", "finding"),
    [
        ("account: prdo", "'prdo' is no account (did you mean prod?)"),
        ('account: "111122223333"', "'111122223333' is no account (it is an id: write account_id)"),
        ("account_id: prod", "'prod' is the name of 111122223333 (write account: prod)"),
        ("environment: productoin", "'productoin' is no environment (did you mean production?)"),
        ('account: ["prod", "!Sand*"]', "'!Sand*' excludes nothing"),
        ('environment: ["production", "!prod*"]', "no event could satisfy this"),
    ],
)
def test_a_rule_names_accounts_as_the_file_does(file: Path, match: str, finding: str) -> None:
    found = findings(write(changed(file, "{owner: payments}, to", f"{{{match}}}, to")))
    assert f"a.routing.yaml:15: routes.1.match.{match.partition(':')[0]}: {finding}" in "\n".join(found)


@pytest.mark.parametrize("match", ["account: prod", 'account: ["*", "!Sand*"]', "environment: prod*", 'account: "!*"'])
def test_a_rule_by_account_is_off_for_release_0_1(file: Path, match: str) -> None:
    text = BASE.replace("transitional: true", match)
    file.write_text(text)
    assert json.loads(routing.compiled(write(file)))["ignore"][0]["match"]["newer"] == ["newer"]
