"""Explaining a decision: of any event, for people and for programs."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.wire import v2
from scripts.analyse import explain
from scripts.compile import catalogue
from scripts.project import CommandError
from tests.support.builders import INSTANCE, aws_event, resource_event

ROUTING = """
version: 1
defaults: {fallback: platform}
owners: {payments: {aliases: [pay]}}
destinations: {platform: {emails: [platform@example.org]}, payments: {emails: [payments@example.org]}}
routes: [{name: payments, match: {owner: payments}, to: payments}]
tests: [{name: t, given: {type: infra.own, to: a, owner: payments}, expect: {route: payments}}]
"""
TAGS = """
service: tag
sources: aws.tag
events:
  - {detail_type: Tag Change on Resource, type: resource.tags_changed, state: "'changed'", summary: "{id}"}
"""
CATALOGUE = """
service: ec2
sources: aws.ec2
events:
  - {detail_type: EC2 Instance State-change Notification, type: instance.changed, state: detail.state, summary: "{id}"}
"""
KEYS = ["outcome", "owner", "severity", "route", "destinations", "reason", "steps"]

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Explain an event (by a file), and return what is printed."""
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "ec2.yaml").write_text(CATALOGUE)
    (tmp_path / "catalogue" / "tag.yaml").write_text(TAGS)
    entries = catalogue.compiled(tmp_path / "catalogue")
    monkeypatch.setattr(catalogue, "compiled", lambda: entries)
    (tmp_path / "a.routing.yaml").write_text(ROUTING)

    def run(event: object, *arguments: str, name: str = "") -> str:
        (tmp_path / "event.json").write_text(event if isinstance(event, str) else json.dumps(event))
        files = ["--routing", str(tmp_path / "a.routing.yaml"), "--event", name or str(tmp_path / "event.json")]
        explain.explain.main([*files, *arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run


def as_json(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def standard(event: ResourceEvent) -> str:
    return v2.write(event).body


def test_programs_get_each_step_of_the_functions_own_decision(run: Run) -> None:
    (decision,) = as_json(run(aws_event(), "--json", "--tag", "Owner=pay"))
    assert list(decision) == KEYS
    assert decision | {"steps": []} == {
        "outcome": "send",
        "owner": "payments",
        "severity": "INFO",
        "route": "payments",
        "destinations": ["payments"],
        "reason": "route payments matched tag Owner=pay",
        "steps": [],
    }
    assert decision["steps"][0] == {"step": "ignore", "result": "kept", "why": "no rule matched"}
    assert [step["step"] for step in decision["steps"]][-1] == "routes"


def test_each_resource_is_explained(run: Run) -> None:
    other = INSTANCE.replace("0abc", "0def")
    decisions = as_json(run(aws_event(resources=[INSTANCE, other]), "--json", "--no-tags"))
    assert [decision["resource"] for decision in decisions] == [INSTANCE, other]
    assert [list(decision) for decision in decisions] == [["resource", *KEYS]] * 2
    assert [decision["route"] for decision in decisions] == [None, None]


def test_tags_that_are_not_given_are_unknown_and_given_ones_are_all_there_are(run: Run) -> None:
    (unknown,) = as_json(run(aws_event(), "--json"))
    assert unknown["reason"] == "no route matched, and nobody owns it: its tags are not available"
    (none,) = as_json(run(aws_event(), "--json", "--no-tags"))
    assert none["reason"] == "no route matched, and nobody owns it: no tag Owner"


def test_a_tag_change_event_brings_its_tags(run: Run) -> None:
    event = aws_event(source="aws.tag", detail_type="Tag Change on Resource", detail={"tags": {"owner": "pay"}})
    (decision,) = as_json(run(event, "--json"))
    assert decision["owner"] == "payments"


def test_a_standard_message_carries_its_tags(run: Run) -> None:
    event = resource_event(tags=Tags(values={"Owner": "pay"}, status=TagsStatus.CACHED))
    (decision,) = as_json(run(standard(event), "--json"))
    assert decision["owner"] == "payments"
    (given,) = as_json(run(standard(event), "--json", "--tag", "Owner=nobody"))
    assert given["owner"] is None


@pytest.mark.parametrize(
    ("at", "outcome"), [((), "suppress"), (("--at", "2026-03-02T00:00:01Z"), "send"), (("--at", "2026-03-01"), "send")]
)
def test_it_is_decided_as_of_the_event_or_of_a_time(run: Run, at: tuple[str, ...], outcome: str) -> None:
    (decision,) = as_json(run(aws_event(), "--json", "--tag", "notify:mute-until=2026-03-01", *at))
    assert decision["outcome"] == outcome


def test_people_read_the_steps_and_what_came_of_them(run: Run) -> None:
    lines = run(aws_event(), "--tag", "Owner=pay").splitlines()
    assert lines[0] == INSTANCE
    assert lines[1] == "infra.aws.ec2.instance.changed, stopped, as of 2026-03-01T12:00:00+00:00"
    assert any(line.split() == ["owner", "payments", "tag", "Owner=pay"] for line in lines)
    assert lines[-1] == "sent to payments, because route payments matched tag Owner=pay"
    assert run(aws_event(), "--tag", "notify:ignore=true").splitlines()[-1] == (
        "suppressed, because tag notify:ignore=true"
    )


def test_hostile_tags_stay_in_their_line(run: Run) -> None:
    printed = run(aws_event(), "--tag", "Owner=[red]a\n\x1b[2Jb")
    assert "\x1b" not in printed
    assert "tag Owner=[red]a \ufffd[2Jb names no known owner" in printed


def test_an_event_may_come_by_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(aws_event()).encode())))
    assert "platform" in run("", "--json", name="-")


@pytest.mark.parametrize(
    ("event", "arguments", "message"),
    [
        ("{", (), "this is no event: the body is not JSON: line 1 column 2"),
        ("[]", (), "this is no event: the body must be a JSON object, not list"),
        ("{}", (), "this is no event: source is missing or empty"),
        ('{"specversion": "1.0"}', (), "this is no event: data is missing"),
        (aws_event(), ("--tag", "Owner"), "--tag takes KEY=VALUE, not Owner"),
        (aws_event(), ("--at", "noon"), "--at takes a time such as 2026-01-31T12:00:00Z, not noon"),
    ],
)
def test_a_mistake_is_one_line(run: Run, event: object, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError) as error:
        run(event, *arguments)
    assert str(error.value) == message


def test_a_file_that_is_not_there_is_named(run: Run) -> None:
    with pytest.raises(CommandError, match=r"^/none cannot be read: No such file or directory$"):
        run("", name="/none")
