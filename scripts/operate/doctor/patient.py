"""What the doctor examines: an account and region, and what Terraform's outputs list as deployed there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts import environments, project
from scripts.operate.target import deploy_command
from scripts.stacks import mail_limits

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

    ``outputs`` are Terraform's, empty before the first deployment. ``variables`` are the environment's, as far as they
    can be read.
    """

    environment: str
    client: Callable[..., Any]
    account_id: str
    region: str
    variables: Mapping[str, Any] = field(default_factory=dict)
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
    def variables_file(self) -> str:
        """The file with the environment's variables, as people know it."""
        return project.shown(environments.files(self.environment).variables(environments.NOTIFICATIONS))

    @property
    def sender(self) -> str:
        """The address that mails come from, empty where the variables do not state it."""
        return str(self.variables.get("sender_address", ""))

    @property
    def mail_region(self) -> str:
        """The region whose SES sends the mails: that of what is deployed, else what the variables state."""
        deployed = self.outputs.get("mail", {}).get("region")
        return str(deployed or mail_limits.mail_region(self.variables, self.region))

    @property
    def mail_option(self) -> str:
        """What follows a command of the AWS command line about SES, to mean that region."""
        return "" if self.mail_region == self.region else f" --region {self.mail_region}"

    def ses(self) -> Any:
        """Return a client of the SES that sends the mails."""
        elsewhere = [] if self.mail_region == self.region else [self.mail_region]
        return self.client("sesv2", *elsewhere)

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
