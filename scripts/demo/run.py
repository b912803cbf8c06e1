"""``make demo``: the whole system on this machine: six scenarios, five more services, a trap, and a page of the mails.

Everything is real (Terraform, its provider, the zips, the queues, the calls on instances) but two things: the AWS,
which is a local one, and the hop from EC2 to EventBridge, which no local AWS makes, so that it is a drill.
"""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts import project
from scripts.demo import inbox
from scripts.demo.observer import MAIL, Observer
from scripts.demo.player import Player
from scripts.demo.scenarios import INSTANCES, NETWORK, SERVICES
from scripts.demo.verdict import Verdict, judge, passed
from scripts.local import stack as local_stack
from scripts.local.aws import SentMail
from scripts.project import CommandError

OUT = project.DIST / "demo"
SUMMARY = OUT / "summary.json"
INBOX = OUT / "inbox.html"

SETTLING_SECONDS = 1
"""How long to look for a mail too many: it arrives as fast as one that is expected."""


def warm(deployment: local_stack.Deployment) -> float:
    """Start every function with an empty batch, and return the seconds that it took."""
    started, client = time.monotonic(), deployment.aws.client("lambda")
    with ThreadPoolExecutor() as pool:
        names = [function["name"] for function in deployment.outputs["functions"].values()]
        list(pool.map(lambda name: client.invoke(FunctionName=name, Payload=b'{"Records": []}'), names))
    return time.monotonic() - started


def play(deployment: local_stack.Deployment, console: Console) -> tuple[dict[str, Verdict], list[SentMail]]:
    """Play all scenarios on a fresh deployment; return the verdicts by title, and all mails of the outbox."""
    with Observer(deployment) as observer:
        player = Player(deployment, observer, console)
        played = [(scenario, player.play(scenario)) for scenario in INSTANCES]
        played.append((SERVICES, player.play_services()))
        played.append((NETWORK, player.play_network(deployment.aws)))
        time.sleep(SETTLING_SECONDS)
        records = observer.machine_records()
        verdicts = {scenario.title: judge(scenario, events, records, observer) for scenario, events in played}
        return verdicts, observer.mails()


def show(verdicts: Mapping[str, Verdict], mails: Sequence[SentMail], console: Console) -> None:
    """Print the summary."""
    records = [record for verdict in verdicts.values() for record in verdict.machine_messages]
    console.print(f"\n[bold]{len(records)} messages wait in OrgResourceEvents[/] for machines to take:")
    for record in records:
        console.print(f"  {escape(record)}", highlight=False, soft_wrap=True)
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("scenario", "instance", "events", "mails", "slowest", ""):
        table.add_column(heading)
    for title, verdict in verdicts.items():
        slowest = max((layers[MAIL] or 0 for layers in verdict.latency_seconds.values()), default=0)
        mailed = f"{len(verdict.received_mails)} of {len(verdict.expected_mails)}"
        judgement = f"[red]{'; '.join(verdict.wrong)}[/]" if verdict.wrong else "[green]as expected[/]"
        seconds = f"{slowest:.2f} s" if slowest else ""
        table.add_row(title, verdict.instance, str(len(verdict.event_ids)), mailed, seconds, judgement)
    console.print(table)
    console.print("\n[bold]Who received mail, and why[/]")
    for verdict in verdicts.values():
        addresses = dict.fromkeys(address for mail in verdict.received_mails for address in mail.recipients)
        console.print(f"  {verdict.instance}: {', '.join(addresses) or 'nobody'}", highlight=False)
        for reason in dict.fromkeys((*verdict.reasons.values(), *verdict.suppressed.values())):
            console.print(f"    {escape(reason)}", style="dim", highlight=False)
    console.print(f"\n{len(mails)} mails, as people would read them: {INBOX.relative_to(project.ROOT)}")


def write(verdicts: Mapping[str, Verdict], mails: Sequence[SentMail]) -> bool:
    """Write summary.json and inbox.html; return whether all is well."""
    well = passed(verdicts, mails)
    summary = {
        "passed": well,
        "mails_in_outbox": len(mails),
        "scenarios": {title: asdict(verdict) for title, verdict in verdicts.items()},
    }
    project.write(SUMMARY, json.dumps(summary, indent=2).encode())
    project.write(INBOX, inbox.page(mails).encode())
    return well


@click.command
def demo() -> None:
    """Play the whole system on this machine: make demo. Build, deploy to a local AWS, play scenarios, show the mails.

    The exit status is 1 when a scenario did not do what it should.
    """
    console = Console()
    started = time.monotonic()
    with local_stack.deployed() as deployment:
        console.print(f"\nDeployed to a local AWS at {deployment.aws.endpoint}. What follows really happens there.")
        console.print(f"Lambda's cold starts come first, all at once: {warm(deployment):.1f} s.")
        verdicts, mails = play(deployment, console)
    well = write(verdicts, mails)
    show(verdicts, mails, console)
    if not well:
        raise CommandError(f"the demo did not do what it should; see {SUMMARY.relative_to(project.ROOT)}")
    console.print(f"[bold green]All scenarios did what they should[/], in {time.monotonic() - started:.0f} s.")
