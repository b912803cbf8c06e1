"""Whose a run is: AWS's events of runs and parts, and the tags of what they belong to (docs/routing.md, "Parents").

The cases are those of public reports: aws/containers-roadmap#2329 (tasks), elastic/beats#35093 (Auto Scaling groups),
aws-samples/amazon-cloudwatch-auto-alarms#10 (alarms), AWS's EBS guide (ARNs of snapshots).
"""

from collections.abc import Mapping
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.enrich import Enrich
from aws_service_event_handler.stages.read import standardize
from aws_service_event_handler.stages.work import EventWork
from infra_events.content.rendering import Renderer
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.tags import TagsStatus
from infra_events.enrichment.families import enriched
from infra_events.routing.decision import Decision, Result, decide
from infra_events.wire import standard, v1, v2
from tests.support.builders import ACCOUNT, REGION, aws_event, delivered, message, routing, whole_catalogue
from tests.support.given_tags import ByResource, enricher

WHERE = f"{REGION}:{ACCOUNT}"
OWNERS = {
    name: {"aliases": [name.title()], "queue": False, "topic": False, "consumers": []}
    for name in ("payments", "search")
}
BY = routing(owners=OWNERS)


def event(service: str, detail_type: str, resource: str, /, **detail: Any) -> dict[str, Any]:
    """An event about a resource, by the end of its ARN; without a resource it names none."""
    named = [f"arn:aws:{resource}"] if resource else []
    return aws_event(source=f"aws.{service}", detail_type=detail_type, resources=named, detail=detail)


def call(service: str, name: str, /, **detail: Any) -> dict[str, Any]:
    record = {"eventSource": f"{service}.amazonaws.com", "eventName": name, "userIdentity": {"type": "Root"}}
    return event(service, "AWS API Call via CloudTrail", "", **record, **detail)


def alarm(**dimensions: str) -> dict[str, Any]:
    metric = {"namespace": "AWS/X", "name": "Errors", "dimensions": dimensions}
    return event(
        "cloudwatch",
        "CloudWatch Alarm State Change",
        f"cloudwatch:{WHERE}:alarm:too-many",
        alarmName="too-many",
        state={"value": "ALARM", "reason": "Threshold Crossed"},
        configuration={"metrics": [{"id": "e", "expression": "m*2"}, {"id": "m", "metricStat": {"metric": metric}}]},
    )


TASK = event(
    "ecs",
    "ECS Task State Change",
    f"ecs:{WHERE}:task/shop/0f3a5c7e9b1d2f4a6c8e0f3a5c7e9b1d",
    clusterArn=f"arn:aws:ecs:{WHERE}:cluster/shop",
    group="service:checkout",
    lastStatus="STOPPED",
)
LONE_TASK = TASK | {"detail": TASK["detail"] | {"group": "family:nightly"}}
EXECUTION = event(
    "states",
    "Step Functions Execution Status Change",
    f"states:{WHERE}:execution:billing:march",
    stateMachineArn=f"arn:aws:states:{WHERE}:stateMachine:billing",
    status="TIMED_OUT",
)
BUILD = event(
    "codebuild",
    "CodeBuild Build State Change",
    f"codebuild:{WHERE}:build/site:7c0e",
    **{"project-name": "site", "build-status": "FAILED"},
)
JOB = event(
    "batch",
    "Batch Job State Change",
    f"batch:{WHERE}:job/4c75",
    status="FAILED",
    jobQueue=f"arn:aws:batch:{WHERE}:job-queue/nightly",
    jobDefinition=f"arn:aws:batch:{WHERE}:job-definition/settle:3",
)
STEP = event("emr", "EMR Step Status Change", "", stepId="s-1ABC", clusterId="j-2A3B4C", state="FAILED")
OBJECT = call(
    "s3",
    "PutObject",
    requestParameters={"bucketName": "invoices", "key": "2026/1.pdf"},
    resources=[{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::invoices/2026/1.pdf"}],
)
ALIAS = event(
    "lambda",
    "Lambda Function Invocation Result - Failure",
    "",
    requestContext={"functionArn": f"arn:aws:lambda:{WHERE}:function:mailer:live", "condition": "RetriesExhausted"},
)
SNAPSHOT = event(
    "ec2",
    "EBS Snapshot Notification",
    f"ec2::{REGION}:snapshot/snap-0c9d8e7f6a5b4c3d2",
    event="createSnapshot",
    result="succeeded",
    source=f"arn:aws:ec2::{REGION}:volume/vol-0c9d8e7f6a5b4c3d2",
)
RDS_SNAPSHOT = event(
    "rds",
    "RDS DB Snapshot Event",
    f"rds:{WHERE}:snapshot:rds:orders-2026-03-01-04-05",
    EventID="RDS-EVENT-0091",
    EventCategories=["creation"],
)
GROUP_CALL = call("autoscaling", "SuspendProcesses", requestParameters={"autoScalingGroupName": "web"})
LAUNCH = event(
    "autoscaling",
    "EC2 Instance Launch Successful",
    f"ec2:{WHERE}:instance/i-0f3a5c7e9b1d2f4a6",
    AutoScalingGroupName="web",
)
GROUP = f"autoscaling:{WHERE}:autoScalingGroup:0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9:autoScalingGroupName/web"

RUNS: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "task, service": (TASK, f"ecs:{WHERE}:service/shop/checkout", "service checkout"),
    "task, cluster": (TASK, f"ecs:{WHERE}:cluster/shop", "cluster shop"),
    "lone task": (LONE_TASK, f"ecs:{WHERE}:cluster/shop", "cluster shop"),
    "execution": (EXECUTION, f"states:{WHERE}:stateMachine:billing", "state machine billing"),
    "build": (BUILD, f"codebuild:{WHERE}:project/site", "project site"),
    "job, queue": (JOB, f"batch:{WHERE}:job-queue/nightly", "job queue nightly"),
    "job, definition": (JOB, f"batch:{WHERE}:job-definition/settle:3", "job definition settle:3"),
    "step": (STEP, f"elasticmapreduce:{WHERE}:cluster/j-2A3B4C", "cluster j-2A3B4C"),
    "object": (OBJECT, "s3:::invoices", "bucket invoices"),
    "alias": (ALIAS, f"lambda:{WHERE}:function:mailer", "function mailer"),
    "snapshot": (SNAPSHOT, f"ec2:{WHERE}:volume/vol-0c9d8e7f6a5b4c3d2", "volume vol-0c9d8e7f6a5b4c3d2"),
    "database's snapshot": (RDS_SNAPSHOT, f"rds:{WHERE}:db:orders", "database orders"),
    "call on a group": (GROUP_CALL, GROUP, "Auto Scaling group web"),
    "instance of a group": (LAUNCH, GROUP, "Auto Scaling group web"),
    "alarm on an instance": (alarm(InstanceId="i-0abc1234"), f"ec2:{WHERE}:instance/i-0abc1234", "instance i-0abc1234"),
    "alarm on a group": (alarm(AutoScalingGroupName="web"), GROUP, "Auto Scaling group web"),
    "alarm on a service": (
        alarm(ClusterName="shop", ServiceName="checkout"),
        f"ecs:{WHERE}:service/shop/checkout",
        "service checkout",
    ),
    "alarm on a database": (alarm(DBInstanceIdentifier="orders"), f"rds:{WHERE}:db:orders", "database orders"),
    "alarm on a load balancer": (
        alarm(LoadBalancer="app/web/0f1e2d3c4b5a6978"),
        f"elasticloadbalancing:{WHERE}:loadbalancer/app/web/0f1e2d3c4b5a6978",
        "load balancer web",
    ),
    "alarm on a queue": (alarm(QueueName="orders"), f"sqs:{WHERE}:orders", "sqs orders"),
    "alarm on a function": (alarm(FunctionName="mailer"), f"lambda:{WHERE}:function:mailer", "function mailer"),
    "alarm on a state machine": (
        alarm(StateMachineArn=f"arn:aws:states:{WHERE}:stateMachine:billing"),
        f"states:{WHERE}:stateMachine:billing",
        "state machine billing",
    ),
}
"""An event of each run, a parent whose tags name its owner, and how a reason names that."""


def standardized(document: dict[str, Any], tags: ByResource) -> ResourceEvent:
    """Return what the standardizer makes of an event, of its last resource."""
    events = standardize(AwsEvent.read(message(document)), whole_catalogue())
    work = EventWork(message=message(), events=events)
    (work,) = Enrich(enricher=enricher(events[0], tags), routing=BY)([work])
    return work.events[-1]


def sent(event: ResourceEvent) -> tuple[ResourceEvent, Decision]:
    """Return an event as the sender reads it in version 2, and the decision on it."""
    read = standard.read(delivered(v2.write(event)))
    return read, decide(BY, read, read.time)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_its_parents(name: str) -> None:
    document, parent, words = RUNS[name]
    made = standardized(document, {f"arn:aws:{parent}": {"Owner": "Payments"}})
    assert made.owner == "payments"
    read, decision = sent(made)
    assert (decision.owner, decision.destinations) == ("payments", ("payments",))
    assert decision.reason == f"route payments matched tag Owner=Payments of {words}"
    assert read.tags_from in [one.resource for one in read.parents]


@pytest.mark.parametrize("name", RUNS)
def test_what_its_own_tags_name_is_never_overridden(name: str) -> None:
    document, parent, _ = RUNS[name]
    bare = standardized(document, {})
    tags = {f"arn:aws:{parent}": {"Owner": "Payments"}, bare.resource: {"Owner": "Search"}}
    made = standardized(document, tags)
    own = made.tags.status is TagsStatus.LIVE and bool(made.tags.values)
    assert (made.owner, made.tags_from == "") == (("search", True) if own else ("payments", False))


@pytest.mark.parametrize("name", RUNS)
def test_without_any_tags_the_fallback_is_notified_and_knows_whom_to_ask(name: str) -> None:
    document, _, words = RUNS[name]
    _, decision = sent(standardized(document, {}))
    assert (decision.owner, decision.destinations) == ("", ("platform",))
    assert words in decision.reason


@pytest.mark.parametrize("name", ["execution", "build", "object", "alias"])
def test_that_a_run_has_no_tags_is_never_shown_as_tags_that_it_lacks(name: str) -> None:
    read, _ = sent(standardized(RUNS[name][0], {}))
    assert read.unread_tags == "", "it lacks nothing that a log should name"
    assert (read.tags.status, read.tags.unavailable) == (TagsStatus.UNAVAILABLE, "such a resource has no tags")


@pytest.mark.parametrize("name", ["task, cluster", "execution", "build", "object", "alias", "database's snapshot"])
def test_version_1_has_the_parents_that_an_arn_names(name: str) -> None:
    document, parent, words = RUNS[name]
    (bare,) = standardize(AwsEvent.read(message(document)), whole_catalogue())
    read = standard.read(delivered(v1.write(bare)))
    (tagged,) = enriched(enricher(bare, {f"arn:aws:{parent}": {"Owner": "Payments"}}), [read])
    assert f"of {words}" in decide(BY, tagged, tagged.time).reason


def test_the_nearest_parent_that_names_an_owner_counts() -> None:
    service, cluster = (f"arn:aws:{RUNS[name][1]}" for name in ("task, service", "task, cluster"))
    assert standardized(TASK, {service: {"Owner": "search"}, cluster: {"Owner": "payments"}}).owner == "search"
    assert standardized(TASK, {service: {"Owner": "nobody"}, cluster: {"Owner": "payments"}}).owner == "payments"


@pytest.mark.parametrize(
    ("tag", "of_task", "expected"),
    [
        ({"notify:ignore": "true"}, {}, "tag notify:ignore=true of service checkout"),
        ({"notify:mute-until": "2026-03-02"}, {}, "muted by tag notify:mute-until=2026-03-02 of service checkout"),
        ({"notify:ignore": "true"}, {"notify:ignore": "false"}, ""),
        ({"notify:mute-until": "2026-03-02"}, {"notify:mute-until": "2026-02-01"}, ""),
        ({"notify:ignore": "true"}, {"notify:ignore": ""}, "tag notify:ignore=true of service checkout"),
    ],
)
def test_a_service_can_be_silenced_and_a_task_answers_for_itself(
    tag: dict[str, str], of_task: dict[str, str], expected: str
) -> None:
    tags = {f"arn:aws:{RUNS['task, service'][1]}": tag, TASK["resources"][0]: of_task}
    _, decision = sent(standardized(TASK, tags))
    assert decision.result is (Result.SUPPRESS if expected else Result.SEND)
    assert not expected or decision.reason == expected


def test_a_service_sets_the_severity_of_its_tasks_unless_they_do() -> None:
    service, task = f"arn:aws:{RUNS['task, service'][1]}", TASK["resources"][0]
    _, decision = sent(standardized(TASK, {service: {"notify:severity": "error"}}))
    assert decision.severity is Severity.ERROR
    own = {service: {"notify:severity": "error"}, task: {"notify:severity": "debug"}}
    assert sent(standardized(TASK, own))[1].severity is Severity.DEBUG


def test_a_parents_tags_silence_no_protected_type() -> None:
    document = call(
        "s3", "PutObjectAcl", requestParameters={"bucketName": "invoices"}, resources=OBJECT["detail"]["resources"]
    )
    _, decision = sent(standardized(document, {"arn:aws:s3:::invoices": {"notify:ignore": "true"}}))
    assert decision.result is Result.SEND
    assert "tag notify:ignore=true of bucket invoices is not followed" in decision.reason


def test_explain_shows_each_parent() -> None:
    _, decision = sent(standardized(TASK, {}))
    steps = {step.step: (step.result, step.why) for step in decision.steps}
    assert steps["tags of service checkout"] == ("live", f"arn:aws:{RUNS['task, service'][1]}")
    assert "tags of cluster shop" in steps


def test_an_ebs_snapshot_is_of_the_account_and_region_of_its_event() -> None:
    resource = SNAPSHOT["resources"][0]
    for known in (f"{REGION}:{ACCOUNT}", f"{REGION}:"):
        made = standardized(SNAPSHOT, {f"arn:aws:ec2:{known}:snapshot/snap-0c9d8e7f6a5b4c3d2": {"Owner": "Search"}})
        assert (made.resource, made.account_id, made.owner) == (resource, ACCOUNT, "search")
    assert v1.write(made).body == f"aws.ec2,{resource},succeeded", "version 1 keeps its bytes"


def test_an_instance_is_its_groups_or_its_stacks_by_its_tags() -> None:
    instance = f"arn:aws:ec2:{WHERE}:instance/i-0abc1234def567890"
    stack = f"arn:aws:cloudformation:{WHERE}:stack/shop/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    own = {"aws:autoscaling:groupName": "web", "aws:cloudformation:stack-id": stack}
    tags = {instance: own, f"arn:aws:{GROUP}": {"Owner": "payments"}, stack: {"Owner": "search"}}
    _, decision = sent(standardized(aws_event(), tags))
    assert decision.reason == "route payments matched tag Owner=payments of Auto Scaling group web"
    del tags[f"arn:aws:{GROUP}"]
    assert standardized(aws_event(), tags).owner == "search"


@pytest.mark.parametrize("name", ["alarm on an instance", "alarm on a queue"])
def test_an_alarm_on_nothing_known_has_no_parents(name: str) -> None:
    document = RUNS[name][0] | {"detail": RUNS[name][0]["detail"] | {"configuration": {"metrics": "none"}}}
    assert standardized(document, {}).parents == ()
    assert standardized(alarm(Mystery="x", ServiceName="no cluster"), {}).parents == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("alarm on an instance", "instance i-0abc1234 (web-1)"),
        ("task, service", "service checkout, cluster shop"),
        ("execution", "state machine billing"),
    ],
)
def test_a_mail_states_what_it_is_about_whoever_owns_it(name: str, words: str) -> None:
    document, parent, _ = RUNS[name]
    own = standardized(document, {}).resource
    tags = {f"arn:aws:{parent}": {"Name": "web-1"} if "instance" in name else {}, own: {"Owner": "search"}}
    read, decision = sent(standardized(document, tags))
    content = Renderer(BY).render([read], decision)
    assert f"\nOf       {words}\n" in content.text
    assert content.html is None or words in content.html
