"""Drills: which instance is meant, and what is printed."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.operate import drill
from scripts.operate.account import Account
from scripts.project import CommandError


@dataclass
class FakeAccount:
    """An account with these instances by name."""

    found: dict[str, list[str]]
    account_id: str = "111122223333"
    region: str = "eu-central-1"
    sent: list[tuple[str, str]] = field(default_factory=list)

    def instances(self, name: str) -> list[str]:
        return self.found.get(name, [])

    def launch(self, name: str) -> str:
        return f"i-new-{name}"

    def send_state(self, instance_id: str, state: str) -> str:
        self.sent.append((instance_id, state))
        return "event-1"


def send(monkeypatch: pytest.MonkeyPatch, account: FakeAccount, name: str, *, local: bool) -> str:
    monkeypatch.setattr(Account, "of", lambda _client: account)
    there: Any = SimpleNamespace(client=None, is_local=local)
    return drill.send(there, name, "stopped")


@pytest.mark.parametrize(
    ("name", "place", "instance"), [("web", "account", "i-1"), ("web", "local", "i-1"), ("new", "local", "i-new-new")]
)
def test_the_instance_of_that_name_is_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, place: str, instance: str
) -> None:
    account = FakeAccount({"web": ["i-1"]})
    line = send(monkeypatch, account, name, local=place == "local")
    assert account.sent == [(instance, "stopped")]
    assert line == f"Sent to 111122223333, eu-central-1: {name} ({instance}) stopped, event event-1"


@pytest.mark.parametrize(("found", "named"), [([], "none"), (["i-1", "i-2"], "i-1, i-2")])
def test_in_an_account_none_or_several_are_an_error(
    monkeypatch: pytest.MonkeyPatch, found: list[str], named: str
) -> None:
    account = FakeAccount({"web": found})
    with pytest.raises(CommandError, match=f"one instance must be named 'web' in 111122223333, eu-central-1: {named}"):
        send(monkeypatch, account, "web", local=False)
    assert account.sent == []
