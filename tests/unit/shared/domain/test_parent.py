"""What a resource belongs to, and what people call that."""

import pytest

from infra_events.domain.arn import Arn
from infra_events.domain.parent import MOST_PARENTS, Parent, can_have_tags, group_arn, group_name, identity, lineage
from infra_events.domain.tags import Tags

WHERE = "eu-west-1:111122223333"


@pytest.mark.parametrize(
    ("resource", "parents"),
    [
        (f"states:{WHERE}:execution:settle:run-1", [f"states:{WHERE}:stateMachine:settle"]),
        (f"states:{WHERE}:express:settle:run-1:3f2a", [f"states:{WHERE}:stateMachine:settle"]),
        (f"states:{WHERE}:mapRun:settle/each:3f2a", [f"states:{WHERE}:stateMachine:settle"]),
        (f"states:{WHERE}:execution:settle/each:3f2a", [f"states:{WHERE}:stateMachine:settle"]),
        (f"states:{WHERE}:stateMachine:settle:7", [f"states:{WHERE}:stateMachine:settle"]),
        (f"codebuild:{WHERE}:build/api:0a1b", [f"codebuild:{WHERE}:project/api"]),
        (f"codebuild:{WHERE}:build-batch/api:0a1b", [f"codebuild:{WHERE}:project/api"]),
        (f"codebuild:{WHERE}:report/api-tests:0a1b", [f"codebuild:{WHERE}:report-group/api-tests"]),
        (f"ecs:{WHERE}:task/prod/0a1b", [f"ecs:{WHERE}:cluster/prod"]),
        (
            f"ecs:{WHERE}:service-deployment/prod/api/0a1b",
            [f"ecs:{WHERE}:service/prod/api", f"ecs:{WHERE}:cluster/prod"],
        ),
        (f"lambda:{WHERE}:function:mailer:live", [f"lambda:{WHERE}:function:mailer"]),
        (f"lambda:{WHERE}:function:mailer:$LATEST/durable-execution/a/b", [f"lambda:{WHERE}:function:mailer"]),
        ("s3:::uploads/a/b.txt", ["s3:::uploads"]),
        (f"dynamodb:{WHERE}:table/orders/index/by-day", [f"dynamodb:{WHERE}:table/orders"]),
        (f"emr-serverless:{WHERE}:/applications/00f/jobruns/1", [f"emr-serverless:{WHERE}:/applications/00f"]),
        (f"emr-containers:{WHERE}:/virtualclusters/0a/jobruns/1", [f"emr-containers:{WHERE}:/virtualclusters/0a"]),
        (
            f"elasticloadbalancing:{WHERE}:listener-rule/app/web/0f1e/1a2b/3c4d",
            [f"elasticloadbalancing:{WHERE}:loadbalancer/app/web/0f1e"],
        ),
        (f"rds:{WHERE}:snapshot:rds:orders-db-2026-03-01-04-05", [f"rds:{WHERE}:db:orders-db"]),
        (f"rds:{WHERE}:cluster-snapshot:rds:orders-2026-03-01-04-05", [f"rds:{WHERE}:cluster:orders"]),
        (f"logs:{WHERE}:log-group:/aws/lambda/x:*", [f"logs:{WHERE}:log-group:/aws/lambda/x"]),
        (f"codedeploy:{WHERE}:deploymentgroup:shop/blue", [f"codedeploy:{WHERE}:application:shop"]),
        ("apigateway:eu-west-1::/restapis/a1b2c3/stages/live", ["apigateway:eu-west-1::/restapis/a1b2c3"]),
        (f"eks:{WHERE}:nodegroup/prod/workers/0a1b", [f"eks:{WHERE}:cluster/prod"]),
    ],
)
def test_an_arn_names_what_it_is_a_part_of(resource: str, parents: list[str]) -> None:
    found = lineage(f"arn:aws-cn:{resource}")
    assert [parent.resource for parent in found] == [f"arn:aws-cn:{parent}" for parent in parents]


@pytest.mark.parametrize(
    "resource",
    [
        "i-0abc",
        "a sentence",
        f"arn:aws:ecs:{WHERE}:task/0a1b",
        f"arn:aws:ec2:{WHERE}:instance/i-0abc",
        f"arn:aws:lambda:{WHERE}:function:mailer",
        "arn:aws:s3:::uploads",
        "arn:aws:s3:::uploads/",
        f"arn:aws:s3:{WHERE}:accesspoint/uploads",
        f"arn:aws:rds:{WHERE}:snapshot:by-hand-2026",
        f"arn:aws:states:{WHERE}:stateMachine:settle",
    ],
)
def test_what_stands_for_itself_has_no_parent(resource: str) -> None:
    assert lineage(resource) == ()


def test_what_is_declared_comes_first_and_each_comes_once() -> None:
    task, service, cluster = (f"arn:aws:ecs:{WHERE}:{one}" for one in ("task/p/1", "service/p/api", "cluster/p"))
    declared = [Parent(resource=one) for one in (service, cluster, service, task)]
    assert [parent.resource for parent in lineage(task, declared)] == [service, cluster]
    assert [parent.resource for parent in lineage("step", declared[:1])] == [service, cluster]


def test_a_group_is_no_parent_of_itself_whatever_its_uuid() -> None:
    group = f"arn:aws:autoscaling:{WHERE}:autoScalingGroup:0a1b2c3d:autoScalingGroupName/web"
    nameless = group_arn("web", "eu-west-1", "111122223333", "aws")
    assert lineage(group, [Parent(resource=nameless)]) == ()
    assert identity(group) == identity(nameless) != identity(group_arn("other", "eu-west-1", "111122223333", "aws"))
    assert {group_name(arn) for text in (group, nameless) if (arn := Arn.parse(text))} == {"web"}


def test_neither_their_number_nor_their_length_is_without_bounds() -> None:
    many = [Parent(resource=f"arn:aws:sqs:{WHERE}:queue-{number}") for number in range(50)]
    assert len(lineage("alarm", [Parent(resource=f"arn:aws:sqs:{WHERE}:{'x' * 2000}"), *many])) == MOST_PARENTS


@pytest.mark.parametrize(
    ("resource", "label"),
    [
        (f"arn:aws:ecs:{WHERE}:service/prod/api", "service api"),
        (f"arn:aws:states:{WHERE}:stateMachine:settle", "state machine settle"),
        (f"arn:aws:batch:{WHERE}:job-queue/nightly", "job queue nightly"),
        (f"arn:aws:batch:{WHERE}:job-definition/settle:3", "job definition settle:3"),
        ("arn:aws:s3:::uploads", "bucket uploads"),
        (f"arn:aws:rds:{WHERE}:db:orders", "database orders"),
        (f"arn:aws:elasticloadbalancing:{WHERE}:loadbalancer/app/web/0f1e2d3c4b5a6978", "load balancer web"),
        (f"arn:aws:cloudformation:{WHERE}:stack/shop/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "stack shop"),
        (f"arn:aws:autoscaling:{WHERE}:autoScalingGroup:*:autoScalingGroupName/web", "Auto Scaling group web"),
        (f"arn:aws:sqs:{WHERE}:orders", "sqs orders"),
        (f"arn:aws:kms:{WHERE}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "key 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
        ("no ARN\r\n", "no ARN"),
    ],
)
def test_a_parent_has_a_name_that_people_know(resource: str, label: str) -> None:
    assert Parent(resource=resource).label == label


def test_a_tag_called_name_stands_beside_an_id() -> None:
    instance = Parent(resource=f"arn:aws:ec2:{WHERE}:instance/i-0abc", tags=Tags.live({"name": " web-1\r\n "}))
    assert instance.label == "instance i-0abc (web-1)"
    assert len(Parent(resource=instance.resource, tags=Tags.live({"Name": "x" * 256})).label) == 80


@pytest.mark.parametrize(
    ("resource", "tagged"),
    [
        (f"states:{WHERE}:execution:settle:run-1", False),
        (f"codebuild:{WHERE}:build/api:0a1b", False),
        (f"lambda:{WHERE}:function:mailer:live", False),
        ("s3:::uploads/a", False),
        (f"ecs:{WHERE}:task/prod/0a1b", True),
        (f"sqs:{WHERE}:orders", True),
    ],
)
def test_runs_that_aws_lets_nobody_tag_are_known(resource: str, *, tagged: bool) -> None:
    arn = Arn.parse(f"arn:aws:{resource}")
    assert arn
    assert can_have_tags(arn) is tagged
