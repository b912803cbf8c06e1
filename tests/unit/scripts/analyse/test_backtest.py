"""The backtest: any archive in, one line for each event out."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aws_service_event_handler.reader import Catalogue
from scripts.analyse import backtest, event_files
from scripts.analyse.backtest import Backtest, Tally
from scripts.analyse.rules import Rules
from scripts.compile import catalogue
from scripts.project import CommandError, UsageError
from tests.support.builders import ABSENT, INSTANCE, aws_event

EVENT = json.dumps(aws_event())
UNKNOWN = json.dumps(aws_event(source="aws.new"))

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
  - {api_calls: AuthorizeSecurityGroupIngress, type: security_group.changed, summary: "{id}"}
"""


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "ec2.yaml").write_text(CATALOGUE)
    (folder / "tag.yaml").write_text(TAGS)
    return catalogue.compiled(folder)


@pytest.fixture(autouse=True)
def _known(entries: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A small catalogue, so that these tests know nothing of the real one."""
    monkeypatch.setattr(catalogue, "compiled", lambda: entries)


def a_test(*services: str) -> Backtest:
    compiled = catalogue.compiled()
    return Backtest(Catalogue(compiled["entries"]), Rules(compiled["rules"], services or tuple(compiled["rules"])))


def run(path: Path, report: Path) -> tuple[list[dict[str, Any]], Tally]:
    tally = backtest.run(event_files.listing(path, report), a_test(), report, Console(quiet=True))
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()], tally


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "out" / "report.jsonl"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    return folder


def test_a_line_holds_what_the_function_would_publish(events: Path, report: Path) -> None:
    (events / "a.json").write_text(EVENT)
    ((line,), tally) = run(events, report)
    (cloudevent,) = line.pop("v2")
    assert line == {
        "file": "a.json",
        "index": 0,
        "caught": "AwsServiceEvents-ec2",
        "select": None,
        "mapped": True,
        "v1": [f"aws.ec2,{INSTANCE},stopped"],
        "parked": None,
    }
    assert cloudevent["subject"] == INSTANCE
    assert cloudevent["data"]["raw"] == aws_event()["detail"]
    assert cloudevent["recordedtime"] == "1970-01-01T00:00:00Z"
    assert tally.problems == []


def test_mapped_is_what_the_catalogue_knows(events: Path, report: Path) -> None:
    failed = {"eventName": "AuthorizeSecurityGroupIngress", "errorCode": "X", "requestParameters": {"groupId": "sg-1"}}
    known = [aws_event(), aws_event(source="drill.aws.ec2")]
    known += [aws_event(detail_type="AWS API Call via CloudTrail", resources=[], detail=failed)]
    unknown = [aws_event(source="aws.new"), aws_event(detail_type="Something New")]
    parked = [aws_event(source=ABSENT), aws_event(resources="x"), 7, None, "text"]
    (events / "a.json").write_text(json.dumps([*known, *unknown, *parked]))
    lines, tally = run(events, report)
    assert [line["index"] for line in lines] == list(range(10))
    assert [line["mapped"] for line in lines] == [True] * 3 + [False] * 7
    assert [bool(line["parked"]) for line in lines] == [False] * 5 + [True] * 5
    assert lines[5]["parked"] == "missing_field: source is missing or empty"
    assert all(line["v1"] and line["v2"] for line in lines if not line["parked"])
    assert tally.total == {"events": 10, "caught": 4, "mapped": 3, "unmapped": 2, "parked": 5}
    assert tally.services["aws.ec2"] == {"events": 5, "caught": 4, "mapped": 3, "unmapped": 1, "parked": 1}
    assert tally.services[backtest.NO_SOURCE] == {"events": 4, "parked": 4}
    assert tally.problems == [], "the function read them all"


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("one.json", EVENT, 1),
        ("pretty.json", json.dumps(aws_event(), indent=4), 1),
        ("array.json", f"[{EVENT},\n {EVENT} ]\n", 2),
        ("empty-array.json", "[ ]", 0),
        ("firehose.json", EVENT * 3, 3),
        ("mixed.json", f"{EVENT}\n[{EVENT}] {EVENT}", 3),
        ("lines.ndjson", f"{EVENT}\n\n{EVENT}\r\n{EVENT}", 3),
        ("lines.jsonl", EVENT, 1),
        ("LINES.NDJSON", EVENT, 1),
        ("empty.ndjson", "", 0),
        ("marked.json", "\ufeff" + EVENT, 1),
        ("marked.ndjson", f"\ufeff{EVENT}\n{EVENT}", 2),
        ("packed.json.gz", f"[{EVENT},{EVENT}]", 2),
        ("packed.ndjson.gz", f"{EVENT}\n{EVENT}", 2),
    ],
)
def test_every_form_of_an_archive(events: Path, report: Path, name: str, content: str, count: int) -> None:
    data = content.encode()
    (events / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    lines, tally = run(events, report)
    assert tally.problems == []
    assert [(line["file"], line["index"], line["mapped"]) for line in lines] == [(name, i, True) for i in range(count)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_what_other_shells_write(events: Path, report: Path, encoding: str) -> None:
    (events / "a.json").write_bytes(EVENT.encode(encoding))
    assert [line["mapped"] for line in run(events, report)[0]] == [True]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.json", b'{\n  "a": tru}', "index 0, line 2 column 8: Expecting value"),
        ("a.json", b"", "index 0, there is nothing in it"),
        ("a.json", b" \n", "index 0, there is nothing in it"),
        ("a.json", b'[{"a": 1}\n {"a": 1}]', "index 1, line 2 column 2: Expecting ',' delimiter"),
        ("a.json", b"[", "index 0, line 1 column 2: the text ends within a list, it may be cut off"),
        ("a.json", b'{"a":\n "\xff"}', "index 0, line 2 column 3: this is not UTF-8"),
        ("a.json", b"[" * 100_000, "index 0, line 1 column 2: Python cannot read this"),
        ("a.ndjson", b'{}\n{"a": tru}\n', "index 1, line 2 column 7: Expecting value"),
        ("a.ndjson", b'{}\n\n{"a":\n', "index 1, line 3 column 6: Expecting value; the text ends here"),
        ("a.ndjson", b'{}\n{"a": "\xff"}\n', "index 1, line 2 column 8: this is not UTF-8"),
        ("a.ndjson", b'{}\n{"source":' + b"[" * 100_000 + b"\n", "index 1, line 2 column 1: Python cannot read this"),
        ("a.json.gz", gzip.compress(EVENT.encode(), mtime=0)[:-12], "index 0, line 1 column 3"),
        ("a.json.gz", gzip.compress(EVENT.encode(), mtime=0)[:40], "index 0, cannot be read: Compressed file ended"),
        ("a.json.gz", b"plain", "index 0, line 1 column 1: Expecting value"),
        ("a.json", b"PK\x03\x04", "index 0, cannot be read: it is a ZIP archive: unpack it first"),
    ],
)
def test_a_broken_file_is_named_with_its_place_and_the_rest_still_runs(
    events: Path, report: Path, name: str, content: bytes, problem: str
) -> None:
    (events / "0.json").write_text(EVENT)
    (events / name).write_bytes(content)
    (events / "z.json").write_text(EVENT)
    lines, tally = run(events, report)
    (found,) = tally.problems
    assert found.startswith(f"{name}: {problem}")
    assert [line["file"] for line in lines if line["mapped"]] == ["0.json", "z.json"]
    (unread,) = [line for line in lines if line["file"] == name and line["parked"].startswith("unreadable")]
    assert found == f"{name}: index {unread['index']}, {unread['parked'].removeprefix('unreadable: ')}"
    assert tally.services[backtest.UNREADABLE] == {"unreadable": 1}


def test_a_break_hides_nothing_else(events: Path, report: Path) -> None:
    (events / "a.json").write_text(f"[{EVENT}, oops, {EVENT}]")
    lines, tally = run(events, report)
    assert [(line["index"], line["mapped"]) for line in lines] == [(0, True), (1, False), (2, True)]
    assert len(tally.problems) == 1


@pytest.mark.parametrize("name", ["a.ndjson", "a.json"])
def test_json_that_only_the_function_refuses_is_parked(events: Path, report: Path, name: str) -> None:
    deep = '{"source":' + "[" * 100_000 + "]" * 100_000 + "}"
    long = '{"source":' + "9" * 5000 + "}"
    (events / name).write_text(f'{deep}\n{long}\n{{"source": NaN}}\n')
    lines, tally = run(events, report)
    assert [line["parked"].split(":")[0] for line in lines] == ["not_json"] * 3
    assert tally.problems == []


def test_files_are_found_in_order_wherever_they_are(events: Path, report: Path) -> None:
    for name in ("b/2.json", "b/10.json", "a/x.ndjson", "c.json", "b/note.txt", "b/.json", "b/x.jsonl.bak"):
        (events / name).parent.mkdir(exist_ok=True)
        (events / name).write_text(EVENT)
    (events / "b" / "round").symlink_to(events)
    (events / "linked").symlink_to(events / "a")
    (events / "gone.json").symlink_to(events / "nowhere")
    lines, tally = run(events, report)
    files = [line["file"] for line in lines]
    assert sorted(files) == files
    assert {"a/x.ndjson", "b/10.json", "b/2.json", "b/note.txt", "b/x.jsonl.bak", "c.json"} <= set(files)
    assert len(files) == 8  # and b/.json and gone.json; the folder with two names once
    assert tally.problems == ["gone.json: index 0, cannot be read: No such file or directory"]


def test_one_file_of_any_name(tmp_path: Path, report: Path) -> None:
    (tmp_path / "firehose-1").write_text(EVENT * 2)
    assert [line["file"] for line in run(tmp_path / "firehose-1", report)[0]] == ["firehose-1"] * 2


def test_the_report_is_no_event(events: Path) -> None:
    (events / "a.json").write_text(EVENT)
    report = events / "report.jsonl"
    first = run(events, report)[0]
    assert run(events, report)[0] == first
    assert len(first) == 1


def test_an_interrupted_run_leaves_the_old_report(events: Path, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report.parent.mkdir()
    report.write_text("old")
    (events / "a.json").write_text(EVENT)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backtest, "standardize", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(events, report)
    assert report.read_text() == "old"
    assert [file.name for file in report.parent.iterdir()] == ["report.jsonl"]


def test_a_fault_of_ours_is_no_outcome(events: Path, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (events / "a.json").write_text(EVENT)

    def fail(*_: object) -> None:
        raise LookupError("oops")

    monkeypatch.setattr(backtest, "standardize", fail)
    lines, tally = run(events, report)
    assert lines[0]["parked"] == "exhausted: LookupError: oops"
    assert tally.problems == ["a.json: index 0, LookupError: oops"]


def command(*arguments: object) -> None:
    backtest.backtest.main([*map(str, arguments)], standalone_mode=False)


def test_the_table_is_by_service(events: Path, report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = json.dumps(aws_event(source="[bold]\n\x1b[31m"))
    (events / "a.json").write_text(EVENT + UNKNOWN + EVENT + odd)
    command(events, "--jsonl", report)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["service", "events", "caught", "mapped", "unmapped", "parked", "unreadable"] in rows
    assert ["aws.ec2", "2", "2", "2"] in rows
    assert ["aws.new", "1", "1"] in rows
    assert ["[bold]", "\ufffd[31m", "1", "1", "1"] in rows
    assert ["all", "4", "3", "2", "2", "0", "0"] in rows


def test_a_command_without_a_report(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (events / "a.json").write_text(EVENT)
    command(events)
    assert "aws.ec2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ({}, "there are no events in"),
        ({"a.txt": ""}, "there are no events in"),
        ({"a.json": "{"}, "^1 piece could not be read .*\n *a.json: index 0, line 1 column 2"),
        ({f"{number:02}.json": "{" for number in range(25)}, "^25 pieces could .*(\n.*){20}\n *… and 5 more"),
    ],
)
def test_what_could_not_be_read_is_named_at_the_end(events: Path, content: dict[str, str] | None, message: str) -> None:
    for name, text in (content or {}).items():
        (events / name).write_text(text)
    with pytest.raises(CommandError, match=message):
        command(events if content is not None else events / "missing")


def test_a_thousand_problems_are_not_all_named(events: Path) -> None:
    (events / "a.ndjson").write_text("{\n" * 1_000)
    with pytest.raises(CommandError) as raised:
        command(events)
    assert len(str(raised.value).splitlines()) == event_files.SHOWN + 2


def test_memory_does_not_grow_with_the_number_of_events(events: Path, report: Path) -> None:
    test = a_test()

    def peak(count: int) -> int:
        (events / "a.ndjson").write_text((EVENT + "\n") * count)
        tracemalloc.start()
        backtest.run(event_files.listing(events), test, report, Console(quiet=True))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(1_000) < report.stat().st_size / 2


ROUTING = """
version: 1
defaults: {fallback: platform}
owners: {payments: {}}
destinations: {platform: {emails: [platform@example.org]}, payments: {emails: [payments@example.org]}}
routes: [{name: payments, match: {owner: payments}, to: payments}]
tests: [{name: t, given: {type: infra.own, to: a, owner: payments}, expect: {route: payments}}]
"""
TAGGED = json.dumps(
    aws_event(source="aws.tag", detail_type="Tag Change on Resource", detail={"tags": {"Owner": "payments"}})
)


def routed(events: Path, report: Path, *arguments: object) -> list[dict[str, Any]]:
    """Run the command with a routing, and return all decisions."""
    file = events.parent / "a.routing.yaml"
    file.write_text(ROUTING)
    command(events, "--jsonl", report, "--routing", file, *arguments)
    return [decision for line in report.read_text().splitlines() for decision in json.loads(line)["decisions"]]


def test_a_routing_shows_who_would_have_been_notified(
    events: Path, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (events / "a.ndjson").write_text(f"{EVENT}\n{TAGGED}\n{EVENT}")
    decisions = routed(events, report)
    assert decisions[0] == {
        "resource": INSTANCE,
        "outcome": "sent",
        "owner": None,
        "severity": "INFO",
        "route": None,
        "destinations": ["platform"],
        "reason": "no route matched, and nobody owns it: its tags are not available",
    }
    assert [decision["owner"] for decision in decisions] == [None, "payments", "payments"], "known from then on"
    shown = " ".join(capsys.readouterr().out.split())
    assert "payments 2 infra.aws.tag.resource.tags_changed 1 infra.aws.ec2.instance.changed 1 platform 1" in shown
    assert "sent (fallback) 1 no route matched" in shown
    assert "The tags of 1 of 3 are unknown" in shown


def test_tags_that_are_known_can_be_given(events: Path, report: Path) -> None:
    (events / "a.json").write_text(EVENT)
    tags = events.parent / "tags.json"
    tags.write_text(json.dumps({INSTANCE: {"owner": "payments"}}))
    assert [decision["owner"] for decision in routed(events, report, "--tags-file", tags)] == ["payments"]


def test_what_cannot_be_read_has_no_decision(events: Path, report: Path) -> None:
    (events / "a.ndjson").write_text("{}")
    assert routed(events, report) == []


@pytest.mark.parametrize(
    ("arguments", "row", "shown"),
    [
        ((), ["aws.ec2", "1", "1", "1"], "Caught: by a rule of any service of the catalogue"),
        (("--services", "ec2, tag"), ["aws.ec2", "1", "1", "1"], "Caught: by a rule of ec2, tag."),
        (("--services", "tag"), ["aws.ec2", "1", "1"], "aws.ec2 ec2 is not selected 1"),
        (("--env", "example"), ["aws.ec2", "1", "1", "1"], "sent (fallback) 1 no route matched"),
    ],
)
def test_it_shows_which_events_a_selected_rule_catches(
    events: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], row: list[str], shown: str
) -> None:
    (events / "a.json").write_text(EVENT)
    (events / "README.md").write_text("# Events")
    command(events, *arguments)
    printed = capsys.readouterr().out
    assert row in [line.split() for line in printed.splitlines()]
    assert shown in " ".join(printed.split())
    assert "Left out, for they do not begin as events do: 1 files (README.md)." in " ".join(printed.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--services", "ec3"), "the catalogue has no service ec3; it has ec2, tag"),
        (("--services", "ec2", "--env", "example"), "of --env and --services only one"),
    ],
)
def test_services_that_make_no_sense_are_refused(events: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        command(events, *arguments)
