"""What the doctor examines: an account and region, and what Terraform's outputs list as deployed there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts import environments
from scripts.operate.target import deploy_command

NEAR = 0.8
"""The share of a limit from which a warning is due."""

RECENT = timedelta(minutes=15)
"""How far back metrics are read: SQS and Lambda report every minute, a few minutes late."""


MESSAGING = "OrgResourceEventsMessaging"
"""How the names of the queues begin that hold standard messages for the sender: one queue for each message version."""


class OlderReleaseError(Exception):
    """What is deployed has outputs of an older release, which lack what a check needs; ``fix`` is the remedy."""

    def __init__(self, fix: str) -> None:
        super().__init__("it was deployed by an older release")
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue as the stack made it. ``dlq`` and ``worker`` are names without prefix.

    A queue without ``dlq`` is a dead-letter queue itself; one without ``worker`` is emptied by others. ``channel`` is
    that of the notifications in it, None where it holds none. An empty ``filter_policy`` lets every message in.
    ``unread`` is a messaging queue of a message version that the sender does not read.
    """

    name: str
    arn: str
    url: str
    dlq: str | None
    worker: str | None
    channel: str | None
    filter_policy: Mapping[str, Sequence[str]]
    unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """An account and region, by the clients made for it, and what is deployed there.

    ``outputs`` are Terraform's, empty before the first deployment. ``sender`` is the address that mails come from,
    empty where the environment's variables do not state it.
    """

    environment: str
    client: Callable[[str], Any]
    account_id: str
    region: str
    sender: str
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deploy(self) -> str:
        """The command that makes again what is missing or was changed by hand."""
        return deploy_command(self.environment)

    @property
    def argument(self) -> str:
        """What follows a make verb to mean this environment; nothing for the local AWS."""
        return "" if self.is_local else f" ENV={self.environment}"

    @property
    def is_local(self) -> bool:
        """Whether this is the local AWS."""
        return self.environment == environments.LOCAL

    @property
    def functions(self) -> Mapping[str, Mapping[str, str]]:
        """The functions: name without prefix → name, ARN and log group."""
        return dict(self.outputs["functions"])

    def queues(self) -> Sequence[Queue]:
        """Return the queues that are no dead-letter queues. Raises OlderReleaseError."""
        return [queue for queue in self._queues() if queue.dlq]

    def dead_letter_queues(self) -> Sequence[Queue]:
        """Return the dead-letter queues: of queues, subscriptions and rules. Raises OlderReleaseError."""
        return [queue for queue in self._queues() if not queue.dlq]

    def maxima(
        self, namespace: str, metric: str, dimensions: Mapping[str, str], span: timedelta = RECENT
    ) -> Sequence[float]:
        """Return a metric's highest value in each minute of the last ``span`` that has any; what is idle has none."""
        now = datetime.now(UTC)
        answer = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - span,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
        return [float(point["Maximum"]) for point in answer["Datapoints"]]

    def _queues(self) -> Iterator[Queue]:
        for name, output in self.outputs["queues"].items():
            try:
                yield Queue(
                    name=output["name"],
                    arn=output["arn"],
                    url=output["url"],
                    dlq=output["dlq"],
                    worker=output["worker"],
                    channel=output["channel"],
                    filter_policy=output["filter_policy"] or {},
                    unread=name.startswith(MESSAGING) and output["dlq"] is not None and output["worker"] is None,
                )
            except KeyError as missing:
                raise OlderReleaseError(self.deploy) from missing


def listed(value: Any) -> list[Any]:
    """Return as a list what JSON policies write as one value or as a list of them."""
    return value if isinstance(value, list) else [value]
