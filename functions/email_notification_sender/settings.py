"""What Terraform tells this function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from email_notification_sender.core import Destinations
from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """From whom, to whom, and where what was sent is on record."""

    sender_address: str
    destinations: Destinations
    sent_table_name: str
    parking_queue_url: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        sender, destinations, table, parking = settings.read(
            environment, "SENDER_ADDRESS", "DESTINATIONS", "SENT_TABLE_NAME", "PARKING_QUEUE_URL"
        )
        return cls(
            sender_address=sender,
            destinations=_destinations(destinations),
            sent_table_name=table,
            parking_queue_url=parking,
        )


def _destinations(text: str) -> Destinations:
    try:
        entries = json.loads(text)
        emails = {name: tuple(entry["emails"]) for name, entry in entries.items()}
        (fallback,) = [name for name, entry in entries.items() if entry.get("fallback")]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = (
            'DESTINATIONS must be JSON such as {"team": {"emails": ["a@b.example"], "fallback": true}}, one fallback'
        )
        raise settings.SettingsError(message) from error
    return Destinations(emails=emails, fallback=fallback)
