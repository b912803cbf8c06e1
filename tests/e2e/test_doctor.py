"""Every finding that the local AWS can be made to show: one thing is broken at a time, and recognised.

What it cannot show is in tests/unit/scripts/operate/doctor. Nothing is repaired: each test breaks something
else, and looks at what is new.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra_events.aws import pace_table
from infra_events.ports import PaceRow
from scripts import environments
from scripts.local import stack as local_stack
from scripts.operate.doctor import access
from scripts.operate.doctor.finding import Code, Finding, Level
from scripts.stacks import deploy
from tests.support.pipeline import Pipeline
from tests.support.waiting import eventually


class Ward(Pipeline):
    """A deployment to break, and to examine."""

    document: bytes
    """The routing as it was deployed."""

    def examine(self) -> set[Finding]:
        rows = access.examine_account(environments.LOCAL, self.client, lambda: self.deployment.outputs)
        return {row.finding for row in rows}

    def name(self, function: str) -> str:
        return str(self.deployment.outputs["functions"][function]["name"])

    def mapping(self, function: str) -> str:
        found = self.client("lambda").list_event_source_mappings(FunctionName=self.name(function))
        return str(found["EventSourceMappings"][0]["UUID"])

    def arn(self, kind: str, name: str) -> str:
        return str(self.deployment.outputs[kind][name]["arn"])

    def subscription(self, topic: str, queue: str) -> str:
        listed = self.client("sns").list_subscriptions_by_topic(TopicArn=self.arn("topics", topic))["Subscriptions"]
        (found,) = [one["SubscriptionArn"] for one in listed if one["Endpoint"] == self.arn("queues", queue)]
        return str(found)

    def target(self, rule: str) -> dict[str, Any]:
        (found,) = self.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        return dict(found)

    def measure(self, namespace: str, metric: str, value: float, **dimensions: str) -> None:
        """Put a metric that AWS itself would, for the local one has none."""
        datum = {
            "MetricName": metric,
            "Value": value,
            "Timestamp": datetime.now(UTC) - timedelta(minutes=2),
            "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
        }
        self.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])

    @property
    def routing(self) -> dict[str, str]:
        """The object that the functions read their routing from."""
        routing = self.deployment.outputs["routing"]
        return {"Bucket": routing["bucket"], "Key": f"routing/{routing['sha256']}.json"}

    @property
    def key(self) -> str:
        topic = self.arn("topics", "AwsServiceEvents")
        return str(self.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"])

    def close_key(self) -> None:
        policy = json.loads(self.client("kms").get_key_policy(KeyId=self.key, PolicyName="default")["Policy"])
        policy["Statement"] = [s for s in policy["Statement"] if s["Sid"] != "EventBridgePublishesEncrypted"]
        self.client("kms").put_key_policy(KeyId=self.key, PolicyName="default", Policy=json.dumps(policy))

    def close_mail(self) -> None:
        """Close the pace row for a minute, as a worker does that SES refuses for its quota."""
        name = self.deployment.outputs["sent_table"]["name"]
        until = datetime.now(UTC).timestamp() + 60
        row = PaceRow(closed_until=until, closed_reason="SES's quota of 24 hours is used up", version=1)
        item = {"id": {"S": "pace|email"}} | pace_table.item_of(row)
        self.client("dynamodb").put_item(TableName=name, Item=item)

    def delete_rule(self, name: str) -> None:
        self.client("events").remove_targets(Rule=name, Ids=[self.target(name)["Id"]])
        self.client("events").delete_rule(Name=name)

    def enter_sandbox(self) -> None:
        self.client("sesv2").put_account_details(
            MailType="TRANSACTIONAL", WebsiteURL="https://example.org", ProductionAccessEnabled=False
        )

    def crash(self) -> None:
        """Have Lambda fail to run a function, whose message then goes, so that it ends in no DLQ."""
        name = self.name("EmailNotificationSender")
        self.client("lambda").update_function_configuration(FunctionName=name, Handler="nowhere.handler")
        self.send("OrgResourceEventsNotificationEmail", "{}")
        eventually(lambda: Code.MAPPING_FAILING in codes(self.examine()), "the mapping shows that its function fails")
        self.client("sqs").purge_queue(QueueUrl=self.url("OrgResourceEventsNotificationEmail"))


class Break(NamedTuple):
    """What is done, and the finding it leads to: its code, and what it must name."""

    code: Code
    named: str
    do: Callable[[Ward], Any]


def codes(findings: set[Finding]) -> set[Code | None]:
    return {finding.code for finding in findings}


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with local_stack.deployed() as deployment:
        ward = Ward(deployment)
        ward.document = ward.client("s3").get_object(**ward.routing)["Body"].read()
        yield ward


@pytest.fixture(scope="module")
def healthy(ward: Ward) -> set[Finding]:
    return ward.examine()


@pytest.fixture(scope="module", autouse=True)
def _examined_before_anything_is_broken(healthy: set[Finding]) -> None:
    pass


def test_a_healthy_deployment_is_well_in_every_respect(healthy: set[Finding]) -> None:
    assert {finding for finding in healthy if finding.level is not Level.OK} == set()


def test_the_state_of_a_real_environment_is_read_without_zips(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The local AWS evaluates no alarms and has no trail, so its environment has none, and a real one is warned of that.
    expected = codes(ward.examine()) | {Code.NO_ALARMS, Code.NO_TRAIL}
    files = environments.Files(tmp_path / "production")
    files.folder.mkdir()
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(deploy, "WORK", tmp_path / "work")
    for name, value in ward.aws.settings.items():
        monkeypatch.setenv(name, value)
    files.variables(environments.NOTIFICATIONS).write_text('sender_address = "infra-events@example.org"\n')
    assert Code.NOT_DEPLOYED in {row.finding.code for row in access.examine("production")}
    shutil.copy(ward.deployment.stack.folder / "terraform.tfstate", files.state(environments.NOTIFICATIONS))
    assert {row.finding.code for row in access.examine("production")} == expected


BREAKS = (
    Break(
        Code.DLQ_NOT_EMPTY,
        "2 message(s) wait in OrgResourceEventsDLQ",
        lambda ward: ward.send("OrgResourceEventsDLQ", "one", "two"),
    ),
    Break(
        Code.QUEUE_MISSING,
        "OrgResourceEventsSubscriptionDLQ does",
        lambda ward: ward.client("sqs").delete_queue(QueueUrl=ward.url("OrgResourceEventsSubscriptionDLQ")),
    ),
    Break(
        Code.QUEUE_LAGGING,
        "OrgResourceEventsNotificationEmail is 0:02:31 old",
        lambda ward: ward.measure(
            "AWS/SQS", "ApproximateAgeOfOldestMessage", 151, QueueName="OrgResourceEventsNotificationEmail"
        ),
    ),
    Break(
        Code.QUEUE_EXPIRING,
        "OrgResourceEvents is 12 days, 0:00:00 old and is lost after 14 days",
        lambda ward: ward.measure(
            "AWS/SQS", "ApproximateAgeOfOldestMessage", 12 * 24 * 60 * 60, QueueName="OrgResourceEvents"
        ),
    ),
    Break(
        Code.MAIL_LATE,
        "EmailNotificationSender put off waits for 1:00:01",
        lambda ward: ward.measure(
            "infra-events", "AgeSinceFirstEnqueued", 3601, FunctionName=ward.name("EmailNotificationSender")
        ),
    ),
    Break(Code.MAIL_CLOSED, "quota of 24 hours is used up: normal mail waits until", lambda ward: ward.close_mail()),
    Break(
        Code.RULE_DISABLED,
        "AwsServiceEvents-s3 ",
        lambda ward: ward.client("events").disable_rule(Name="AwsServiceEvents-s3"),
    ),
    Break(
        Code.RULE_DISABLED,
        "OrgInfrastructure/CatchAll ",
        lambda ward: ward.client("events").disable_rule(Name="CatchAll", EventBusName="OrgInfrastructure"),
    ),
    Break(
        Code.RULE_WITHOUT_TARGET,
        "AwsServiceEvents-ecs ",
        lambda ward: ward.client("events").remove_targets(
            Rule="AwsServiceEvents-ecs", Ids=[ward.target("AwsServiceEvents-ecs")["Id"]]
        ),
    ),
    Break(
        Code.RULE_WITHOUT_DLQ,
        "AwsServiceEvents-ec2 ",
        lambda ward: ward.client("events").put_targets(
            Rule="AwsServiceEvents-ec2",
            Targets=[{name: ward.target("AwsServiceEvents-ec2")[name] for name in ("Id", "Arn")}],
        ),
    ),
    Break(Code.RULE_MISSING, "AwsServiceEvents-rds ", lambda ward: ward.delete_rule("AwsServiceEvents-rds")),
    Break(
        Code.FUNCTION_STOPPED,
        "AwsServiceEventHandler never runs",
        lambda ward: ward.client("lambda").put_function_concurrency(
            FunctionName=ward.name("AwsServiceEventHandler"), ReservedConcurrentExecutions=0
        ),
    ),
    Break(
        Code.CONCURRENCY_EXHAUSTED,
        "unreserved concurrent executions in the last minutes",
        lambda ward: ward.measure("AWS/Lambda", "UnreservedConcurrentExecutions", 1_000_000),
    ),
    Break(
        Code.MAPPING_DISABLED,
        "AwsServiceEventHandler gets nothing",
        lambda ward: ward.client("lambda").update_event_source_mapping(
            UUID=ward.mapping("AwsServiceEventHandler"), Enabled=False
        ),
    ),
    Break(Code.MAPPING_FAILING, "EmailNotificationSender: FAILED", lambda ward: ward.crash()),
    Break(
        Code.MAPPING_MISSING,
        "OrgResourceEventNotificationSender gets nothing from OrgResourceEventsMessagingV2",
        lambda ward: ward.client("lambda").delete_event_source_mapping(
            UUID=ward.mapping("OrgResourceEventNotificationSender")
        ),
    ),
    Break(
        Code.ROLE_DENIED,
        "OrgResourceEventNotificationSender may not sns:Publish",
        lambda ward: ward.client("iam").put_role_policy(
            RoleName=ward.name("OrgResourceEventNotificationSender"),
            PolicyName="boundary",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}],
                }
            ),
        ),
    ),
    Break(
        Code.FUNCTION_MISSING,
        "OrgResourceEventNotificationSender does not exist",
        lambda ward: ward.client("lambda").delete_function(
            FunctionName=ward.name("OrgResourceEventNotificationSender")
        ),
    ),
    Break(
        Code.SENDER_UNVERIFIED,
        "infra-events@example.org",
        lambda ward: ward.client("sesv2").delete_email_identity(EmailIdentity="infra-events@example.org"),
    ),
    Break(Code.SES_SANDBOX, "sandbox in eu-central-1", lambda ward: ward.enter_sandbox()),
    Break(
        Code.ROUTING_UNREADABLE,
        "does not match its name",
        lambda ward: ward.client("s3").put_object(**ward.routing, Body=b"{}"),
    ),
    Break(
        Code.ROUTING_UNREADABLE,
        "s3:GetObject: NoSuchKey",
        lambda ward: ward.client("s3").delete_object(**ward.routing),
    ),
    Break(
        Code.SUBSCRIPTION_MISSING,
        "OrgResourceEvents is subscribed",
        lambda ward: ward.client("sns").unsubscribe(
            SubscriptionArn=ward.subscription("OrgResourceEvents", "OrgResourceEvents")
        ),
    ),
    Break(
        Code.SUBSCRIPTION_CHANGED,
        'takes {"channels": ["chat"]} from its topic, not {}',
        lambda ward: ward.client("sns").set_subscription_attributes(
            SubscriptionArn=ward.subscription("OrgResourceEventsNotification", "OrgResourceEventsNotificationEmail"),
            AttributeName="FilterPolicy",
            AttributeValue='{"channels": ["chat"]}',
        ),
    ),
    Break(
        Code.SUBSCRIPTION_CHANGED,
        'takes {"owner": ["search"]} from its topic, not {"owner": ["payments"]}',
        lambda ward: ward.client("sns").set_subscription_attributes(
            SubscriptionArn=ward.subscription("OrgResourceEventsV2", "OrgResourceEventsV2-payments"),
            AttributeName="FilterPolicy",
            AttributeValue='{"owner": ["search"]}',
        ),
    ),
    Break(
        Code.SUBSCRIPTION_CHANGED,
        "OrgResourceEventsMessaging gets its messages wrapped",
        lambda ward: ward.client("sns").set_subscription_attributes(
            SubscriptionArn=ward.subscription("OrgResourceEvents", "OrgResourceEventsMessaging"),
            AttributeName="RawMessageDelivery",
            AttributeValue="false",
        ),
    ),
    Break(
        Code.TOPIC_MISSING,
        "OrgResourceEventsV2 does not exist",
        lambda ward: ward.client("sns").delete_topic(TopicArn=ward.arn("topics", "OrgResourceEventsV2")),
    ),
    Break(Code.KEY_CLOSED, "EventBridge (events.amazonaws.com)", lambda ward: ward.close_key()),
    Break(Code.KEY_UNUSABLE, "is Disabled", lambda ward: ward.client("kms").disable_key(KeyId=ward.key)),
    Break(
        Code.KEY_UNUSABLE,
        "is PendingDeletion",
        lambda ward: ward.client("kms").schedule_key_deletion(KeyId=ward.key, PendingWindowInDays=7),
    ),
)


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.code}-{broken.named[:30]}")
def test_what_is_broken_is_reported_with_its_fix(ward: Ward, healthy: set[Finding], broken: Break) -> None:
    def reported() -> set[Finding]:
        return {f for f in ward.examine() - healthy if f.code is broken.code and broken.named in f.what}

    assert reported() == set()
    broken.do(ward)
    (finding,) = reported()
    assert finding.level is not Level.OK
    assert finding.fix


def test_in_the_sandbox_each_recipient_must_be_verified(ward: Ward) -> None:
    ward.client("s3").put_object(**ward.routing, Body=ward.document)
    ward.enter_sandbox()
    unverified = [finding.what for finding in ward.examine() if finding.code is Code.RECIPIENT_UNVERIFIED]
    for name in ("platform", "payments", "search"):
        assert any(f"{name}@example.org gets nothing" in what for what in unverified)
    ward.client("sesv2").create_email_identity(EmailIdentity="example.org")
    assert Code.RECIPIENT_UNVERIFIED not in codes(ward.examine())
