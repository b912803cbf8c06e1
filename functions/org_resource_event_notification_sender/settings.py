"""What Terraform (and Lambda itself) tell this function."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where notifications go, whose tags can be read, and the zone in which people read times."""

    notification_topic_arn: str
    parking_queue_url: str
    account_id: str
    region: str
    display_timezone: ZoneInfo

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        topic, parking, account_id, region, timezone = settings.read(
            environment, "NOTIFICATION_TOPIC_ARN", "PARKING_QUEUE_URL", "ACCOUNT_ID", "AWS_REGION", "DISPLAY_TIMEZONE"
        )
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"DISPLAY_TIMEZONE must be an IANA time zone such as Europe/Berlin, not {timezone!r}"
            raise settings.SettingsError(message) from error
        return cls(
            notification_topic_arn=topic,
            parking_queue_url=parking,
            account_id=account_id,
            region=region,
            display_timezone=zone,
        )
