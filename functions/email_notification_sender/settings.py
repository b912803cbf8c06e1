"""The environment of this function, set by Terraform."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The address that mails are from, the routing in force, and the sent record."""

    sender_address: str
    routing_bucket: str
    routing_sha256: str
    sent_table_name: str
    parking_queue_url: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        sender, bucket, sha256, table, parking = settings.read(
            environment, "SENDER_ADDRESS", "ROUTING_BUCKET", "ROUTING_SHA256", "SENT_TABLE_NAME", "PARKING_QUEUE_URL"
        )
        return cls(
            sender_address=sender,
            routing_bucket=bucket,
            routing_sha256=sha256,
            sent_table_name=table,
            parking_queue_url=parking,
        )
