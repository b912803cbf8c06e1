"""One event of each of five services, as EventBridge delivers them, for the demo to send as drills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra_events.domain.arn import partition_of
from scripts.demo.scenarios import FALLBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """An event, and what people and machines should receive of it. ``arn`` is without its partition.

    Texts of ``detail`` may have placeholders too. ``notified`` are the destinations that should be notified.
    """

    source: str
    detail_type: str
    arn: str
    detail: Mapping[str, Any]
    state: str
    kind: str
    resource_id: str
    notified: Sequence[str] = FALLBACK

    @property
    def names_resource(self) -> bool:
        """Whether the event names its resource where an event should; one that CloudTrail recorded does not."""
        return not self.detail_type.endswith("via CloudTrail")

    def resource(self, account: str, region: str) -> str:
        """Return the ARN of the event's resource."""
        return f"arn:{partition_of(region)}:{self.arn.format(account=account, region=region)}"

    def detail_in(self, account: str, region: str) -> Mapping[str, Any]:
        """Return the event's detail."""
        known = {"account": account, "region": region, "partition": partition_of(region)}
        return {key: text.format(**known) if isinstance(text, str) else text for key, text in self.detail.items()}


CLUSTER, SERVICE, SERVICE_TAGS = "shop", "checkout", {"Owner": "search"}
"""The ECS service that a task is a run of, and its tags: tasks have none, unless the service propagates them."""


SERVICE_EVENTS = (
    ServiceEvent(
        source="aws.rds",
        detail_type="RDS DB Instance Event",
        arn="rds:{region}:{account}:db:orders",
        detail={
            "EventCategories": ["availability"],
            "SourceType": "DB_INSTANCE",
            "SourceIdentifier": "orders",
            "EventID": "RDS-EVENT-0087",
            "Message": "DB instance stopped",
        },
        state="stopped",
        kind="RDS db",
        resource_id="orders",
    ),
    ServiceEvent(
        source="aws.s3",
        detail_type="AWS API Call via CloudTrail",
        arn="s3:::customer-invoices",
        detail={
            "eventSource": "s3.amazonaws.com",
            "eventName": "DeleteBucketPublicAccessBlock",
            "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE:jane"},
            "requestParameters": {"bucketName": "customer-invoices"},
        },
        state="DeleteBucketPublicAccessBlock",
        kind="S3",
        resource_id="customer-invoices",
    ),
    ServiceEvent(
        source="aws.ecs",
        detail_type="ECS Task State Change",
        arn="ecs:{region}:{account}:task/shop/8f3a1c5e",
        detail={
            "clusterArn": f"arn:{{partition}}:ecs:{{region}}:{{account}}:cluster/{CLUSTER}",
            "group": f"service:{SERVICE}",
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "stopCode": "TaskFailedToStart",
            "stoppedReason": "CannotPullContainerError: image not found",
        },
        state="STOPPED",
        kind="ECS task",
        resource_id="shop/8f3a1c5e",
        notified=("search",),
    ),
    ServiceEvent(
        source="aws.cloudwatch",
        detail_type="CloudWatch Alarm State Change",
        arn="cloudwatch:{region}:{account}:alarm:checkout-errors",
        detail={
            "alarmName": "checkout-errors",
            "state": {"value": "ALARM", "reason": "Threshold Crossed: 1 datapoint was greater than 5"},
            "previousState": {"value": "OK"},
        },
        state="ALARM",
        kind="CloudWatch alarm",
        resource_id="checkout-errors",
    ),
    ServiceEvent(
        source="aws.lambda",
        detail_type="AWS API Call via CloudTrail",
        arn="lambda:{region}:{account}:function:invoice-mailer",
        detail={
            "eventSource": "lambda.amazonaws.com",
            "eventName": "DeleteFunction20150331",
            "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE:jane"},
            "requestParameters": {"functionName": "invoice-mailer"},
        },
        state="DeleteFunction20150331",
        kind="Lambda function",
        resource_id="invoice-mailer",
    ),
)
