"""Plays the demo's scenarios: makes the calls, sends the events, and shows them as they pass each layer."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.live import Live
from rich.table import Table

from scripts.demo import trap as demo_trap
from scripts.demo.observer import HEADINGS, LAYERS, Observer
from scripts.demo.scenarios import FALLBACK, STATES, Scenario
from scripts.demo.service_events import CLUSTER, SERVICE, SERVICE_EVENTS, SERVICE_TAGS
from scripts.demo.verdict import SentEvent
from scripts.local.aws import LocalAws
from scripts.local.stack import Deployment
from scripts.operate.account import Account, instance_states
from scripts.project import CommandError

PATIENCE_SECONDS = 60
LABEL_WIDTH = 25


class Player:
    """Plays scenarios on a deployment, and shows how far their events are."""

    def __init__(self, deployment: Deployment, observer: Observer, console: Console) -> None:
        self._account = Account.of(deployment.aws.client)
        self._ec2 = deployment.aws.client("ec2")
        self._ecs = deployment.aws.client("ecs")
        self._observer = observer
        self._console = console
        self._where = f"{self._account.account_id}, {self._account.region}"

    def play(self, scenario: Scenario) -> list[SentEvent]:
        """Make the calls on a real instance, send the events that EC2 would have sent, and watch them arrive."""
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
        tags = {key: value.format(tomorrow=tomorrow) for key, value in scenario.tags.items()}
        shown = "".join(f"  {key}={value}" for key, value in tags.items())
        self._console.print(f"\n[bold]{scenario.title}[/]  {scenario.instance}{shown}")
        instance_id = self._account.launch(scenario.instance, tags)
        events: list[SentEvent] = []
        for call in scenario.calls:
            self._call(call, instance_id)
            for state in STATES[call]:
                sent = time.time()
                event_id = self._account.send_state(instance_id, state)
                self._observer.expect(event_id, sent)
                events.append(
                    SentEvent(
                        id=event_id,
                        label=f"{scenario.instance} {state}",
                        source="aws.ec2",
                        arn=self._account.instance_arn(instance_id),
                        state=state,
                        subject=f"EC2 instance {scenario.instance} {instance_states()[state]} ({self._where})",
                        notified=scenario.recipients(state),
                    )
                )
        self._follow(events, layers=LAYERS if scenario.notified else LAYERS[:2])
        return events

    def play_services(self) -> list[SentEvent]:
        """Send an event of each of five more services; their resources exist in the events only, but for one.

        The task is a run of an ECS service, whose tags name the owner.
        """
        self._console.print("\n[bold]services[/]  one event of each of five more")
        self._create_service()
        events: list[SentEvent] = []
        for one in SERVICE_EVENTS:
            arn = one.resource(self._account.account_id, self._account.region)
            sent = time.time()
            detail = one.detail_in(self._account.account_id, self._account.region)
            event_id = self._account.send(one.source, one.detail_type, [arn] * one.names_resource, detail)
            self._observer.expect(event_id, sent)
            # A bucket's ARN has no region, and the subject holds only what the ARN does.
            where = self._where if self._account.region in arn else self._account.account_id
            events.append(
                SentEvent(
                    id=event_id,
                    label=f"{one.kind} {one.resource_id}",
                    source=one.source,
                    arn=arn,
                    state=one.state,
                    subject=f"{one.kind} {one.resource_id}: {one.state} ({where})",
                    notified=one.notified,
                )
            )
        self._follow(events, layers=LAYERS)
        return events

    def _create_service(self) -> None:
        """Create the ECS service of the task, without tasks: they would need containers."""
        self._ecs.create_cluster(clusterName=CLUSTER)
        tags = [{"key": key, "value": value} for key, value in SERVICE_TAGS.items()]
        self._ecs.create_service(
            cluster=CLUSTER, serviceName=SERVICE, taskDefinition=SERVICE, desiredCount=0, tags=tags
        )
        shown = "".join(f"  {key}={value}" for key, value in SERVICE_TAGS.items())
        self._console.print(f"  the ECS task has no tags; its service {SERVICE} has{shown}")

    def play_network(self, aws: LocalAws) -> list[SentEvent]:
        """Have a switch report a link that is down; nothing about it is a drill."""
        self._console.print("\n[bold]network[/]  a switch sends an SNMP trap: linkDown")
        sent = time.time()
        trap = demo_trap.send(aws, self._account.account_id)
        self._observer.expect(trap.event_id, sent)
        self._console.print(f"  taken by {trap.by}, spooled, and put on the bus OrgInfrastructure")
        event = SentEvent(
            id=trap.event_id,
            label=f"{demo_trap.AGENT} {demo_trap.STATE}",
            source="snmp.trap",
            arn=demo_trap.RESOURCE,
            state=demo_trap.STATE,
            subject=f"Interface {demo_trap.INTERFACE} of localhost is down ({self._account.account_id})",
            notified=FALLBACK,
            drill=False,
        )
        self._follow([event], layers=LAYERS)
        return [event]

    def _call(self, call: str, instance_id: str) -> None:
        """Make the call (the launch has been made) and read the state back. Raises CommandError for a wrong one."""
        if call == "StopInstances":
            self._ec2.stop_instances(InstanceIds=[instance_id])
        elif call == "StartInstances":
            self._ec2.start_instances(InstanceIds=[instance_id])
        elif call == "TerminateInstances":
            self._ec2.terminate_instances(InstanceIds=[instance_id])
        (reservation,) = self._ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        state = reservation["Instances"][0]["State"]["Name"]
        self._console.print(f"  {call} {instance_id}, and DescribeInstances answers: {state}")
        if state != STATES[call][-1]:
            raise CommandError(f"after {call} the instance should be {STATES[call][-1]}, not {state}")

    def _follow(self, events: Sequence[SentEvent], layers: Sequence[str]) -> None:
        """Show each event as it moves through the layers, until all have passed all or patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with Live(console=self._console, get_renderable=lambda: self._table(events), refresh_per_second=10):
            while time.monotonic() < deadline:
                if all(self._observer.latency(e.id, layer) is not None for e in events for layer in layers):
                    return
                time.sleep(0.02)

    def _table(self, events: Sequence[SentEvent]) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(min_width=LABEL_WIDTH, max_width=LABEL_WIDTH, no_wrap=True)
        for heading in HEADINGS:
            table.add_column(heading, justify="right", no_wrap=True)
        for event in events:
            passed = (self._observer.latency(event.id, layer) for layer in LAYERS)
            cells = ("" if seconds is None else f"+{seconds:.2f} s" for seconds in passed)
            table.add_row(event.label, *cells)
        return table
