"""What the doctor reports of SES's limits, and of mails that wait."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from scripts.operate.doctor import pace
from scripts.operate.doctor.checks import CHECKS, Row, run
from scripts.operate.doctor.finding import Code, Finding, Level
from scripts.operate.doctor.patient import OlderReleaseError, Patient
from scripts.operate.doctor.report import verdict
from scripts.stacks import waiting
from tests.support import doctor
from tests.support.doctor import REGION, queue

WORKER = "EmailNotificationSender"
MAIL: dict[str, Any] = {"rate": 12.6, "quota": 45_000, "account_rate": 14, "region": REGION}


class GoneError(Exception):
    """What boto3 raises for a queue that does not exist."""


OUTPUTS = {
    "mail": MAIL,
    "sent_table": {"name": "OrgResourceSent"},
    "functions": {WORKER: {"name": WORKER, "log_group": f"/aws/lambda/{WORKER}"}},
    "queues": {
        "Email": queue("Email", worker=WORKER, channel="email"),
        "EmailUrgent": queue("EmailUrgent", worker=WORKER, channel="email"),
        "Chat": queue("Chat", channel="chat"),
        "Machines": queue("Machines"),
    },
}


def patient(
    variables: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] = OUTPUTS, **services: Any
) -> Patient:
    """An environment whose services are these."""
    return replace(doctor.patient(outputs), client=lambda service: services[service], variables=variables or {})


def found(findings: Iterator[Finding]) -> list[Code]:
    return [finding.code for finding in findings if finding.code]


# SES's limits


def granting(rate: float = 14.0, day: float = 50_000.0, sent: float = 1234.0) -> Any:
    quota = {"MaxSendRate": rate, "Max24HourSend": day, "SentLast24Hours": sent}
    return Mock(**{"get_account.return_value": {"SendQuota": quota}})


@pytest.mark.parametrize(
    ("granted", "deployed", "stated", "expected"),
    [
        (granting(), {}, {}, []),
        (granting(rate=12.6), {}, {}, []),
        (granting(rate=1.0), {}, {}, [Code.MAIL_LIMIT_EXCEEDED]),
        (granting(rate=1.0), {}, {"mail_rate": 14}, [Code.MAIL_LIMIT_EXCEEDED]),
        (granting(rate=50.0), {}, {}, [Code.MAIL_LIMIT_UNUSED]),
        (granting(rate=50.0), {}, {"mail_rate": 14}, []),
        (granting(day=200.0), {}, {}, [Code.MAIL_LIMIT_EXCEEDED]),
        (granting(day=100_000.0), {}, {}, [Code.MAIL_LIMIT_UNUSED]),
        (granting(day=-1.0), {}, {}, [Code.MAIL_LIMIT_UNUSED]),
        (granting(day=-1.0), {"quota": None}, {}, []),
        (granting(), {"quota": None}, {}, [Code.MAIL_LIMIT_EXCEEDED]),
        (granting(), {"quota": None}, {"mail_quota": None}, []),
        (granting(rate=1.0, day=200.0), {}, {}, [Code.MAIL_LIMIT_EXCEEDED, Code.MAIL_LIMIT_EXCEEDED]),
    ],
)
def test_what_is_deployed_must_fit_what_ses_grants(
    granted: Any, deployed: Mapping[str, Any], stated: Mapping[str, Any], expected: Sequence[Code]
) -> None:
    asked = patient(stated, {"mail": {**MAIL, **deployed}}, sesv2=granted)
    shown, *findings = pace.limits(asked)
    assert shown.level is Level.OK
    assert [finding.code for finding in findings] == expected
    for finding in findings:
        assert finding.fix.endswith("make plan ENV=production, then make apply ENV=production")
        assert ("lower mail_rate in " in finding.fix) == ("mail_rate" in stated)


def test_both_limits_are_shown_beside_those_of_the_account() -> None:
    (shown,) = pace.limits(patient(sesv2=granting()))
    assert shown.what == (
        "mails go out at up to 12.6 a second and 45,000 in 24 hours; "
        "SES takes 14 a second and 50,000 in 24 hours, and took 1,234 in the last 24"
    )


# What waits


def holding(**depths: tuple[int, int]) -> Any:
    """SQS: queues by name, with what waits and what is delayed; others do not exist."""

    def attributes(QueueUrl: str, AttributeNames: Sequence[str]) -> Any:  # noqa: N803 - as boto3 has it
        assert AttributeNames == ["All"]
        name = QueueUrl.rpartition("/blue-")[2]
        if name not in depths:
            raise GoneError
        return {"Attributes": dict(zip(waiting.COUNTS, map(str, (depths[name][0], 0, depths[name][1])), strict=True))}

    sqs = Mock(**{"get_queue_attributes.side_effect": attributes})
    sqs.exceptions.QueueDoesNotExist = GoneError
    return sqs


def test_a_backlog_is_shown_with_the_time_it_takes() -> None:
    asked = patient(sqs=holding(Email=(1000, 260), EmailUrgent=(0, 0), Chat=(9, 9), Machines=(9, 9)))
    (shown,) = pace.backlog(asked)
    assert shown.level is Level.OK
    assert shown.what == (
        "1,260 notification(s) wait in blue-Email, 260 of them put off: 0:01:40 at 12.6 recipients a second"
    )


def test_a_backlog_of_more_than_an_hour_is_a_warning() -> None:
    hour = int(3600 * MAIL["rate"])
    assert found(pace.backlog(patient(sqs=holding(Email=(hour, 0), EmailUrgent=(0, 0))))) == []
    (finding,) = pace.backlog(patient(sqs=holding(Email=(hour, 0), EmailUrgent=(0, 1))))
    assert (finding.level, finding.code) == (Level.WARNING, Code.MAIL_BACKLOG)
    assert "wait in blue-Email and blue-EmailUrgent, 1 of them put off: 1:00:01 at" in finding.what


def test_no_backlog_is_nothing_to_report_and_neither_is_a_queue_that_another_check_misses() -> None:
    assert list(pace.backlog(patient(sqs=holding(Email=(0, 0))))) == []


@pytest.mark.parametrize(
    ("ages", "level"), [([], None), ([30.0, 3600.0], Level.OK), ([3601.0, 30.0], Level.WARNING)], ids=str
)
def test_the_oldest_notification_that_was_put_off_decides(ages: Sequence[float], level: Level | None) -> None:
    cloudwatch = Mock(**{"get_metric_statistics.return_value": {"Datapoints": [{"Maximum": age} for age in ages]}})
    findings = list(pace.ages(patient(cloudwatch=cloudwatch)))
    assert [finding.level for finding in findings] == ([level] if level else [])
    assert found(iter(findings)) == ([Code.MAIL_LATE] if level is Level.WARNING else [])
    (call,) = cloudwatch.get_metric_statistics.call_args_list
    assert call.kwargs["MetricName"] == "AgeSinceFirstEnqueued"
    assert call.kwargs["Dimensions"] == [{"Name": "FunctionName", "Value": WORKER}]


def row(**values: float | str) -> Any:
    """DynamoDB: the pace row, with these values."""
    numbers = {"free_at": 0.0, "closed_until": 0.0, "day_ends": 0.0, "day_count": 0, "version": 7} | values
    reason = str(numbers.pop("closed_reason", ""))
    item: dict[str, Any] = {name: {"N": str(value)} for name, value in numbers.items()}
    return Mock(**{"get_item.return_value": {"Item": item | {"closed_reason": {"S": reason}}}})


NOW = 1_800_000_000


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize(
    ("dynamodb", "named"),
    [
        (Mock(**{"get_item.return_value": {}}), None),
        (row(day_ends=NOW + 60, day_count=44_999), None),
        (row(closed_until=NOW - 1, closed_reason="SES's quota of 24 hours is used up"), None),
        (row(day_ends=NOW - 1, day_count=45_000), None),
        (
            row(closed_until=NOW + 60, closed_reason="SES's quota of 24 hours is used up"),
            "SES's quota of 24 hours is used up: normal mail waits until 2027-01-15 08:01 UTC",
        ),
        (
            row(day_ends=NOW + 3600, day_count=45_000),
            "45,000 mails went out in a day: normal mail waits until 2027-01-15 09:00 UTC",
        ),
    ],
    ids=["no row", "room", "open again", "another day", "closed", "day's share used up"],
)
def test_why_and_until_when_normal_mail_waits(dynamodb: Any, named: str | None) -> None:
    findings = list(pace.closed(patient(dynamodb=dynamodb)))
    assert found(iter(findings)) == ([Code.MAIL_CLOSED] if named else [])
    assert all(named and named in finding.what for finding in findings)
    dynamodb.get_item.assert_called_once_with(TableName="OrgResourceSent", Key={"id": {"S": "pace|email"}})


@pytest.mark.parametrize("check", [pace.limits, pace.backlog])
def test_an_older_release_has_no_pace(check: Any) -> None:
    with pytest.raises(OlderReleaseError):
        list(check(patient(outputs={"queues": {}})))


@pytest.mark.parametrize("code", [Code.MAIL_CLOSED, Code.MAIL_BACKLOG, Code.MAIL_LATE])
def test_mail_that_waits_is_late_in_the_reports_verdict(code: Code) -> None:
    finding = Finding(level=Level.WARNING, code=code, what="it waits")
    assert verdict([Row(group="Mail", finding=finding)])[1] == "Mail arrives late"


def test_what_may_not_be_looked_at_is_reported_check_by_check() -> None:
    ours = [check for check in CHECKS if check.find in (pace.limits, pace.closed, pace.backlog, pace.ages)]
    rows = run(ours, patient(), "arn:aws:iam::111122223333:user/jane")
    assert [row.finding.code for row in rows] == [Code.CANNOT_CHECK] * 4
