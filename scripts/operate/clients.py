"""Clients of the AWS that a verb works on, and how its errors end the verb."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts import aws_session
from scripts.local import stack as local_stack
from scripts.project import CommandError

AWS_ERRORS = (BotoCoreError, ClientError)

NOTHING_RUNS = "nothing is running: run `make up` first, or pass ENV=… for a real account"


def client(service: str, environment: str | None) -> Any:
    """Return a client of what ``make up`` started, or of your credentials' account if nothing runs or one is named."""
    local = None if environment else local_stack.running()
    return local.aws.client(service) if local else aws_session.new().client(service)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Raise AWS's errors, of the block, as CommandError."""
    try:
        yield
    except AWS_ERRORS as error:
        raise CommandError(f"AWS: {error}") from error
