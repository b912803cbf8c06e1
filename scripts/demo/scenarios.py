"""The demo's scenarios: what is done to an instance, and who should be notified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FALLBACK = ("platform",)
"""The fallback of the local environment's routing file; its destinations are at example.org."""

# The states that EC2 reports after each call: one in transition, one to stay. A reboot would change none.
STATES = {
    "RunInstances": ("pending", "running"),
    "StopInstances": ("stopping", "stopped"),
    "StartInstances": ("pending", "running"),
    "TerminateInstances": ("shutting-down", "terminated"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is done to an instance, and which destinations should be notified. ``tags`` come beside its Name.

    ``notified`` receive every state, ``also_notified`` single ones. Where both are empty the events are suppressed, and
    the reason is in the log.
    """

    title: str
    instance: str
    calls: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    notified: Sequence[str] = FALLBACK
    also_notified: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def recipients(self, state: str) -> Sequence[str]:
        """Return the destinations that should be notified of a state."""
        return (*self.notified, *self.also_notified.get(state, ()))


INSTANCES = (
    Scenario(title="create", instance="web-1", calls=["RunInstances"], tags={"Owner": "search"}, notified=["search"]),
    Scenario(
        title="stop",
        instance="orders-db",
        calls=["StopInstances"],
        tags={"Owner": "Payments", "Environment": "prod"},
        notified=["payments"],
        also_notified={"stopped": ["platform"]},
    ),
    Scenario(
        title="restart",
        instance="pay-api",
        calls=["StopInstances", "StartInstances"],
        tags={"Owner": "payments"},
        notified=["payments"],
    ),
    Scenario(title="terminate", instance="old-batch", calls=["TerminateInstances"]),
    Scenario(
        title="ignored",
        instance="ci-runner-7",
        calls=["StopInstances"],
        tags={"Owner": "search", "notify:ignore": "true"},
        notified=[],
    ),
    Scenario(
        title="muted",
        instance="load-test",
        calls=["StopInstances"],
        tags={"Owner": "payments", "notify:mute-until": "{tomorrow}"},
        notified=[],
    ),
)
SERVICES = Scenario(title="services", instance="five more", calls=[])
NETWORK = Scenario(title="network", instance="a switch", calls=[])
