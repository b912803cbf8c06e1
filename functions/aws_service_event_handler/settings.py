"""What Terraform tells this function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aws_service_event_handler.core import WRITERS
from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where standard messages go, by message version, and where what cannot be read waits."""

    topic_arns: Mapping[str, str]
    parking_queue_url: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        topics, parking = settings.read(environment, "ORG_RESOURCE_EVENTS_TOPIC_ARNS", "PARKING_QUEUE_URL")
        return cls(topic_arns=_topic_arns(topics), parking_queue_url=parking)


def _topic_arns(text: str) -> Mapping[str, str]:
    try:
        arns = dict(json.loads(text))
    except (ValueError, TypeError):
        arns = {}
    if not arns or not set(arns) <= set(WRITERS) or not all(isinstance(arn, str) and arn for arn in arns.values()):
        message = f"ORG_RESOURCE_EVENTS_TOPIC_ARNS must be JSON: topic ARNs by message version ({', '.join(WRITERS)})"
        raise settings.SettingsError(message)
    return arns
