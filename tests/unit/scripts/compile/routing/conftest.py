"""The routing file that these tests change, and a catalogue of one entry."""

from pathlib import Path

import pytest

from scripts.compile import catalogue
from tests.support.routing_file import BASE


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of one entry, so that these tests do not depend on the real one."""
    entry = {"type": "infra.aws.ec2.instance.state_changed", "failure_type": "infra.aws.ec2.api_call.failed"}
    labels = {"product": "detail.product"}
    monkeypatch.setattr(catalogue, "compiled", lambda: {"entries": [entry | {"labels": labels}]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.routing.yaml"
    file.write_text(BASE)
    return file
