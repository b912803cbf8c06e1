"""The table of security types in docs/routing.md: what the catalogue protects, and routing files cannot remove."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts import project
from scripts.compile import catalogue

PAGE = project.ROOT / "docs" / "routing.md"

BEGIN, END = "<!-- BEGIN_SECURITY_TYPES -->", "<!-- END_SECURITY_TYPES -->"
MARKED = re.compile(f"{BEGIN}.*{END}", re.DOTALL)


def check(page: Path = PAGE, *, write: bool = False) -> Iterator[str]:
    """Return a line if the table of ``page`` is missing or stale; ``write`` brings it in."""
    present = page.read_text(encoding="utf-8")
    block = f"{BEGIN}\n{table(catalogue.security_types())}\n{END}"
    if not MARKED.search(present):
        yield f"docs/{page.name}: {BEGIN} and {END} are missing, between which the security types stand"
    elif present != (current := MARKED.sub(lambda _: block, present)):
        if write:
            project.write(page, current.encode())
        else:
            yield f"docs/{page.name}: its table of security types is stale: make lint-docs WRITE=1"


def table(types: Sequence[str]) -> str:
    """Return the types as a table in Markdown, a row for all that begin with the same ``infra.<source>``."""
    rows: dict[str, list[str]] = {}
    for one in types:
        rest = "*" if one.endswith(".*") else ".".join(one.split(".")[-2:])
        rows.setdefault(one.removesuffix(rest), []).append(rest)
    lines = [f"| `{begin}` | {' '.join(f'`{rest}`' for rest in rests)} |" for begin, rests in rows.items()]
    return "\n".join(["| begins with | and goes on with |", "|---|---|", *lines])
