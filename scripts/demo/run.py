"""`make demo`: the whole system on this machine: six scenarios, five more services and a trap, and a page of the mails.

Everything is real (Terraform, its provider, the zips, the queues, the calls on instances) but two things: the AWS,
which is a local one, and the hop from EC2 to EventBridge, which no local AWS makes, so that it is a drill.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from scripts import project
from scripts.demo import inbox
from scripts.demo import trap as demo_trap
from scripts.demo.observer import HEADINGS, LAYERS, MAIL, Observer
from scripts.demo.scenarios import SERVICE_EVENTS
from scripts.local import stack as local_stack
from scripts.operate.drill import Account
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scripts.local.aws import LocalAws

OUT = project.DIST / "demo"
FALLBACK = ("platform",)
"""The destination of environments/local/routing.yaml that gets what nobody owns; destinations are at example.org."""

PATIENCE_SECONDS = 60
LABEL_WIDTH = 25
SETTLING_SECONDS = 1
"""How long to look for what should not come: a mail too many arrives as fast as one that is expected."""

# The states that EC2 reports after each call: one in transition, one to stay. A reboot would change none.
STATES = {
    "RunInstances": ("pending", "running"),
    "StopInstances": ("stopping", "stopped"),
    "StartInstances": ("pending", "running"),
    "TerminateInstances": ("shutting-down", "terminated"),
}
WORDS = {
    "pending": "is starting",
    "running": "is running",
    "stopping": "is stopping",
    "stopped": "has stopped",
    "shutting-down": "is shutting down for good",
    "terminated": "was terminated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is done to an instance. `tags` come beside its Name.

    `told` are the destinations that should hear of it, `told_more` those of single states; nobody means that it is on
    record why.
    """

    title: str
    instance: str
    calls: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    told: Sequence[str] = FALLBACK
    told_more: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def recipients(self, state: str) -> Sequence[str]:
        """Return the destinations that should hear of a state."""
        return (*self.told, *self.told_more.get(state, ()))


INSTANCES = (
    Scenario(title="create", instance="web-1", calls=["RunInstances"], tags={"Owner": "search"}, told=["search"]),
    Scenario(
        title="stop",
        instance="orders-db",
        calls=["StopInstances"],
        tags={"Owner": "Payments", "Environment": "prod"},
        told=["payments"],
        told_more={"stopped": ["platform"]},
    ),
    Scenario(
        title="restart",
        instance="pay-api",
        calls=["StopInstances", "StartInstances"],
        tags={"Owner": "payments"},
        told=["payments"],
    ),
    Scenario(title="terminate", instance="old-batch", calls=["TerminateInstances"]),
    Scenario(
        title="ignored",
        instance="ci-runner-7",
        calls=["StopInstances"],
        tags={"Owner": "search", "notify:ignore": "true"},
        told=[],
    ),
    Scenario(
        title="muted",
        instance="load-test",
        calls=["StopInstances"],
        tags={"Owner": "payments", "notify:mute-until": "{tomorrow}"},
        told=[],
    ),
)
SERVICES = Scenario(title="services", instance="five more", calls=[])
NETWORK = Scenario(title="network", instance="a switch", calls=[])
SCENARIOS = (*INSTANCES, SERVICES, NETWORK)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One state change that was sent, and what should come of it: a record for machines, `subject` for `told`."""

    id: str
    label: str
    source: str
    arn: str
    state: str
    subject: str
    told: Sequence[str]
    drill: bool = True

    @property
    def mails(self) -> Sequence[Mail]:
        """The mails that should come of it: each destination gets its own."""
        mark = "[DRILL] " if self.drill else ""
        return [Mail(subject=f"{mark}{self.subject}", recipients=(f"{name}@example.org",)) for name in self.told]

    @property
    def record(self) -> str:
        """The record that machines should find."""
        return f"{'drill.' if self.drill else ''}{self.source},{self.arn},{self.state}"


@dataclass(frozen=True, order=True, kw_only=True)
class Mail:
    """What identifies a mail to a person."""

    subject: str
    recipients: tuple[str, ...]


@dataclass(kw_only=True)
class Result:
    """What came of a scenario; `wrong` says in words what should not be so."""

    instance: str
    event_ids: list[str] = field(default_factory=list)
    expected_mails: list[Mail] = field(default_factory=list)
    received_mails: list[Mail] = field(default_factory=list)
    machine_messages: list[str] = field(default_factory=list)
    suppressed: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    latency_seconds: dict[str, dict[str, float | None]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Demo:
    """Plays scenarios on a deployment and judges them by what the emulator itself says."""

    def __init__(self, deployment: local_stack.Deployment, observer: Observer, console: Console) -> None:
        self._account = Account.of(deployment.aws.client)
        self._ec2 = deployment.aws.client("ec2")
        self._observer = observer
        self._console = console
        self._where = f"{self._account.account_id}, {self._account.region}"

    def play(self, scenario: Scenario) -> list[Event]:
        """Make the calls on a real instance, and send what EC2 would have told EventBridge; watch it arrive."""
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
        tags = {key: value.format(tomorrow=tomorrow) for key, value in scenario.tags.items()}
        shown = "".join(f"  {key}={value}" for key, value in tags.items())
        self._console.print(f"\n[bold]{scenario.title}[/]  {scenario.instance}{shown}")
        instance_id = self._account.launch(scenario.instance, tags)
        events: list[Event] = []
        for call in scenario.calls:
            self._call(call, instance_id)
            for state in STATES[call]:
                sent = time.time()
                event_id = self._account.send_state(instance_id, state)
                self._observer.expect(event_id, sent)
                events.append(
                    Event(
                        id=event_id,
                        label=f"{scenario.instance} {state}",
                        source="aws.ec2",
                        arn=self._account.instance_arn(instance_id),
                        state=state,
                        subject=f"EC2 instance {scenario.instance} {WORDS[state]} ({self._where})",
                        told=scenario.recipients(state),
                    )
                )
        self._follow(events, layers=LAYERS if scenario.told else LAYERS[:2])
        return events

    def play_services(self) -> list[Event]:
        """Send an event of each of five more services; what they are about exists in the events only."""
        self._console.print("\n[bold]services[/]  one event of each of five more")
        events: list[Event] = []
        for one in SERVICE_EVENTS:
            arn = one.resource(self._account.account_id, self._account.region)
            sent = time.time()
            event_id = self._account.send(one.source, one.detail_type, [arn] * one.names_resource, one.detail)
            self._observer.expect(event_id, sent)
            # A bucket's ARN has no region, and the subject says only what the ARN says.
            where = self._where if self._account.region in arn else self._account.account_id
            events.append(
                Event(
                    id=event_id,
                    label=f"{one.kind} {one.resource_id}",
                    source=one.source,
                    arn=arn,
                    state=one.state,
                    subject=f"{one.kind} {one.resource_id}: {one.state} ({where})",
                    told=FALLBACK,
                )
            )
        self._follow(events, layers=LAYERS)
        return events

    def play_network(self, aws: LocalAws) -> list[Event]:
        """Have a switch say that a link is down; nothing about it is a drill."""
        self._console.print("\n[bold]network[/]  a switch sends an SNMP trap: linkDown")
        sent = time.time()
        trap = demo_trap.send(aws, self._account.account_id)
        self._observer.expect(trap.event_id, sent)
        self._console.print(f"  taken by {trap.by}, spooled, and put on the bus OrgInfrastructure")
        event = Event(
            id=trap.event_id,
            label=f"{demo_trap.AGENT} {demo_trap.STATE}",
            source="snmp.trap",
            arn=demo_trap.RESOURCE,
            state=demo_trap.STATE,
            subject=f"Interface {demo_trap.INTERFACE} of localhost is down ({self._account.account_id})",
            told=FALLBACK,
            drill=False,
        )
        self._follow([event], layers=LAYERS)
        return [event]

    def _call(self, call: str, instance_id: str) -> None:
        """Make the call (the launch has been made) and read the state back."""
        if call == "StopInstances":
            self._ec2.stop_instances(InstanceIds=[instance_id])
        elif call == "StartInstances":
            self._ec2.start_instances(InstanceIds=[instance_id])
        elif call == "TerminateInstances":
            self._ec2.terminate_instances(InstanceIds=[instance_id])
        (reservation,) = self._ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        state = reservation["Instances"][0]["State"]["Name"]
        self._console.print(f"  {call} {instance_id}, and DescribeInstances says: {state}")
        if state != STATES[call][-1]:
            raise CommandError(f"after {call} the instance should be {STATES[call][-1]}, not {state}")

    def _follow(self, events: Sequence[Event], layers: Sequence[str]) -> None:
        """Show each event as it moves through the layers, until all have passed all or patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with Live(console=self._console, get_renderable=lambda: self._table(events), refresh_per_second=10):
            while time.monotonic() < deadline:
                if all(self._observer.latency(e.id, layer) is not None for e in events for layer in layers):
                    return
                time.sleep(0.02)

    def _table(self, events: Sequence[Event]) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(min_width=LABEL_WIDTH, max_width=LABEL_WIDTH, no_wrap=True)
        for heading in HEADINGS:
            table.add_column(heading, justify="right", no_wrap=True)
        for event in events:
            passed = (self._observer.latency(event.id, layer) for layer in LAYERS)
            cells = ("" if seconds is None else f"+{seconds:.2f} s" for seconds in passed)
            table.add_row(event.label, *cells)
        return table

    def judge(self, scenario: Scenario, events: Sequence[Event], records: Iterable[str]) -> Result:
        """Compare what came out with what should have."""
        ids = [event.id for event in events]
        result = Result(
            instance=scenario.instance,
            event_ids=ids,
            expected_mails=[mail for event in events for mail in event.mails],
            received_mails=[
                Mail(subject=mail["subject"], recipients=tuple(mail["recipients"]))
                for mail in self._observer.mails()
                if any(event_id in mail["text"] for event_id in ids)
            ],
            machine_messages=[record for record in records if any(event.arn in record for event in events)],
            suppressed={i: reason for i, reason in self._observer.suppressed().items() if i in ids},
            reasons={i: reason for i, reason in self._observer.reasons().items() if i in ids},
            latency_seconds={i: {layer: self._observer.latency(i, layer) for layer in LAYERS} for i in ids},
        )
        expected_records = [event.record for event in events]
        if sorted(result.expected_mails) != sorted(result.received_mails):
            result.wrong.append("the mails are not those expected")
        if sorted(result.machine_messages) != sorted(expected_records):
            result.wrong.append("the messages in OrgResourceEvents are not those expected")
        if sorted(result.suppressed) != sorted([] if scenario.told else ids):
            result.wrong.append("the log does not say what was suppressed")
        if sorted(result.reasons) != sorted(ids if scenario.told else []):
            result.wrong.append("the notifications do not say why they were sent")
        return result


def warm(deployment: local_stack.Deployment) -> float:
    """Start every function with an empty batch, and return the seconds that it took."""
    started, client = time.monotonic(), deployment.aws.client("lambda")
    with ThreadPoolExecutor() as pool:
        names = [function["name"] for function in deployment.outputs["functions"].values()]
        list(pool.map(lambda name: client.invoke(FunctionName=name, Payload=b'{"Records": []}'), names))
    return time.monotonic() - started


def play(deployment: local_stack.Deployment, console: Console) -> tuple[dict[str, Result], list[dict[str, Any]]]:
    """Play all scenarios on a fresh deployment; return their results and all mails of the outbox."""
    with Observer(deployment) as observer:
        demo = Demo(deployment, observer, console)
        played = [(scenario, demo.play(scenario)) for scenario in INSTANCES]
        played.append((SERVICES, demo.play_services()))
        played.append((NETWORK, demo.play_network(deployment.aws)))
        time.sleep(SETTLING_SECONDS)
        records = observer.machine_records()
        results = {scenario.title: demo.judge(scenario, events, records) for scenario, events in played}
        return results, observer.mails()


def show(results: dict[str, Result], mails: Sequence[dict[str, Any]], console: Console) -> None:
    """Print the summary."""
    records = [record for result in results.values() for record in result.machine_messages]
    console.print(f"\n[bold]{len(records)} messages wait in OrgResourceEvents[/] for machines to take:")
    for record in records:
        console.print(f"  {escape(record)}", highlight=False, soft_wrap=True)
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("scenario", "instance", "events", "mails", "slowest", ""):
        table.add_column(heading)
    for title, result in results.items():
        slowest = max((layers[MAIL] or 0 for layers in result.latency_seconds.values()), default=0)
        mailed = f"{len(result.received_mails)} of {len(result.expected_mails)}"
        verdict = f"[red]{'; '.join(result.wrong)}[/]" if result.wrong else "[green]as expected[/]"
        seconds = f"{slowest:.2f} s" if slowest else ""
        table.add_row(title, result.instance, str(len(result.event_ids)), mailed, seconds, verdict)
    console.print(table)
    console.print("\n[bold]Who was told, and why[/]")
    for result in results.values():
        told = dict.fromkeys(address for mail in result.received_mails for address in mail.recipients)
        console.print(f"  {result.instance}: {', '.join(told) or 'nobody'}", highlight=False)
        for reason in dict.fromkeys((*result.reasons.values(), *result.suppressed.values())):
            console.print(f"    {escape(reason)}", style="dim", highlight=False)
    console.print(f"\n{len(mails)} mails, as people would read them: {(OUT / 'inbox.html').relative_to(project.ROOT)}")


def write(results: dict[str, Result], mails: Sequence[dict[str, Any]]) -> bool:
    """Write summary.json and inbox.html; return whether all is well."""
    expected = Counter(mail for result in results.values() for mail in result.expected_mails)
    outbox = Counter(Mail(subject=m["subject"], recipients=tuple(m["recipients"])) for m in mails)
    passed = not any(result.wrong for result in results.values()) and outbox == expected
    summary = {
        "passed": passed,
        "mails_in_outbox": len(mails),
        "scenarios": {title: asdict(result) for title, result in results.items()},
    }
    project.write(OUT / "summary.json", json.dumps(summary, indent=2).encode())
    project.write(OUT / "inbox.html", inbox.page(mails).encode())
    return passed


def main() -> None:
    """Run the demo; the exit status tells whether every scenario did what it should."""
    console = Console()
    started = time.monotonic()
    with local_stack.deployed() as deployment:
        console.print(f"\nDeployed to a local AWS at {deployment.aws.endpoint}. What follows really happens there.")
        console.print(f"Lambda's cold starts come first, all at once: {warm(deployment):.1f} s.")
        results, mails = play(deployment, console)
    passed = write(results, mails)
    show(results, mails, console)
    if not passed:
        raise CommandError(
            f"the demo did not do what it should; {(OUT / 'summary.json').relative_to(project.ROOT)} tells"
        )
    console.print(f"[bold green]All scenarios did what they should[/], in {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    project.run(main)
