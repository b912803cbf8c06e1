"""What the local AWS cannot be made to show, on botocore's own clients with answers laid in beforehand."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from scripts import environments
from scripts.operate import target
from scripts.operate.doctor import access, alarms, checks, functions, mail, queues, report, rules, topics, trails
from scripts.operate.doctor.checks import CHECKS, Check, Row
from scripts.operate.doctor.finding import Code, Finding, Level, error, warning, well
from scripts.operate.doctor.patient import OlderReleaseError, Patient
from scripts.project import CommandError
from scripts.stacks import deploy

TESTS = Path(__file__).parents[3]
ACCOUNT = "111122223333"
REGION = "eu-west-1"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/jane"

HEALTHY = {
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "SendQuota": {"Max24HourSend": 1000.0, "MaxSendRate": 14.0, "SentLast24Hours": 799.0},
}
OUTPUTS = {
    "functions": {
        "Worker": {"name": "blue-Worker", "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:blue-Worker"},
    },
    "queues": {},
    "topics": {"Events": {"name": "blue-Events", "arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:blue-Events"}},
    "rules": {},
}

Answer = tuple[str, Mapping[str, Any] | str]


def answering(**services: Sequence[Answer]) -> Callable[[str], Any]:
    """Make clients that give these answers, in order; a string is the code of an error."""

    def client(service: str) -> Any:
        made = boto3.client(service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
        stub = Stubber(made)
        for operation, answer in services.get(service, ()):
            if isinstance(answer, str):
                message = f"User: {CALLER} is not authorized to perform: ses:GetAccount on resource: x"
                stub.add_client_error(operation, answer, message if "Denied" in answer else "")
            else:
                stub.add_response(operation, dict(answer))
        stub.activate()
        return made

    return access.Clients(client)


def queue(name: str, **overrides: Any) -> dict[str, Any]:
    """A queue in the stack's outputs: emptied by others, and open to every message."""
    return {
        "name": f"blue-{name}",
        "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:blue-{name}",
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/blue-{name}",
        "dlq": f"{name}DLQ",
        "filter_policy": None,
        "worker": None,
        "channel": None,
        "retention_days": 14,
    } | overrides


def patient(outputs: Mapping[str, Any] = OUTPUTS, **services: Sequence[Answer]) -> Patient:
    return Patient(
        environment="production",
        client=answering(**services),
        account_id=ACCOUNT,
        region=REGION,
        variables={"sender_address": "events@mail.example.org"},
        outputs=outputs,
    )


def found(findings: Iterator[Finding]) -> list[tuple[Level, Code | None]]:
    return [(finding.level, finding.code) for finding in findings]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"EnforcementStatus": "SHUTDOWN"}, [(Level.ERROR, Code.SES_PAUSED)]),
        ({"SendingEnabled": False}, [(Level.ERROR, Code.SES_PAUSED)]),
        ({"EnforcementStatus": "PROBATION"}, [(Level.WARNING, Code.SES_PROBATION)]),
        ({"ProductionAccessEnabled": False}, [(Level.WARNING, Code.SES_SANDBOX)]),
        ({"SendQuota": {"Max24HourSend": 1000.0, "SentLast24Hours": 800.0}}, [(Level.WARNING, Code.SES_QUOTA)]),
        ({"SendQuota": {"Max24HourSend": 1000.0, "SentLast24Hours": 1000.0}}, [(Level.ERROR, Code.SES_QUOTA)]),
        ({"SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 9999.0}}, []),
    ],
    ids=str,
)
def test_what_ses_reports_of_the_account(change: Mapping[str, Any], expected: Sequence[Any]) -> None:
    assert found(mail.account(patient(sesv2=[("get_account", {**HEALTHY, **change})]))) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"VerifiedForSendingStatus": True}], []),
        (["NotFoundException", {"VerifiedForSendingStatus": True}], []),
        (["NotFoundException", "NotFoundException", {"VerifiedForSendingStatus": True}], []),
        (
            [{"VerifiedForSendingStatus": False}, "NotFoundException", "NotFoundException"],
            [(Level.ERROR, Code.SENDER_UNVERIFIED)],
        ),
    ],
    ids=["address", "domain", "domain above", "none"],
)
def test_the_senders_address_or_a_domain_of_it_must_be_verified(answers: Sequence[Any], expected: Any) -> None:
    ses = [("get_email_identity", answer) for answer in answers]
    assert found(mail.sender(patient(sesv2=ses))) == expected


def test_a_suppressed_recipient_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "routed_addresses", lambda _: ["good@example.org", "gone@example.org"])
    entry = {"EmailAddress": "gone@example.org", "Reason": "BOUNCE", "LastUpdateTime": 0}
    ses: list[Answer] = [
        ("get_account", HEALTHY),
        ("get_suppressed_destination", "NotFoundException"),
        ("get_suppressed_destination", {"SuppressedDestination": entry}),
    ]
    (finding,) = mail.recipients(patient(sesv2=ses))
    assert (finding.level, finding.code) == (Level.ERROR, Code.RECIPIENT_SUPPRESSED)
    assert finding.what == "SES sends nothing to gone@example.org after a bounce"
    assert finding.fix.endswith("aws sesv2 delete-suppressed-destination --email-address gone@example.org")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"State": "Active", "LastUpdateStatus": "Successful"}, []),
        ({"State": "Failed", "StateReason": "no such role"}, [(Level.ERROR, Code.FUNCTION_INACTIVE)]),
        ({"State": "Inactive"}, [(Level.WARNING, Code.FUNCTION_INACTIVE)]),
        ({"State": "Active", "LastUpdateStatus": "Failed"}, [(Level.ERROR, Code.FUNCTION_NOT_UPDATED)]),
    ],
    ids=str,
)
def test_a_function_that_cannot_run_or_runs_what_is_old(state: Mapping[str, Any], expected: Sequence[Any]) -> None:
    answers: list[Answer] = [("get_function_configuration", state), ("get_function_concurrency", {})]
    assert found(functions.states(patient(OUTPUTS, **{"lambda": answers}))) == expected


def test_a_subscription_that_nobody_confirmed() -> None:
    waiting = {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": "jane@example.org"}
    sns: list[Answer] = [("list_subscriptions_by_topic", {"Subscriptions": [waiting]})]
    (finding,) = topics.subscriptions(patient(sns=sns))
    assert (finding.level, finding.code) == (Level.WARNING, Code.SUBSCRIPTION_PENDING)
    assert finding.what == "a subscription to blue-Events by email waits to be confirmed"


BEATING = {
    "functions": {"EmailNotificationSender": {"name": "blue-EmailNotificationSender", "log_group": "/aws/lambda/x"}},
    "queues": {"Email": queue("Email", worker="EmailNotificationSender", channel="email")},
    "rules": {"Heartbeat": {"name": "blue-Heartbeat"}},
}
BEAT = {"Timestamp": 0, "Maximum": 900.0, "Unit": "Milliseconds"}


@pytest.mark.parametrize(
    ("points", "expected"), [([BEAT], []), ([], [(Level.ERROR, Code.HEARTBEAT_MISSING)])], ids=["beat", "silence"]
)
@pytest.mark.parametrize(
    ("rate", "minutes"), [("rate(1 minute)", 15), ("rate(5 minutes)", 15), ("rate(60 minutes)", 120)]
)
def test_one_of_the_last_two_heartbeats_must_have_come_out(
    points: Sequence[Any], expected: Any, rate: str, minutes: int
) -> None:
    asked = patient(
        BEATING,
        events=[("describe_rule", {"ScheduleExpression": rate})],
        cloudwatch=[("get_metric_statistics", {"Datapoints": points})],
    )
    called: list[Mapping[str, Any]] = []
    metrics = asked.client("cloudwatch").meta.events
    metrics.register("provide-client-params.*.*", lambda params, **_: called.append(params))
    assert found(rules.heartbeat(asked)) == expected
    (call,) = called
    assert call["EndTime"] - call["StartTime"] == timedelta(minutes=minutes)
    assert (call["Namespace"], call["MetricName"]) == ("infra-events", "HeartbeatLatency")
    assert call["Dimensions"] == [{"Name": "FunctionName", "Value": "blue-EmailNotificationSender"}]


def test_no_heartbeat_is_missed_where_there_is_none_or_its_rule_is_gone() -> None:
    assert found(rules.heartbeat(patient())) == []
    gone = patient(BEATING, events=[("describe_rule", "ResourceNotFoundException")])
    assert found(rules.heartbeat(gone)) == []


WAITING: list[Answer] = [
    ("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30", "MessageRetentionPeriod": "1000"}})
]


@pytest.mark.parametrize(
    ("worker", "age", "expected"),
    [
        ("Worker", 150.0, []),
        ("Worker", 151.0, [(Level.ERROR, Code.QUEUE_LAGGING)]),
        (None, 800.0, []),
        (None, 801.0, [(Level.WARNING, Code.QUEUE_EXPIRING)]),
    ],
)
def test_how_long_messages_may_wait_depends_on_who_empties_the_queue(
    worker: str | None, age: float, expected: Sequence[Any]
) -> None:
    point = {"Timestamp": 0, "Maximum": age, "Unit": "Seconds"}
    asked = patient(
        OUTPUTS | {"queues": {"Events": queue("Events", worker=worker), "EventsDLQ": queue("EventsDLQ", dlq=None)}},
        sqs=WAITING,
        cloudwatch=[("get_metric_statistics", {"Datapoints": [point]})],
    )
    assert found(queues.ages(asked)) == expected


@pytest.mark.parametrize(
    ("intended", "actual", "expected"),
    [
        (None, "", []),
        ({"channels": ["chat"]}, '{"channels": ["chat"]}', []),
        ({"channels": ["chat"]}, "", [(Level.ERROR, Code.SUBSCRIPTION_CHANGED)]),
        (None, '{"owner": ["search"]}', [(Level.ERROR, Code.SUBSCRIPTION_CHANGED)]),
    ],
)
def test_a_filter_must_be_the_one_of_the_stack(
    intended: Mapping[str, Any] | None, actual: str, expected: Sequence[Any]
) -> None:
    events = queue("Events", filter_policy=intended)
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:blue-Events:1"
    subscription = {"SubscriptionArn": arn, "Protocol": "sqs", "Endpoint": events["arn"]}
    attributes = {"RawMessageDelivery": "true"} | ({"FilterPolicy": actual} if actual else {})
    asked = patient(
        OUTPUTS | {"queues": {"Events": events}},
        sns=[
            ("list_subscriptions_by_topic", {"Subscriptions": [subscription]}),
            ("get_subscription_attributes", {"Attributes": attributes}),
        ],
    )
    assert found(topics.subscriptions(asked)) == expected


def test_outputs_of_an_older_release_name_the_deployment_as_the_fix() -> None:
    older = {name: queue("Events")[name] for name in ("name", "arn", "url")}
    check = Check("Queues", "every dead-letter queue is empty", queues.dead_letters)
    (row,) = checks.run([check], patient(OUTPUTS | {"queues": {"Events": older}}), CALLER)
    assert (row.finding.level, row.finding.code) == (Level.WARNING, Code.CANNOT_CHECK)
    assert row.finding.what.endswith("is empty (it was deployed by an older release)")
    assert row.finding.fix == "make plan ENV=production, then make apply ENV=production"


ROUTED = OUTPUTS | {"routing": {"bucket": "blue-routing", "sha256": "0" * 64}}


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket"])
def test_a_routing_that_is_gone(code: str) -> None:
    (finding,) = mail.recipients(patient(ROUTED, s3=[("get_object", code)]))
    assert (finding.level, finding.code) == (Level.ERROR, Code.ROUTING_UNREADABLE)
    assert f"s3://blue-routing/routing/{'0' * 64}.json" in finding.what


def test_a_routing_that_only_the_caller_may_not_read_is_no_fault_of_the_deployment() -> None:
    check = Check("Mail", "SES would send to every recipient", mail.recipients)
    (row,) = checks.run([check], patient(ROUTED, s3=[("get_object", "AccessDenied")]), CALLER)
    assert row.finding.code is Code.CANNOT_CHECK
    assert row.finding.fix == f"allow ses:GetAccount to {CALLER}"


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ('sender_address = "events@example.org"', "events@example.org"),
        (
            '# sender_address = "old@example.org"\nservices=["ec2"]\nsender_address="a@example.org" # ours',
            "a@example.org",
        ),
        ("services = []", ""),
        ('sender_address = "', ""),
    ],
)
def test_the_sender_is_read_from_the_environments_variables(
    text: str, sender: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environments, "files", lambda _: environments.Files(tmp_path))
    (tmp_path / "notifications.tfvars").write_text(text)
    assert replace(patient(), variables=target.variables("production") or {}).sender == sender


# Whether one can look


def examined(
    monkeypatch: pytest.MonkeyPatch, outputs: Callable[[], Mapping[str, Any]], sts: Any = None, ses: Any = HEALTHY
) -> list[Finding]:
    """Examine an account of which only the identity and SES are known."""
    monkeypatch.setattr(Patient, "sender", "")
    monkeypatch.setattr(checks, "CHECKS", CHECKS[:2])
    identity = {"Account": ACCOUNT, "Arn": CALLER}
    client = answering(sts=[("get_caller_identity", sts or identity)], sesv2=[("get_account", ses)])
    return [row.finding for row in access.examine_account("production", client, outputs)]


def test_credentials_that_have_expired_are_all_that_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = examined(monkeypatch, dict, sts="ExpiredToken")
    assert (finding.code, "ExpiredToken" in finding.what) == (Code.NO_CREDENTIALS, True)


def test_credentials_that_are_missing() -> None:
    def none(_: str) -> Any:
        raise NoCredentialsError

    (row,) = access.examine_account("production", none, dict)
    assert row.finding.code is Code.NO_CREDENTIALS


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "must_exist", lambda _: None)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    (row,) = access.examine("production")
    assert (row.finding.code, "ProfileNotFound" in row.finding.what) == (Code.NO_CREDENTIALS, True)


def test_no_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(deploy, "must_exist", lambda _: None)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (row,) = access.examine("production")
    assert row.finding.code is Code.NO_REGION


def test_before_the_first_deployment_the_account_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = examined(monkeypatch, dict)
    assert (first.level, first.code) == (Level.WARNING, Code.NOT_DEPLOYED)
    assert first.fix == "make plan ENV=production, then make apply ENV=production"
    assert [finding.what for finding in others] == [check.well for check in CHECKS[:2]]


def test_a_state_that_cannot_be_read_is_reported_and_the_account_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Mapping[str, Any]:
        raise CommandError("terraform init failed:\n  no such bucket")

    first, *others = examined(monkeypatch, fails)
    assert (first.level, first.code) == (Level.ERROR, Code.STATE_UNREADABLE)
    assert first.what.endswith("no such bucket")
    assert len(others) == 2


@pytest.mark.parametrize("place", [f"eu-west-1:{ACCOUNT[::-1]}", f"us-east-1:{ACCOUNT}"], ids=["account", "region"])
def test_another_place_than_the_deployments_is_all_that_is_reported(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    functions = {"Worker": {"name": "Worker", "arn": f"arn:aws:lambda:{place}:function:Worker"}}
    (finding,) = examined(monkeypatch, lambda: OUTPUTS | {"functions": functions})
    assert (finding.level, finding.code) == (Level.ERROR, Code.WRONG_ACCOUNT)


def test_other_names_than_the_environments_are_all_that_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environments, "files", lambda _: environments.Files(tmp_path))
    (tmp_path / "notifications.tfvars").write_text('name_prefix = "green-"')
    (finding,) = examined(monkeypatch, lambda: OUTPUTS)
    assert (finding.level, finding.code) == (Level.ERROR, Code.WRONG_PREFIX)
    assert finding.what.startswith("blue-Worker is deployed, and name_prefix is 'green-' in ")


def test_a_check_that_may_not_look_names_the_permission_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _, denied, other = examined(monkeypatch, lambda: OUTPUTS, ses="AccessDeniedException")
    assert (denied.level, denied.code) == (Level.WARNING, Code.CANNOT_CHECK)
    assert denied.fix == f"allow ses:GetAccount to {CALLER}"
    assert other.level is Level.OK


def test_a_check_that_fails_by_itself_is_no_fault_of_the_account() -> None:
    def broken(_: Patient) -> Iterator[Finding]:
        raise KeyError("ROUTING_BUCKET")

    (row,) = checks.run([Check("Mail", "all is well", broken)], patient(), CALLER)
    assert row.finding.code is Code.CANNOT_CHECK
    assert row.finding.fix == "this is a fault of the check itself: report it"


def test_a_check_that_hangs_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE_SECONDS", 0)
    over = threading.Event()

    def hangs(_: Patient) -> Iterator[Finding]:
        over.wait()
        return iter(())

    (row,) = checks.run([Check("Mail", "all is well", hangs)], patient(), CALLER)
    over.set()
    assert row.finding.what == "cannot check whether all is well (TimeoutError)"


# What is shown

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


def test_messages_that_wait_for_a_person_are_a_warning_with_their_number() -> None:
    attributes = {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    asked = patient(
        OUTPUTS | {"queues": {"EventsDLQ": queue("EventsDLQ", dlq=None)}},
        sqs=[("get_queue_attributes", {"Attributes": attributes})],
    )
    (finding,) = queues.dead_letters(asked)
    assert (finding.level, finding.code, finding.messages) == (Level.WARNING, Code.DLQ_NOT_EMPTY, 3)
    assert finding.fix.startswith("make redrive QUEUE=blue-EventsDLQ ENV=production ")


def test_the_queue_of_the_version_that_is_not_read_is_explained_and_no_warning() -> None:
    asked = patient(
        OUTPUTS | {"queues": {"OrgResourceEventsMessaging": queue("OrgResourceEventsMessaging")}}, sqs=WAITING
    )
    (finding,) = queues.unread(asked)
    assert (finding.level, finding.code) == (Level.OK, None)
    assert "a message version that the sender does not read" in finding.what
    point = {"Timestamp": 0, "Maximum": 999.0, "Unit": "Seconds"}
    asked = patient(
        OUTPUTS | {"queues": {"OrgResourceEventsMessaging": queue("OrgResourceEventsMessaging")}},
        sqs=WAITING,
        cloudwatch=[("get_metric_statistics", {"Datapoints": [point]})],
    )
    assert found(queues.ages(asked)) == []


SERVICES = {
    "ec2": {"regions": [], "elsewhere": {}, "trail": "some"},
    "rds": {"regions": [], "elsewhere": {}, "trail": "none"},
    "signin": {"regions": [], "elsewhere": {"infra.aws.signin.root.signed_in": ["us-east-1"]}, "trail": "all"},
}
TRAIL = {"Name": "all", "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all", "HomeRegion": REGION}
MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}


def advanced(**fields: Sequence[str]) -> dict[str, Any]:
    selectors = [{"Field": name, "Equals": list(values)} for name, values in fields.items()]
    return {"AdvancedEventSelectors": [{"FieldSelectors": selectors}]}


@pytest.mark.parametrize(
    ("trails_", "logging", "selectors", "logged"),
    [
        ([], False, {}, False),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT]}, True),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT | {"ReadWriteType": "WriteOnly"}]}, True),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT | {"ReadWriteType": "ReadOnly"}]}, False),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT | {"IncludeManagementEvents": False}]}, False),
        ([TRAIL], True, advanced(eventCategory=["Management"]), True),
        ([TRAIL], True, advanced(eventCategory=["Management"], readOnly=["false"]), True),
        ([TRAIL], True, advanced(eventCategory=["Management"], readOnly=["true"]), False),
        ([TRAIL], True, advanced(eventCategory=["Data"]), False),
        ([TRAIL], False, {"EventSelectors": [MANAGEMENT]}, False),
        ([TRAIL | {"HomeRegion": "us-east-1"}], True, {"EventSelectors": [MANAGEMENT]}, False),
        (
            [TRAIL | {"HomeRegion": "us-east-1", "IsMultiRegionTrail": True}],
            True,
            {"EventSelectors": [MANAGEMENT]},
            True,
        ),
    ],
)
def test_services_that_need_a_trail_are_named_where_none_logs(
    trails_: Sequence[Any], selectors: Mapping[str, Any], *, logging: bool, logged: bool
) -> None:
    answers: list[Answer] = [("describe_trails", {"trailList": trails_})]
    if trails_ and (trails_[0]["HomeRegion"] == REGION or "IsMultiRegionTrail" in trails_[0]):
        answers.append(("get_trail_status", {"IsLogging": logging}))
        answers.append(("get_event_selectors", selectors))
    asked = patient(OUTPUTS | {"services": SERVICES}, cloudtrail=answers)
    findings = list(trails.logging(asked))
    assert found(iter(findings)) == ([] if logged else [(Level.WARNING, Code.NO_TRAIL)])
    assert all("ec2, signin" in finding.what for finding in findings)


def test_no_trail_is_asked_for_where_none_is_needed_or_an_older_release_is_deployed() -> None:
    assert found(trails.logging(patient(OUTPUTS | {"services": {"rds": SERVICES["rds"]}}))) == []
    assert found(trails.logging(patient(OUTPUTS))) == []
    (note,) = trails.logging(replace(patient(OUTPUTS | {"services": SERVICES}), environment=environments.LOCAL))
    assert note.level is Level.OK


def test_types_that_come_up_elsewhere_are_named() -> None:
    (finding,) = trails.elsewhere(patient(OUTPUTS | {"services": SERVICES}))
    assert (finding.level, finding.code) == (Level.OK, None)
    assert "infra.aws.signin.root.signed_in comes up in us-east-1" in finding.what
    assert found(trails.elsewhere(patient(OUTPUTS))) == []


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


def test_every_finding_is_provoked_somewhere() -> None:
    tests = [*Path(__file__).parent.glob("test_doctor*.py"), TESTS / "e2e" / "test_doctor.py"]
    provoked = {code for file in tests for code in re.findall(r"\bCode\.([A-Z_]+)", file.read_text())}
    assert provoked >= {code.name for code in Code}


@pytest.mark.parametrize(
    ("environment", "arns", "expected"),
    [
        ("production", [], [(Level.WARNING, Code.NO_ALARMS)]),
        ("production", [f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"], []),
        ("local", [], [(Level.OK, None)]),
    ],
)
def test_alarms_that_notify_nobody_are_a_warning(
    environment: str, arns: Sequence[str], expected: Sequence[Any]
) -> None:
    deployed = replace(patient({**OUTPUTS, "alarm_topic_arns": arns}), environment=environment)
    assert found(alarms.topics(deployed)) == expected


def test_alarms_of_an_older_release_are_not_known() -> None:
    with pytest.raises(OlderReleaseError):
        list(alarms.topics(patient()))
