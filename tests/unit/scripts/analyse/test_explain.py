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
from scripts.analyse import explain, explanation
from scripts.compile import catalogue
from scripts.project import CommandError, UsageError
from tests.support.builders import ABSENT, INSTANCE, aws_event, resource_event

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
KEYS = ["outcome", "owner", "owner_why", "severity", "route", "destinations", "reason", "steps"]
KEYS += ["type", "resource", "state", "actor", "subject", "text"]
OTHER = INSTANCE.replace("0abc", "0def")

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

    def run(event: object, *arguments: str, name: str = "", routing: str = "a.routing.yaml") -> str:
        (tmp_path / "event.json").write_text(event if isinstance(event, str) else json.dumps(event))
        files = ["--event", name or str(tmp_path / "event.json")]
        files += ["--routing", str(tmp_path / routing)] if routing else []
        explain.explain.main([*files, *arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run


@pytest.fixture
def tags_file(tmp_path: Path) -> Callable[[str], str]:
    """Write a file of tags, and return its name."""

    def write(text: str) -> str:
        (tmp_path / "tags").write_text(text)
        return str(tmp_path / "tags")

    return write


def as_json(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def standard(event: ResourceEvent) -> str:
    return v2.write(event).body


def test_programs_get_the_functions_own_decision_and_content(run: Run) -> None:
    (decision,) = as_json(run(aws_event(), "--json", "--tag", "Owner=pay", "--tag", "Name=web-1"))
    assert list(decision) == KEYS
    steps, text = decision.pop("steps"), decision.pop("text")
    assert decision == {
        "outcome": "sent",
        "owner": "payments",
        "owner_why": "tag Owner=pay",
        "severity": "INFO",
        "route": "payments",
        "destinations": ["payments"],
        "reason": "route payments matched tag Owner=pay",
        "type": "infra.aws.ec2.instance.changed",
        "resource": INSTANCE,
        "state": "stopped",
        "actor": None,
        "subject": "EC2 instance web-1 has stopped (111122223333, eu-west-1)",
    }
    assert steps[0] == {"step": "ignore", "result": "kept", "why": "no rule matched"}
    assert steps[-1]["step"] == "routes"
    assert "You receive this because route payments matched tag Owner=pay" in text


def test_each_resource_is_explained(run: Run) -> None:
    decisions = as_json(run(aws_event(resources=[INSTANCE, OTHER]), "--json", "--no-tags"))
    assert [decision["resource"] for decision in decisions] == [INSTANCE, OTHER]
    assert [list(decision) for decision in decisions] == [KEYS] * 2
    assert [decision["route"] for decision in decisions] == [None, None]
    assert decisions[0]["text"] == decisions[1]["text"], "one mail about both"
    assert OTHER in decisions[0]["text"]


def test_many_events_are_explained_each_with_its_tags(run: Run, tags_file: Callable[[str], str]) -> None:
    tags = tags_file(json.dumps({INSTANCE: {"Owner": "pay"}, OTHER: {"notify:ignore": "true"}}))
    events = [aws_event(), aws_event(resources=[OTHER]), aws_event(resources=[INSTANCE.replace("0abc", "0fff")])]
    decisions = as_json(run("\n".join(map(json.dumps, events)), "--json", "--tags-file", tags))
    assert [(one["outcome"], one["owner"], one["destinations"]) for one in decisions] == [
        ("sent", "payments", ["payments"]),
        ("suppressed", None, []),
        ("sent", None, ["platform"]),
    ]
    assert [one["reason"] for one in decisions][1:] == [
        "tag notify:ignore=true",
        "no route matched, and nobody owns it: no tag Owner",
    ], "the file has the tags of all: a resource that is not there has none"
    assert [one["subject"] is None for one in decisions] == [False, True, False]


def test_what_is_ignored_by_itself_has_no_owner_that_was_asked_for(run: Run, tmp_path: Path) -> None:
    ignore = "\nignore: [{name: i, match: {to: stopped}, reason: known, expires: 2027-01-01}]\n"
    (tmp_path / "b.routing.yaml").write_text(ROUTING + ignore)
    (decision,) = as_json(run(aws_event(), "--json", "--tag", "Owner=pay", routing="b.routing.yaml"))
    assert (decision["outcome"], decision["owner"], decision["owner_why"]) == ("suppressed", None, None)
    assert decision["reason"] == "ignored by i: known"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (aws_event(source=ABSENT), "missing_field: source is missing or empty"),
        ("{}", "missing_field: source is missing or empty"),
        ("[7]", "wrong_type: the body must be a JSON object, not int"),
        ('{"specversion": "1.0"}', "missing_field: data is missing"),
    ],
)
def test_what_the_functions_would_park_is_parked(run: Run, event: object, reason: str) -> None:
    (decision,) = as_json(run(event, "--json"))
    assert list(decision) == KEYS
    empty: dict[str, Any] = {"destinations": [], "steps": []}
    assert decision == dict.fromkeys(KEYS) | empty | {"outcome": "parked", "reason": reason}
    assert run(event).splitlines() == [f"parked, because {reason}"]


def test_an_actor_is_shown(run: Run) -> None:
    record = {"eventName": "Stop", "userIdentity": {"arn": "arn:aws:iam::111122223333:user/jane"}}
    event = aws_event(detail_type="AWS API Call via CloudTrail", detail=record)
    (decision,) = as_json(run(event, "--json"))
    assert decision["actor"] is None, "the generic reader knows none"
    (decision,) = as_json(run(standard(resource_event(actor="jane")), "--json"))
    assert decision["actor"] == "jane"


def test_tags_that_are_not_given_are_unknown_and_given_ones_are_all_there_are(run: Run) -> None:
    (unknown,) = as_json(run(aws_event(), "--json"))
    assert unknown["reason"] == "no route matched, and nobody owns it: its tags are not available"
    assert {"step": "tags", "result": "unavailable", "why": explain.UNKNOWN} in unknown["steps"]
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
    ("at", "outcome"),
    [((), "suppressed"), (("--at", "2026-03-02T00:00:01Z"), "sent"), (("--at", "2026-03-01"), "sent")],
)
def test_it_is_decided_as_of_the_event_or_of_a_time(run: Run, at: tuple[str, ...], outcome: str) -> None:
    (decision,) = as_json(run(aws_event(), "--json", "--tag", "notify:mute-until=2026-03-01", *at))
    assert decision["outcome"] == outcome


def test_people_read_the_steps_and_what_came_of_them_and_the_mail(run: Run) -> None:
    lines = run(aws_event(), "--tag", "Owner=pay").splitlines()
    assert lines[0] == INSTANCE
    assert lines[1] == "infra.aws.ec2.instance.changed, stopped, as of 2026-03-01T12:00:00+00:00"
    assert any(line.split() == ["owner", "payments", "tag", "Owner=pay"] for line in lines)
    sent = lines.index("sent to payments, because route payments matched tag Owner=pay")
    assert lines[sent + 1].startswith("  Subject: EC2 instance i-0abc1234def567890 has stopped")
    assert "  State    stopped" in lines
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
        ("{", (), "event.json: index 0, line 1 column 2: Expecting property name"),
        (f"{json.dumps(aws_event())}\nno event", (), "event.json: index 1, line 2 column 1: Expecting value"),
        ("[]", (), r"there is no event in .*event.json \(docs/backtest.md lists what can be read\)"),
        (aws_event(), ("--tag", "Owner"), "--tag takes KEY=VALUE, not Owner"),
        (aws_event(), ("--at", "noon"), "--at takes a time such as 2026-01-31T12:00:00Z, not noon"),
        (
            [aws_event()] * 2,
            ("--tag", "Owner=pay"),
            "--tag is for one event, and .* has 2: --tags-file takes tags by ARN",
        ),
        (aws_event(), ("--tag", "a=b", "--no-tags"), "of --tag, --tags-file and --no-tags only one can be given"),
        (aws_event(), ("--env", "example"), "of --routing and --env only one can be given"),
    ],
)
def test_a_mistake_is_named(run: Run, event: object, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(event, *arguments)


def test_what_cannot_be_read_hides_nothing(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{json.dumps(aws_event())}\nno event\n{json.dumps(aws_event(resources=[OTHER]))}"
    with pytest.raises(CommandError) as error:
        run(text, "--json")
    assert [decision["resource"] for decision in as_json(capsys.readouterr().out)] == [INSTANCE, OTHER]
    assert error.value.exit_code == 1


def test_a_file_that_is_not_there_is_named(run: Run) -> None:
    with pytest.raises(UsageError, match=r"^/none does not exist$"):
        run("", name="/none")


def test_a_fault_of_ours_is_status_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LookupError("oops")

    monkeypatch.setattr(explanation, "standardize", fail)
    with pytest.raises(CommandError, match=r"index 0, exhausted: LookupError: oops"):
        run(aws_event(), "--json")


def test_the_example_s_routing_is_the_default_and_an_environment_has_its_own(run: Run) -> None:
    example = as_json(run(aws_event(), "--json", "--tag", "Owner=Search", routing=""))
    assert [one["owner"] for one in example] == ["search"]
    local = as_json(run(aws_event(), "--json", "--tag", "Owner=Search", "--env", "local", routing=""))
    assert [one["owner"] for one in local] == [None]
    with pytest.raises(UsageError, match="there is no routing of an environment 'moon'; there is example, local"):
        run(aws_event(), "--env", "moon", routing="")
