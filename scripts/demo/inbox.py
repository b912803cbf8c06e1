"""A page that shows mails as a person would read them: no script runs in it, and nothing is fetched."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.local.aws import SentMail


def page(mails: Sequence[SentMail]) -> str:
    """Return the page (HTML), the last mail of ``mails`` first."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("inbox.html.j2").render(mails=mails[::-1])
