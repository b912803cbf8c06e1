"""What the doctor prints: verdict, fixes, and one document for machines; its exit code."""

import json

import pytest

from scripts.operate.doctor import access, report
from scripts.operate.doctor.checks import Row
from scripts.operate.doctor.finding import Code, Level, error, warning, well

FOUND = [
    Row(group="Mail", finding=well("SES sends")),
    Row(group="Mail", finding=warning(Code.SES_SANDBOX, "in the [sandbox]", "ask")),
]
BAD = Row(group="Rules", finding=error(Code.RULE_DISABLED, "off", "aws events enable-rule"))


@pytest.mark.parametrize(("rows", "status"), [(FOUND, 0), ([*FOUND, BAD], 1)], ids=["warning", "error"])
def test_only_an_error_makes_it_fail(
    rows: list[Row], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(access, "examine", lambda _: rows)
    assert report.doctor.main(["--env", "production"], standalone_mode=False) == status
    shown = capsys.readouterr().out
    assert "in the [sandbox]" in shown
    assert f"{status} error(s), 1 warning(s)" in shown


NOWHERE = Row(group="Access", finding=warning(Code.NOT_DEPLOYED, "nothing", "make apply"))
WAITS = Row(group="Queues", finding=warning(Code.DLQ_NOT_EMPTY, "3", "make redrive QUEUE=a", messages=3))
UNSEEN = Row(group="Queues", finding=warning(Code.CANNOT_CHECK, "cannot", "try"))


@pytest.mark.parametrize(
    ("rows", "level", "expected"),
    [
        ([Row(group="Mail", finding=well("SES sends"))], Level.OK, "Mail arrives"),
        (FOUND, Level.OK, "Mail arrives at verified recipients"),
        ([WAITS], Level.WARNING, "Mail arrives; 3 messages wait for a person"),
        ([WAITS, WAITS], Level.WARNING, "Mail arrives; 6 messages wait for a person"),
        ([UNSEEN, WAITS], Level.WARNING, "Mail arrives as far as could be checked; 3 messages wait for a person"),
        ([NOWHERE, *FOUND], Level.WARNING, "Nothing is deployed yet; run make apply"),
        ([NOWHERE, BAD], Level.WARNING, "Nothing is deployed yet; run make apply; fix the errors first"),
        ([WAITS, BAD], Level.ERROR, "Some or all mail does not arrive"),
        *(
            (
                [Row(group="Access", finding=error(code, "it", ""))],
                Level.ERROR,
                "Nobody knows whether mail arrives: the deployment could not be examined",
            )
            for code in (
                Code.NO_CREDENTIALS,
                Code.NO_REGION,
                Code.WRONG_ACCOUNT,
                Code.WRONG_PREFIX,
                Code.STATE_UNREADABLE,
            )
        ),
    ],
)
def test_the_verdict_claims_no_more_than_was_found(rows: list[Row], level: Level, expected: str) -> None:
    assert report.verdict(rows) == (level, expected)


def test_a_fix_is_a_line_that_is_never_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fix = "make redrive QUEUE=blue-OrgResourceEventsNotificationEmailSubscriptionDLQ ENV=production shows why"
    row = Row(group="Queues", finding=warning(Code.DLQ_NOT_EMPTY, f"[3] wait in {'x' * 90}", fix))
    monkeypatch.setattr(access, "examine", lambda _: [row])
    report.doctor.main(["--env", "production"], standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert f"          fix: {fix}" in lines
    assert f"  warning dlq_not_empty: [3] wait in {'x' * 90}" in lines


def test_machines_get_one_document(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(access, "examine", lambda _: [BAD])
    assert report.doctor.main(["--env", "production", "--json"], standalone_mode=False) == 1
    finding = {
        "group": "Rules",
        "severity": "error",
        "code": "rule_disabled",
        "what": "off",
        "fix": "aws events enable-rule",
    }
    verdict = "Some or all mail does not arrive"
    expected = {"environment": "production", "errors": 1, "verdict": verdict, "findings": [finding]}
    assert json.loads(capsys.readouterr().out) == expected
