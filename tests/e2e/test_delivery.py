"""From a fresh account to a deployment, as CI goes: bootstrap by a person, then plan and apply in the roles it made.

The account enforces policies, and scripts/local/authorization.py has it judge each call by the resource and the
condition keys that AWS sends. tests/infra/test_authorization.py compares the policies with AWS's own reference.
"""

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from scripts import environments, project
from scripts.build import package
from scripts.local.aws import ACCOUNT, REGION, LocalAws
from scripts.project import CommandError
from scripts.stacks import deploy, waiting
from scripts.stacks import release as terraform_release
from scripts.stacks import working_copy as terraform
from tests.support.builders import notification
from tests.support.waiting import eventually

ISSUER = "token.actions.githubusercontent.com"
REPOSITORY = "octo-org/events"
ENVIRONMENT = "production"
STACK = environments.NOTIFICATIONS
SENDER = "OrgResourceEventNotificationSender"
DEPLOY, AUDIT, PLAN = (f"{name}.yml@refs/heads/main" for name in ("deploy", "audit", "plan"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A local AWS after the bootstrap, and what that put out."""

    aws: LocalAws
    outputs: Mapping[str, Any]

    def client(self, service: str, credentials: Mapping[str, str]) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            verify=str(self.aws.authority),
            config=Config(proxies={}),
            **{name.lower(): value for name, value in credentials.items()},
        )

    def policy(self, arn: str) -> Mapping[str, Any]:
        iam = self.aws.client("iam")
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document: Mapping[str, Any] = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"][
            "Document"
        ]
        return document

    def assume(self, role: str, subject: str, workflow: str) -> dict[str, str]:
        """Return credentials as a job of `workflow` gets them with its token, or raise AccessDenied."""
        claims = {
            "iss": f"https://{ISSUER}",
            "aud": "sts.amazonaws.com",
            "sub": f"repo:{REPOSITORY}:{subject}",
            "job_workflow_ref": f"{REPOSITORY}/.github/workflows/{workflow}",
        }
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in ({"alg": "none"}, claims)]
        # Whoever signs, the token decides.
        sts = self.aws.client("sts")
        answer = sts.assume_role_with_web_identity(
            RoleArn=self.outputs["roles"][role], RoleSessionName="ci", WebIdentityToken=".".join([*parts, "none"])
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
            "AWS_SESSION_TOKEN": answer["SessionToken"],
        }


def _parts(statement: Mapping[str, Any], part: str) -> list[str]:
    """Return a statement's Action or Resource, which is a string where it is one."""
    return [statement[part]] if isinstance(statement[part], str) else statement[part]


def _fits(value: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    copy = tmp_path_factory.mktemp("bootstrap") / "terraform"
    shutil.copytree(
        project.ROOT / "terraform",
        copy,
        ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfvars", "backend.tf"),
    )
    folder = copy / "stacks" / "bootstrap"
    inputs = {
        "github": {"repository": REPOSITORY, "environment": ENVIRONMENT},
        "sender_addresses": ["infra-events@example.org"],
    }
    (folder / "inputs.auto.tfvars.json").write_text(json.dumps(inputs))
    mirror = terraform_release.provider_mirror(folder / ".terraform.lock.hcl")
    with LocalAws.start(auth=True) as aws:

        def run(*command: str) -> str:
            return subprocess.run(
                [terraform_release.binary(), *command],
                cwd=folder,
                env=terraform.clean(aws.env()),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout

        run("init", "-lockfile=readonly", *([f"-plugin-dir={mirror}"] if mirror else []))
        run("apply", "-auto-approve")
        # Fails (status 2) if anything would change.
        run("plan", "-detailed-exitcode")
        outputs = {name: value["value"] for name, value in json.loads(run("output", "-json")).items()}
        yield Account(aws=aws, outputs=outputs)


@pytest.fixture
def ci(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that lets the rest of the test run with the given credentials, on a separate machine by name.

    It also changes a setting of the environment, which then stays so.
    """
    files = environments.Files(tmp_path / ENVIRONMENT)
    files.folder.mkdir()
    # A routing by which an owner has a queue and a topic, too.
    shutil.copy(Path(__file__).parent / "routing/teams.routing.yaml", files.routing)
    shutil.copy(environments.files(environments.EXAMPLE).variables(STACK), files.variables(STACK))
    with files.variables(STACK).open("a") as variables:
        boundary = account.outputs["permissions_boundary_arn"]
        # The identity is what has no name of ours, beside the key.
        variables.write(f'\ncreate_sender_identity = true\npermissions_boundary_arn = "{boundary}"\n')
        variables.write("batch = { size = 10, window_seconds = 0 }\n")
        # What is only there where it is asked for, and never comes here. Not alarms: the local AWS forgets fields of
        # them, which would be drift.
        variables.write('schedules = { yearly = { schedule = "cron(0 8 1 1 ? *)" } }\n')
        variables.write("heartbeat = { rate_minutes = 600, alarm_after_minutes = 1440 }\n")
    files.backend.write_text(account.outputs["backend"])
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)

    common = files.variables(STACK).read_text()

    def machine(name: str, credentials: Mapping[str, str], setting: str = "") -> Path:
        if setting:
            files.variables(STACK).write_text(f"{common}{setting}\n")
        for variable, value in (account.aws.env() | dict(credentials)).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setattr(deploy, "WORK", tmp_path / name)
        return tmp_path / name / ENVIRONMENT / STACK

    return machine


@pytest.mark.parametrize(
    ("role", "subject", "workflow"),
    [
        ("apply", "pull_request", DEPLOY),
        ("apply", "ref:refs/heads/main", DEPLOY),
        ("apply", f"environment:{ENVIRONMENT}", PLAN),
        ("apply", f"environment:{ENVIRONMENT}", "deploy.yml@refs/heads/topic"),
        ("apply", "environment:staging", DEPLOY),
        ("plan", "ref:refs/heads/topic", DEPLOY),
        ("plan", "ref:refs/heads/main", PLAN),
        ("plan", f"environment:{ENVIRONMENT}", DEPLOY),
    ],
)
def test_nothing_else_takes_a_role(account: Account, role: str, subject: str, workflow: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        account.assume(role, subject, workflow)


@pytest.mark.parametrize(
    ("role", "subject", "workflow"),
    [
        ("plan", "pull_request", "plan.yml@refs/pull/7/merge"),
        ("plan", "ref:refs/heads/main", DEPLOY),
        ("plan", "ref:refs/heads/main", AUDIT),
        ("apply", f"environment:{ENVIRONMENT}", DEPLOY),
    ],
)
def test_the_workflows_take_their_roles(account: Account, role: str, subject: str, workflow: str) -> None:
    assert account.assume(role, subject, workflow)["AWS_SESSION_TOKEN"]


STATE = f"tfstate-{ACCOUNT}-{REGION}"


def test_plan_writes_nothing_not_even_the_lock(account: Account) -> None:
    credentials = account.assume("plan", "pull_request", PLAN)
    s3 = account.client("s3", credentials)

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=STATE, Key="notifications.tfstate.tflock", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=STATE, Key="notifications.tfstate.tflock")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=STATE, Key="notifications.tfstate", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        account.client("sqs", credentials).create_queue(QueueName="AwsServiceEvents")


def test_apply_touches_what_bears_the_stacks_names_and_nothing_else(account: Account) -> None:
    credentials = account.assume("apply", f"environment:{ENVIRONMENT}", DEPLOY)
    s3, sqs = account.client("s3", credentials), account.client("sqs", credentials)

    sqs.delete_queue(QueueUrl=sqs.create_queue(QueueName="OrgResourceEvents-tried")["QueueUrl"])
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.create_queue(QueueName="SomebodyElses")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=STATE, Key="bootstrap.tfstate", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_bucket_policy(Bucket=STATE)


def test_what_one_job_planned_another_applies_and_a_third_finds_no_drift(
    account: Account, ci: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = account.assume("plan", "ref:refs/heads/main", DEPLOY)
    applies = account.assume("apply", f"environment:{ENVIRONMENT}", DEPLOY)
    s3 = account.aws.client("s3")
    lock = {"Bucket": STATE, "Key": "notifications.tfstate.tflock"}

    there = ci("one", plans, 'sender_version = "1"')
    deploy.save_plan(ENVIRONMENT)
    (plan,) = there.glob("*.tfplan")

    here = ci("another", applies)
    here.mkdir(parents=True)
    shutil.copy(plan, here)
    deploy.apply_plan(ENVIRONMENT)
    assert "Contents" in s3.list_objects_v2(Bucket=STATE, Prefix="notifications.tfstate")
    ci("third", plans)
    deploy.find_drift(ENVIRONMENT)
    _known_to_the_bootstrap(account)
    _within_the_boundary(account)
    assert _source_of_mails(account) == "OrgResourceEventsMessaging"
    _mails_within_the_boundary(account)

    # Somebody else is at it: a plan goes on, an apply names the owner of the lock, or waits until that is given back.
    held = {"ID": "1", "Operation": "OperationTypeApply", "Who": "somebody@else", "Created": "2026-01-01T00:00:00Z"}
    s3.put_object(**lock, Body=json.dumps(held))
    ci("another", applies, 'sender_version = "2"')
    deploy.save_plan(ENVIRONMENT)
    monkeypatch.setattr(terraform, "LOCK_TIMEOUT", "1s")
    with pytest.raises(CommandError, match="somebody@else"):
        deploy.apply_plan(ENVIRONMENT)
    monkeypatch.setattr(terraform, "LOCK_TIMEOUT", "2m")
    giving_back = threading.Timer(5, lambda: s3.delete_object(**lock))
    giving_back.start()
    # The mapping is replaced: its creation is granted on no mapping, since it has no ARN yet.
    deploy.apply_plan(ENVIRONMENT)
    giving_back.join()
    assert _source_of_mails(account) == "OrgResourceEventsMessagingV2"
    ci("third", plans)
    deploy.find_drift(ENVIRONMENT)
    _takes_nothing_of_others(account, applies)

    # Without version 1 its queues would go, and what waits in one of them.
    sqs = account.aws.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="OrgResourceEvents")["QueueUrl"], MessageBody="waits")
    ci("another", applies, 'message_versions = ["2"]')
    deploy.save_plan(ENVIRONMENT)
    with pytest.raises(CommandError, match=r"nothing was applied\n  OrgResourceEvents holds \d+ message") as refused:
        deploy.apply_plan(ENVIRONMENT)
    assert "aws sns unsubscribe" in refused.value.message

    # And it may remove what it made.
    ci("another", applies)
    stack, _ = deploy.prepare(ENVIRONMENT)  # not `destroy`, which asks a person
    stack.destroy()
    assert waiting.existing(stack.show()) == []


def _mails_within_the_boundary(account: Account) -> None:
    """The boundary lets the functions work, and mail from the sender that it names."""
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:OrgResourceEventsNotification"
    channel = {"channels": {"DataType": "String.Array", "StringValue": json.dumps(["email"])}}
    account.aws.client("sns").publish(
        TopicArn=topic, Message=json.dumps(notification(text="bounded")), MessageAttributes=channel
    )
    (mail, *_) = eventually(lambda: [mail for mail in account.aws.outbox() if "bounded" in mail.text], "it is mailed")
    assert mail.sender == "infra-events@example.org"


def _source_of_mails(account: Account) -> str:
    """Return the name of the queue that feeds the sender."""
    mappings = account.aws.client("lambda").list_event_source_mappings(
        FunctionName="OrgResourceEventNotificationSender"
    )
    (mapping,) = mappings["EventSourceMappings"]
    return str(mapping["EventSourceArn"]).rpartition(":")[2]


def _takes_nothing_of_others(account: Account, credentials: Mapping[str, str]) -> None:
    """The role that made all this is refused where a name, a tag, a function or a boundary is not the stack's."""
    trust = {"AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})}
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:AwsServiceEvents"
    key = account.aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("lambda", "create_event_source_mapping", {"FunctionName": "SomebodyElses", "EventSourceArn": queue}),
        ("events", "put_rule", {"Name": "SomebodyElses", "ScheduleExpression": "rate(1 day)"}),
        ("events", "create_event_bus", {"Name": "SomebodyElses"}),
        ("iam", "create_role", {"RoleName": "SomebodyElses", **trust}),
        ("iam", "create_role", {"RoleName": "OrgResourceWithoutBoundary", **trust}),
        ("iam", "update_assume_role_policy", {"RoleName": SENDER, "PolicyDocument": trust["AssumeRolePolicyDocument"]}),
        ("iam", "delete_role_permissions_boundary", {"RoleName": SENDER}),
        ("kms", "schedule_key_deletion", {"KeyId": key}),
        ("kms", "create_alias", {"AliasName": "alias/InfraEventsTopics", "TargetKeyId": key}),
        ("sesv2", "create_email_identity", {"EmailIdentity": "somebody@else.example.org"}),
    ]
    for service, call, parameters in tries:
        with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
            getattr(account.client(service, credentials), call)(**parameters)


def _known_to_the_bootstrap(account: Account) -> None:
    """What the stack makes and apply's policies do not name could not be made, and only AWS would show it."""
    state = account.aws.client("s3").get_object(Bucket=STATE, Key="notifications.tfstate")["Body"].read()
    arns = {
        instance["attributes"]["arn"]
        for resource in json.loads(state)["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
        if "arn" in instance["attributes"]
    }
    assert arns
    for policies in (("Write", "Roles"), ("Apply",)):
        statements = [
            statement
            for name in policies
            for statement in account.policy(f"arn:aws:iam::{ACCOUNT}:policy/InfraEvents{name}")["Statement"]
        ]
        named = [resource for it in statements for resource in _parts(it, "Resource") if resource != "*"]
        assert sorted(arn for arn in arns if not _fits(arn, named)) == [], policies


def _within_the_boundary(account: Account) -> None:
    """A boundary that lacks what a function is allowed to do would take it away, and only AWS would show it."""
    iam = account.aws.client("iam")
    boundary = account.outputs["permissions_boundary_arn"]
    limit = account.policy(boundary)["Statement"]
    roles = [
        name
        for name in (role["RoleName"] for role in iam.list_roles()["Roles"])
        if iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == boundary
    ]
    assert len(roles) == len(package.functions())
    for role in roles:
        statements = iam.get_role_policy(RoleName=role, PolicyName="work")["PolicyDocument"]["Statement"]
        beyond = {
            (action, resource)
            for it in statements
            for action in _parts(it, "Action")
            for resource in _parts(it, "Resource")
            if not any(
                _fits(action, _parts(most, "Action")) and _fits(resource, _parts(most, "Resource")) for most in limit
            )
        }
        assert beyond == set(), role
