"""A page that shows mails as a person would read them: no script runs in it, and nothing is fetched."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def page(mails: Sequence[Mapping[str, Any]]) -> str:
    """Return the page, the newest mail first; a mail has `from`, `recipients`, `subject`, `text` and `html`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("inbox.html.j2").render(mails=mails[::-1])
