"""A function's settings: environment variables, whose errors are all reported at once, at cold start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class SettingsError(Exception):
    """The environment of this function is incomplete or malformed."""


def read(environment: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return the values of variables, in order. Raises SettingsError, which names all that are unset or empty."""
    missing = [name for name in names if not environment.get(name)]
    if missing:
        message = f"set {', '.join(missing)} in the function's environment (Terraform does, see terraform/modules)"
        raise SettingsError(message)
    return tuple(environment[name] for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """What Terraform's block `channel` gives the function of every channel.

    ``queue_urls`` are those of its queues, ``sends_per_second`` and ``sends_per_day`` (None: without limit) what its
    provider takes.
    """

    routing_bucket: str
    routing_sha256: str
    sent_table_name: str
    parking_queue_url: str
    queue_urls: tuple[str, ...]
    sends_per_second: float
    sends_per_day: int | None

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the environment. Raises SettingsError."""
        bucket, sha256, table, parking, queue, urgent, rate = read(
            environment,
            "ROUTING_BUCKET",
            "ROUTING_SHA256",
            "SENT_TABLE_NAME",
            "PARKING_QUEUE_URL",
            "QUEUE_URL",
            "URGENT_QUEUE_URL",
            "SENDS_PER_SECOND",
        )
        per_day = environment.get("SENDS_PER_DAY")
        try:
            per_second, a_day = float(rate), int(per_day) if per_day else None
        except ValueError as error:
            message = f"SENDS_PER_SECOND and SENDS_PER_DAY must be numbers, not {rate!r} and {per_day!r}"
            raise SettingsError(message) from error
        if not per_second > 0:
            raise SettingsError(f"SENDS_PER_SECOND must be more than 0, not {rate}")
        return cls(
            routing_bucket=bucket,
            routing_sha256=sha256,
            sent_table_name=table,
            parking_queue_url=parking,
            queue_urls=(queue, urgent),
            sends_per_second=per_second,
            sends_per_day=a_day,
        )
