"""The environment of this function, set by Terraform."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every channel has, the address that mails are from, and what of SES is elsewhere: empty where nothing is."""

    channel: settings.ChannelSettings
    sender_address: str
    ses_region: str
    ses_identity_arn: str
    ses_configuration_set: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        (sender,) = settings.read(environment, "SENDER_ADDRESS")
        return cls(
            channel=settings.ChannelSettings.from_env(environment),
            sender_address=sender,
            ses_region=environment.get("SES_REGION", ""),
            ses_identity_arn=environment.get("SES_IDENTITY_ARN", ""),
            ses_configuration_set=environment.get("SES_CONFIGURATION_SET", ""),
        )
