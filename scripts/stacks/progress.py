"""Show what ``terraform apply -json`` does: a bar on a terminal, a line per resource elsewhere."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def shown(verb: str) -> Iterator[Callable[[str], None]]:
    """Yield what takes Terraform's lines, one JSON object each, and shows them while the block runs."""
    console = Console()
    columns = (TextColumn("terraform {task.fields[verb]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("planning", total=None, verb=verb)

        def show(line: str) -> None:
            event = _parse(line)
            kind, hook = event.get("type"), event.get("hook", {})
            # Reading a data source is no change, but it is reported like one.
            if hook.get("action") == "read":
                return
            if kind == "change_summary" and event["changes"]["operation"] == "plan":
                bar.update(task, total=sum(event["changes"][change] for change in ("add", "change", "remove")))
            elif kind == "apply_start":
                bar.update(task, description=hook["resource"]["addr"])
            elif kind == "apply_complete":
                bar.advance(task)
                if not console.is_terminal:
                    done = bar.tasks[task]
                    # The application of a saved plan reports no total.
                    of = f"/{done.total:.0f}" if done.total else ""
                    print(f"  {done.completed:3.0f}{of} {hook['resource']['addr']}", flush=True)

        yield show


def failure(lines: Iterable[str]) -> str:
    """Return what went wrong, from JSON lines or from plain ones."""
    lines = list(lines)
    events = [_parse(line) for line in lines]
    errors = [
        f"{event['diagnostic']['summary']}\n{event['diagnostic'].get('detail', '')}".strip()
        for event in events
        if event.get("type") == "diagnostic" and event["diagnostic"]["severity"] == "error"
    ]
    return "\n".join(errors or [line.rstrip() for line in lines])


def _parse(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
