"""What Terraform tells this function."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where standard messages go, and where what cannot be read waits."""

    org_resource_events_topic_arn: str
    parking_queue_url: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        topic, parking = settings.read(environment, "ORG_RESOURCE_EVENTS_TOPIC_ARN", "PARKING_QUEUE_URL")
        return cls(org_resource_events_topic_arn=topic, parking_queue_url=parking)
