"""What the compiler makes of a service's file: rules with their patterns, and mistakes pointed at with their lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.compile import catalogue, event_rules
from scripts.project import CommandError


def named(tmp_path: Path, events: str) -> dict[str, Any]:
    """Return the rules of a service x with these events."""
    (tmp_path / "x.yaml").write_text(f"service: x\nsources: aws.x\nevents:\n{events}")
    rules: dict[str, Any] = catalogue.compiled(tmp_path)["rules"]["x"]
    return rules


def one_event(what: str, **more: str) -> str:
    lines = [what, *(f"{key}: {value}" for key, value in more.items())]
    return "  - " + "\n    ".join([*lines, "summary: '{id}'"]) + "\n"


def test_a_pattern_that_another_contains_is_dropped_and_the_others_keep_their_names(tmp_path: Path) -> None:
    """A rule that took over the pattern of a later one would lose events while both change."""
    by_call = "detail_type: A via CloudTrail"
    rules = named(
        tmp_path,
        one_event(by_call, type="a.some", state="detail.a", where="{detail.eventName: [One]}")
        + one_event(by_call, type="a.all", state="detail.a")
        + one_event("api_calls: Change", type="thing.changed"),
    )
    assert [(name, json.loads(rule["pattern"])["detail-type"]) for name, rule in rules.items()] == [
        ("AwsServiceEvents-x", ["A via CloudTrail"]),
        ("AwsServiceEvents-x-3", ["AWS API Call via CloudTrail"]),
    ]


def test_rules_that_match_the_same_event_are_refused(tmp_path: Path) -> None:
    text = one_event("detail_type: [A, B]", type="a.all", state="detail.a") + one_event(
        "detail_type: [B, C]", type="b.all", state="detail.a", sources="[aws.x, aws.y]"
    )
    (tmp_path / "x.yaml").write_text(f"service: x\nsources: aws.x\nevents:\n{text.replace('[B, C]', '[C, D]')}")
    catalogue.compiled(tmp_path)
    (tmp_path / "y.yaml").write_text(
        "service: y\nsources: aws.y\nevents:\n"
        + one_event("detail_type: D", type="d.all", state="detail.a", where="{detail.a: [b]}")
    )
    with pytest.raises(CommandError, match="an event may match both rules AwsServiceEvents-x-2 and AwsServiceEvents-y"):
        catalogue.compiled(tmp_path)


def test_calls_that_read_have_a_rule_for_themselves(tmp_path: Path) -> None:
    rules = named(
        tmp_path,
        one_event("api_calls: Change", type="thing.changed")
        + one_event("api_calls: GetThing", type="thing.read", reads="true", where="{detail.errorCode: [Denied]}"),
    )
    assert {name: rule["state"] for name, rule in rules.items()} == {
        "AwsServiceEvents-x": "ENABLED",
        "AwsServiceEvents-x-reads": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    }
    assert json.loads(rules["AwsServiceEvents-x-reads"]["pattern"])["detail"] == {
        "eventName": ["GetThing"],
        "errorCode": ["Denied"],
    }


@pytest.mark.parametrize(
    ("event", "finding"),
    [
        (
            one_event("api_calls: [Change, GetThing]", type="thing.read"),
            "x.yaml:4: events.0.api_calls: GetThing reads, and EventBridge delivers it only where reads: true",
        ),
        (
            one_event("api_calls: GetThing", type="thing.read", reads="true", where="{'length(detail.a)': ['1']}"),
            "x.yaml:7: events.0.where.length(detail.a): length(detail.a) is too much for the pattern of reads",
        ),
    ],
)
def test_a_read_that_no_rule_would_receive_is_a_finding(tmp_path: Path, event: str, finding: str) -> None:
    assert findings(tmp_path, f"service: x\nsources: aws.x\nevents:\n{event}").startswith(finding)


GOOD = """\
service: x
sources: aws.x
states:
  table:
    ok: {phase: stable}
events:
  - detail_type: Thing
    type: thing.happened
    state: detail.state
    states: table
    summary: "{id} {state}"
"""


def findings(tmp_path: Path, text: str, name: str = "x.yaml") -> str:
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError) as raised:
        catalogue.compiled(tmp_path)
    return str(raised.value)


def test_the_example_is_good(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(GOOD)
    assert len(catalogue.compiled(tmp_path)["entries"]) == 1


def test_a_pattern_too_long_becomes_several(tmp_path: Path) -> None:
    calls = [f"VeryLongNameOfACallNumber{number:04}" for number in range(300)]
    entry = GOOD.replace("detail_type: Thing", f"api_calls: [{', '.join(calls)}]")
    (tmp_path / "x.yaml").write_text(entry)
    patterns = [rule["pattern"] for rule in catalogue.compiled(tmp_path)["rules"]["x"].values()]
    assert len(patterns) > 1
    assert all(len(pattern) <= event_rules.PATTERN_LIMIT for pattern in patterns)
    assert [call for pattern in patterns for call in json.loads(pattern)["detail"]["eventName"]] == calls


@pytest.mark.parametrize(
    ("before", "after", "place", "hint"),
    [
        (
            "    type: thing.happened",
            "    typ: thing.happened",
            "x.yaml:7",
            "typ is not known here (did you mean type?)",
        ),
        ("    type: thing.happened\n", "", "x.yaml:7", "events.0.type: type is missing"),
        ("type: thing.happened", "type: Thing", "x.yaml:8", "after infra.<source>.: thing.what_happened"),
        ("state: detail.state", "state: detail.[", "x.yaml:9", "is no JMESPath"),
        ("state: detail.state", "state: detail.build-status", "x.yaml:9", "is no JMESPath"),
        ("{id} {state}", "{id} {zone}", "x.yaml:11", "{zone} is not known here; there is account, actor"),
        ("states: table", "states: tabel", "x.yaml:10", "there is no table of states named 'tabel'; there is: table"),
        ("sources: aws.x", "sources: aws.x\nsources: aws.y", "x.yaml:3", "'sources' stands here twice"),
        ("service: x", "service: y", "x.yaml:1", "service must be x, as the file is named"),
        ("{phase: stable}", "{phase: stabel}", "x.yaml:5", "'stabel' is not one of"),
        ("ok: {", "OK: {", "x.yaml:5", "A state in lower case"),
        ("sources: aws.x", "sources: [aws.x", "x.yaml:", "expected ',' or ']'"),
        (
            "sources: aws.x",
            "sources: !!python/object:os.system x",
            "x.yaml:2",
            "python/object:os.system is not for here",
        ),
        ("service: x", "service: \x00", "x.yaml:1", "this is no YAML text"),
        (
            "sources: aws.x",
            "sources: aws.x\nsecurity: false",
            "x.yaml:3",
            "all types of the service are security types",
        ),
        *(
            ("    states: table", f"    states: table\n    {more}", "x.yaml:11", finding)
            for more, finding in {
                "parents: {ids: 'a['}": "is no JMESPath",
                "parents: {ids: a, arn: 'ecs:{region}:{account}:cluster/{name}'}": "{name} is not known here",
                "parents: [{in: 'a[', arns: {B: 'ecs:{region}:{account}:cluster/{id}'}}]": "is no JMESPath",
                "parents: [{in: a, arns: {B: 'ecs:{region}:{account}:cluster/{name}'}}]": "{name} is not known here",
                "let: {cluster: {path: 'a[', after: /}}": "is no JMESPath",
            }.items()
        ),
        (
            "    states: table",
            "    states: table\n    security: false",
            "x.yaml:11",
            "True was expected (A security type:",
        ),
    ],
)
def test_a_mistake_is_pointed_at_with_its_line_and_a_hint(
    tmp_path: Path, before: str, after: str, place: str, hint: str
) -> None:
    assert before in GOOD
    found = findings(tmp_path, GOOD.replace(before, after))
    assert found.startswith(place)
    assert hint in found


@pytest.mark.parametrize(
    ("of_service", "of_entry", "expected"),
    [
        ("", "", []),
        ("", "    security: true\n", ["infra.aws.x.thing.happened"]),
        ("security: failed_calls\n", "", ["infra.aws.x.api_call.failed"]),
        ("security: true\n", "", ["infra.aws.x.*", "infra.aws.y.*"]),
    ],
)
def test_security_types_are_marked_by_entry_or_by_service(
    tmp_path: Path, of_service: str, of_entry: str, expected: list[str]
) -> None:
    marked = GOOD.replace("sources: aws.x\n", f"sources: [aws.x, aws.y]\n{of_service}") + of_entry
    (tmp_path / "x.yaml").write_text(marked)
    assert catalogue.compiled(tmp_path)["security"] == expected


def test_a_mark_that_the_service_has_already_is_left_out(tmp_path: Path) -> None:
    found = findings(
        tmp_path, GOOD.replace("sources: aws.x\n", "sources: aws.x\nsecurity: true\n") + "    security: true\n"
    )
    assert found == "x.yaml:13: events.0.security: all of the service are security types: leave it out here"


def test_two_entries_for_the_same_event_are_an_overlap(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("  - detail_type") :]
    found = findings(tmp_path, GOOD + again)
    assert found.startswith("x.yaml:12")
    assert "claimed at x.yaml:7 already" in found


def test_an_overlap_between_files_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("service: x", "service: a"))
    assert "claimed at a.yaml:7 already" in findings(tmp_path, GOOD)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("state: detail.state", "state: '['").replace("{id} {state}", "{zone}")
    (tmp_path / "w.yaml").write_text(bad.replace("service: x", "service: w"))
    assert len(findings(tmp_path, bad).splitlines()) == 4
