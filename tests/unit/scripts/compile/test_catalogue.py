"""``make catalogue``: the types of a service, or the check of all."""

import pytest
from click.testing import CliRunner

from scripts.compile import catalogue


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"service": "ec2", "type": "infra.aws.ec2.stopped", "failure_type": "infra.aws.ec2.api_call.failed"}
    compiled = {"entries": [entry, entry | {"type": "infra.aws.ec2.gone"}], "rules": {"ec2": {}}}
    monkeypatch.setattr(catalogue, "compiled", lambda: compiled)


@pytest.mark.parametrize(
    ("arguments", "status", "output"),
    [
        ([], 0, "1 services, 2 entries: no findings\n"),
        (["ec2"], 0, "infra.aws.ec2.api_call.failed\ninfra.aws.ec2.gone\ninfra.aws.ec2.stopped\n"),
        (["rds"], 2, "error: there is no service 'rds'; there is ec2\n"),
    ],
)
def test_the_catalogue_is_listed_or_checked(arguments: list[str], status: int, output: str) -> None:
    done = CliRunner().invoke(catalogue.catalogue, arguments)
    assert (done.exit_code, done.output) == (status, output)
