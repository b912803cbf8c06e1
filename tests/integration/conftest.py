"""A fresh, empty AWS in this process for each test (moto)."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from infra_events.aws import clients


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    forget_clients()
    with mock_aws():
        yield
    forget_clients()


def forget_clients() -> None:
    """One client per process is for production; a test's client must not outlive its mock."""
    for client in (clients.delivery_client, clients.provider_client, clients.record_client, clients.lookup_client):
        client.cache_clear()
    clients._session.cache_clear()  # noqa: SLF001 - the last cache of the same module
