"""What is right in a routing file is compiled, with each default in its place."""

import hashlib
import json
from pathlib import Path

import pytest

from scripts.compile import catalogue
from scripts.compile.routing import check as routing
from tests.support.builders import routing_document
from tests.support.routing_file import BASE, changed


def test_a_file_becomes_what_the_functions_read(file: Path) -> None:
    document = json.loads(routing.compiled(file))
    assert document.keys() == routing_document().keys()
    assert document | {"destinations": {}, "routes": [], "tests": []} == {
        "version": 1,
        "source_sha256": hashlib.sha256(BASE.encode()).hexdigest(),
        "timezone": "Europe/Berlin",
        "fallback": "platform",
        "tags": {
            "name": ["Name"],
            "owner": ["Owner", "Department"],
            "owner_keys": "first",
            "owner_case": "exact",
            "split": "",
            "ignore": [{"key": "notify:ignore", "values": ["true"]}],
            "mute_until": "notify:mute-until",
            "severity": "notify:severity",
        },
        "bounds": {
            "max_mute_days": 30,
            "least_severity": "INFO",
            "most_severity": "FATAL",
            "protected": [*catalogue.security_types(), "infra.own.alarm.*"],
        },
        "owners": {
            "payments": {
                "aliases": ["Payments", "4711"],
                "queue": True,
                "topic": False,
                "consumers": ["111122223333"],
            },
            "search": {"aliases": [], "queue": False, "topic": False, "consumers": []},
        },
        "accounts": {},
        "channels": {"emails": "email"},
        "destinations": {},
        "severity_rules": [
            {"name": "1", "match": {"type": ["infra.own.thing"], "tag.Environment": ["prod"]}, "severity": "ERROR"}
        ],
        "routes": [],
        "ignore": [
            {
                "name": "noise",
                "match": {"type": ["infra.own.noise"], "transitional": ["true"]},
                "reason": "no news",
                "begins": "",
                "expires": "2027-03-31T22:00:00+00:00",
            }
        ],
        "tests": [],
    }
    assert document["routes"][0] == {
        "name": "critical",
        "match": {"owner": ["payments"], "severity": [">=ERROR"]},
        "to": ["payments", "platform"],
        "continue": False,
    }
    assert document["destinations"]["platform"] == {"emails": ["platform@example.org"]}


@pytest.mark.parametrize(
    ("old", "new", "compiled"),
    [
        ("transitional: true", 'tag.A: ["a*", "!ab"]', {"tag.A": ["a*", "!ab"]}),
        ("transitional: true", 'tag.A: ["", "!*"]', {"tag.A": ["", "!*"]}),
        ("transitional: true", "labels.product: Inspector", {"labels.product": ["Inspector"]}),
        ("expires: 2027-03-31", "from: 2027-03-01, expires: 2027-03-31", {"transitional": ["true"]}),
    ],
)
def test_what_release_0_1_would_misread_is_off_there(
    file: Path, old: str, new: str, compiled: dict[str, list[str]]
) -> None:
    (rule,) = json.loads(routing.compiled(changed(file, old, new)))["ignore"]
    assert rule["match"] == {"type": ["infra.own.noise"], **compiled, "newer": ["newer"]}


def test_an_ignore_begins_at_midnight_of_its_zone(file: Path) -> None:
    text = "from: 2027-03-28, expires: 2027-03-28"
    (rule,) = json.loads(routing.compiled(changed(file, "expires: 2027-03-31", text)))["ignore"]
    assert (rule["begins"], rule["expires"]) == ("2027-03-27T23:00:00+00:00", "2027-03-28T22:00:00+00:00"), "23 hours"


def test_owners_of_a_tag_are_compiled(file: Path) -> None:
    text = 'owner: Owner, owner_keys: all, owner_case: ignore, split: ",:;"}'
    tags = json.loads(routing.compiled(changed(file, "owner: [Owner, Department]}", text)))["tags"]
    assert (tags["owner_keys"], tags["owner_case"], tags["split"]) == ("all", "ignore", ",:;")
