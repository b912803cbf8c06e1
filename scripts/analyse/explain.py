"""Explains who would receive an event, step by step, and what they would read.

Decision and content are the functions' own. Tags are the given ones, or those that the event itself brings; AWS is not
asked.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aws_service_event_handler.reader import Catalogue
from infra_events.domain.parent import identity
from infra_events.domain.text import one_line
from infra_events.domain.time import expiry
from infra_events.routing.model import Routing
from scripts import environments, options, project
from scripts.analyse import event_files, known_tags
from scripts.analyse.event_files import LINE, Piece
from scripts.analyse.explanation import EXHAUSTED, SENT, Explained, Explainer, TagsOf
from scripts.analyse.known_tags import KnownTags
from scripts.compile import catalogue
from scripts.compile.routing import check
from scripts.project import CommandError, UsageError

STDIN = "-"
UNKNOWN = "not known here: TAGS=… or TAGS_FILE=… names them"


def _show(explained: Explained, console: Console) -> None:
    """Print an explanation for people."""
    if event := explained.event:
        console.print(_line(event.resource, style="bold"))
        console.print(_line(f"{event.type}, {event.state}, as of {explained.at.isoformat()}", style="dim"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for step in explained.decision.steps if explained.decision else ():
        table.add_row(*(_line(part) for part in (step.step, step.result, step.why)))
    if table.rows:
        console.print(table)
    found = explained.document()
    outcome = (
        f"{explained.outcome} to {', '.join(found['destinations'])}" if explained.outcome == SENT else explained.outcome
    )
    style = "bold green" if explained.outcome == SENT else "bold"
    console.print(_line(f"{outcome}, because {found['reason']}", style=style))
    for line in (
        [f"Subject: {explained.subject}", "", *(explained.text or "").splitlines()] if explained.subject else ()
    ):
        console.print(Text(f"  {line}", style="dim"))


def _line(text: str, style: str = "") -> Text:
    return Text(one_line(text, 2 * LINE), style=style)


def _pieces(name: str, most: int | None) -> Iterator[tuple[str, Piece]]:
    """Yield each piece of a file, a folder or stdin, with its place. Raises UsageError for more than ``most``."""
    if name != STDIN and not Path(name).exists():
        raise UsageError(f"{name} does not exist")
    found = _all_pieces(name)
    if most is None:
        yield from found
        return
    pieces = list(found)
    if len(pieces) > most:
        raise UsageError(f"--tag is for one event, and {name} has {len(pieces)}: --tags-file takes tags by ARN")
    yield from pieces


def _all_pieces(name: str) -> Iterator[tuple[str, Piece]]:
    files = [] if name == STDIN else event_files.listing(Path(name)).files
    inputs = (
        [("stdin", event_files.of_stdin())] if name == STDIN else [(str(f), event_files.pieces(f)) for _, f in files]
    )
    for file, pieces in inputs:
        for index, piece in enumerate(pieces):
            yield f"{file}: index {index}", piece


def _assigned(texts: Sequence[str]) -> dict[str, str]:
    """Read ``KEY=VALUE`` texts. Raises UsageError."""
    tags = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise UsageError(f"--tag takes KEY=VALUE, not {text}")
        tags[key] = value
    return tags


def _tags(texts: Sequence[str], file: Path | None, *, none: bool) -> TagsOf:
    """Return the tags that the options give. Raises UsageError and CommandError."""
    if sum((bool(texts), file is not None, none)) > 1:
        raise UsageError("of --tag, --tags-file and --no-tags only one can be given")
    if file or none:
        known = KnownTags(by_resource=known_tags.read(file) if file else {})
        return lambda _: known
    given = _assigned(texts)
    return lambda events: KnownTags(
        by_resource={identity(event.resource): given for event in events} if given else {}, unknown=UNKNOWN
    )


def _routing(file: Path | None, environment: str | None) -> Routing:
    """Return the routing of a file, or of an environment, by default the example's. Raises CommandError."""
    if file and environment:
        raise UsageError("of --routing and --env only one can be given")
    if file is None:
        file = environments.files(environment or environments.EXAMPLE).routing
        if not file.exists():
            known = [name for name in environments.names() if environments.files(name).routing.exists()]
            raise UsageError(f"there is no routing of an environment {environment!r}; there is {', '.join(known)}")
        if environment is None:
            click.echo(f"By {project.shown(file)}: ROUTING=… or ENV=… names another.", err=True)
    return check.read(file)


@click.command
@click.option("--event", metavar="FILE", required=True, help="Events, in any form that backtest reads; - is stdin.")
@options.routing
@click.option(
    "--env", "environment", metavar="ENV", help="By its routing file. Without it and --routing: the example's."
)
@click.option(
    "--tag", "tags", metavar="KEY=VALUE", multiple=True, help="A tag of the one event's resource, repeatedly."
)
@click.option("--no-tags", is_flag=True, help="No resource has tags.")
@options.tags_file
@click.option("--at", metavar="TIME", help="Decide as of this time, not as of when the event occurred.")
@options.as_json
def explain(  # noqa: PLR0913 - a parameter for each option
    event: str,
    routing: Path | None,
    environment: str | None,
    tags_file: Path | None,
    at: str | None,
    *,
    tags: Sequence[str],
    no_tags: bool,
    as_json: bool,
) -> None:
    """Show who would receive an event, why, and what they would read: make explain EVENT=<file>.

    EVENT has one event or many, of AWS or standard messages of version 2. Without options about tags these are the tags
    that the events bring. With --json: an object a line, one for each resource and decision. The exit status is 1 when
    something could not be read.
    """
    by = _routing(routing, environment)
    try:
        moment = expiry(at, by.zone) if at else None
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--at takes a time such as 2026-01-31T12:00:00Z, not {at}") from error
    tags_of = _tags(tags, tags_file, none=no_tags)
    explainer = Explainer(
        Catalogue(catalogue.compiled()["entries"]), by, tags_of, moment, given=bool(tags or tags_file or no_tags)
    )
    show = _as_json if as_json else _for_people()
    problems, count = list[str](), 0
    for place, piece in _pieces(event, most=1 if tags else None):
        count += 1
        if piece.problem or piece.body is None:
            problems.append(f"{place}, {piece.problem}")
            continue
        for one in explainer(piece.body):
            show(one)
            if one.parked.startswith(EXHAUSTED):
                problems.append(f"{place}, {one.parked}")
    if problems:
        raise event_files.unreadable(problems)
    if not count:
        raise CommandError(f"there is no event in {event} (docs/backtest.md lists what can be read)")


def _as_json(explained: Explained) -> None:
    click.echo(json.dumps(explained.document(), ensure_ascii=False))


def _for_people() -> Callable[[Explained], None]:
    console, shown = Console(highlight=False, soft_wrap=True), 0

    def show(explained: Explained) -> None:
        nonlocal shown
        if shown:
            console.print()
        shown += 1
        _show(explained, console)

    return show
