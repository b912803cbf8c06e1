"""What is right in a routing file is compiled, with each default in its place."""

import hashlib
import json
from pathlib import Path

from scripts.compile import catalogue
from scripts.compile.routing import check as routing
from tests.support.builders import routing_document
from tests.support.routing_file import BASE


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
