"""What a test may change while the local AWS runs: by POST to /_ministack/config, beside ministack's own settings."""

import json
from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True, kw_only=True)
class Limits:
    """The limits of every account in every region, and how long a delay lasts."""

    max_send_rate: float = 100
    """Recipients a second that SES accepts. An account starts with 1 (the sandbox); 14 is usual outside of it."""

    max_24_hour_send: float = 50_000
    """Recipients in 24 hours that SES accepts."""

    longest_delay: float = 900
    """A message that is sent to a queue with more DelaySeconds comes after these."""


LIMITS = Limits()


def correct() -> None:
    """Let ministack's path for settings take the names of ``Limits``, too."""
    from ministack import app  # noqa: PLC0415 - it reads the environment when it is imported

    configure = app._handle_admin_config_request  # noqa: SLF001 - there is no other way in
    names = {field.name for field in fields(Limits)}

    async def configure_both(path: str, method: str, body: bytes) -> Any:
        if path != "/_ministack/config" or method != "POST":
            return await configure(path, method, body)
        settings = json.loads(body)
        for name in names & settings.keys():
            setattr(LIMITS, name, float(settings.pop(name)))
        return await configure(path, method, json.dumps(settings).encode())

    app._handle_admin_config_request = configure_both  # noqa: SLF001 - there is no other way in
