"""The environment of this function, set by Terraform and by Lambda itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The topic of the notifications, the routing in force, and where tags are read."""

    notification_topic_arn: str
    parking_queue_url: str
    routing_bucket: str
    routing_sha256: str
    tags_table_name: str
    account_id: str
    region: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        topic, parking, bucket, sha256, table, account_id, region = settings.read(
            environment,
            "NOTIFICATION_TOPIC_ARN",
            "PARKING_QUEUE_URL",
            "ROUTING_BUCKET",
            "ROUTING_SHA256",
            "TAGS_TABLE_NAME",
            "ACCOUNT_ID",
            "AWS_REGION",
        )
        return cls(
            notification_topic_arn=topic,
            parking_queue_url=parking,
            routing_bucket=bucket,
            routing_sha256=sha256,
            tags_table_name=table,
            account_id=account_id,
            region=region,
        )
