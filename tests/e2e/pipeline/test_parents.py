"""Runs and parts of what people tag, on the local AWS: each is notified of by the tags of what it belongs to.

The Tagging API of the local AWS has no state machines, build projects, job queues, EMR clusters and databases; of these
tests/contract/test_parents.py shows the same without it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.builders import aws_event
from tests.support.pipeline import Pipeline, unique

OWNED = [{"Key": "Owner", "Value": "search"}]
SEARCH = "search@example.org"


@dataclass(frozen=True, slots=True)
class Run:
    """What happens to a resource, and how the mail names what it belongs to."""

    source: str
    detail_type: str
    resource: str
    detail: Mapping[str, Any]
    words: str


def task(pipeline: Pipeline, where: str) -> Run:
    cluster, ecs = unique("shop"), pipeline.client("ecs")
    ecs.create_cluster(clusterName=cluster)
    tags = [{"key": "Owner", "value": "search"}]
    ecs.create_service(cluster=cluster, serviceName="api", taskDefinition="api", desiredCount=0, tags=tags)
    detail = {"clusterArn": f"arn:aws:ecs:{where}:cluster/{cluster}", "group": "service:api", "lastStatus": "STOPPED"}
    return Run("aws.ecs", "ECS Task State Change", f"ecs:{where}:task/{cluster}/0f1e2d3c", detail, "service api")


def alarm(pipeline: Pipeline, where: str) -> Run:
    instance, name = pipeline.launch("web-1", Owner="search"), unique("cpu")
    metric = {"namespace": "AWS/EC2", "name": "CPUUtilization", "dimensions": {"InstanceId": instance}}
    detail = {
        "alarmName": name,
        "state": {"value": "ALARM", "reason": "Threshold Crossed"},
        "configuration": {"metrics": [{"id": "m1", "metricStat": {"metric": metric}}]},
    }
    kind, resource = "CloudWatch Alarm State Change", f"cloudwatch:{where}:alarm:{name}"
    return Run("aws.cloudwatch", kind, resource, detail, f"instance {instance} (web-1)")


def snapshot(pipeline: Pipeline, where: str) -> Run:
    ec2, region = pipeline.client("ec2"), where.split(":", maxsplit=1)[0]
    volume = ec2.create_volume(
        AvailabilityZone=f"{region}a", Size=1, TagSpecifications=[{"ResourceType": "volume", "Tags": OWNED}]
    )["VolumeId"]
    made = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    detail = {"event": "createSnapshot", "result": "failed", "source": f"arn:aws:ec2::{region}:volume/{volume}"}
    return Run("aws.ec2", "EBS Snapshot Notification", f"ec2::{region}:snapshot/{made}", detail, f"volume {volume}")


def instance_of_a_group(pipeline: Pipeline, where: str) -> Run:
    group, autoscaling = unique("web"), pipeline.client("autoscaling")
    autoscaling.create_launch_configuration(LaunchConfigurationName=group, ImageId="ami-1", InstanceType="t3.nano")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchConfigurationName=group,
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=[f"{where.split(':', maxsplit=1)[0]}a"],
        Tags=[{**OWNED[0], "ResourceId": group, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}],
    )
    instance = pipeline.launch("", **{"aws:autoscaling:groupName": group})
    detail = {"instance-id": instance, "state": "stopped"}
    kind = "EC2 Instance State-change Notification"
    return Run("aws.ec2", kind, f"ec2:{where}:instance/{instance}", detail, f"Auto Scaling group {group}")


def s3_object(pipeline: Pipeline, where: str) -> Run:
    bucket, s3 = unique("uploads"), pipeline.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": where.split(":", maxsplit=1)[0]})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": OWNED})
    detail = {"eventName": "Something new", "resources": [{"ARN": f"arn:aws:s3:::{bucket}/2026/1.pdf"}]}
    return Run("aws.s3", "AWS API Call via CloudTrail", f"s3:::{bucket}/2026/1.pdf", detail, f"bucket {bucket}")


def call_on_a_role(pipeline: Pipeline, where: str) -> Run:
    role, account = unique("deploy"), where.split(":")[1]
    pipeline.client("iam").create_role(RoleName=role, Path="/ci/", AssumeRolePolicyDocument="{}", Tags=OWNED)
    # Its own tags, but of a reader that no other kind has.
    return Run("aws.iam", "Something new", f"iam::{account}:role/ci/{role}", {"state": "changed"}, "tag Owner=search")


ATTEMPTS = 3
"""A look-up that takes too long is given up, and the fallback is notified: on a busy machine the first ones may be."""

RUNS = (task, alarm, snapshot, instance_of_a_group, s3_object, call_on_a_role)


def send(pipeline: Pipeline, runs: Mapping[str, Run]) -> Mapping[str, str]:
    """Send an event of each run, and settle; return their ids by name."""
    region, account = pipeline.account.region, pipeline.account.account_id
    ids = {name: unique("run") for name in runs}
    pipeline.send(
        "AwsServiceEvents",
        *(
            json.dumps(
                aws_event(
                    id=ids[name],
                    source=run.source,
                    detail_type=run.detail_type,
                    resources=[f"arn:aws:{run.resource}"],
                    detail=run.detail,
                    account=account,
                    region=region,
                )
            )
            for name, run in runs.items()
        ),
    )
    pipeline.settle()
    return ids


def test_runs_are_notified_of_by_the_tags_of_what_they_belong_to(pipeline: Pipeline) -> None:
    region, account = pipeline.account.region, pipeline.account.account_id
    runs = {make.__name__: make(pipeline, f"{region}:{account}") for make in RUNS}
    for _ in range(ATTEMPTS):
        ids = send(pipeline, runs)
        if all(mail.to == (SEARCH,) for event_id in ids.values() for mail in pipeline.mails(about=event_id)):
            break

    for name, run in runs.items():
        (mail,) = pipeline.mails(about=ids[name])
        assert mail.to == (SEARCH,), name
        assert run.words in mail.text.replace("\n", " "), (name, mail.text)
    (message,) = pipeline.peek("OrgResourceEventsV2-search", about=ids["task"])
    resource = json.loads(message.body)["data"]["resource"]
    assert [parent["uid"].rpartition(":")[2].partition("/")[0] for parent in resource["parents"]] == [
        "service",
        "cluster",
    ]
    assert resource["tags_from"] == resource["parents"][0]["uid"]
