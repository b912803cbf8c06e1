"""The verb: its exit code, and what it lists without a queue."""

from typing import Any

import pytest

from scripts.operate import redrive
from scripts.operate.target import Place, Target
from scripts.project import CommandError, UsageError
from tests.support.redrive import QUEUES, Failing, put


@pytest.fixture
def there(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The command's target, with the client to be used."""
    clients = {"sqs": sqs}
    place = Place(
        environment="production",
        client=lambda name: clients[name],
        account_id="123456789012",
        region="eu-west-1",
        caller="",
        read_outputs=dict,
    )
    monkeypatch.setattr(redrive, "target", lambda _: Target(place=place, outputs={"queues": QUEUES}))
    return clients


def test_the_command_fails_when_a_message_does(sqs: Any, there: dict[str, Any]) -> None:
    command = ["OrdersDLQ", "--apply"]
    put(sqs, "OrdersDLQ", "a")
    redrive.redrive.main(command, standalone_mode=False)

    put(sqs, "OrdersDLQ", "b")
    there["sqs"] = Failing(sqs, "send_message_batch")
    with pytest.raises(CommandError, match="1 of the messages"):
        redrive.redrive.main(command, standalone_mode=False)


@pytest.mark.usefixtures("there")
def test_without_a_queue_every_dlq_is_listed_with_what_to_do(sqs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    redrive.redrive.main([], standalone_mode=False)
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing waits for a person."
    for body in ("a", "b"):
        put(sqs, "OrdersRuleDLQ", body)

    redrive.redrive.main([], standalone_mode=False)

    assert capsys.readouterr().out.splitlines() == [
        "        0  blue-OrdersDLQ",
        "        2  blue-OrdersRuleDLQ",
        "        0  blue-OrdersSubscriptionDLQ",
        "",
        "make redrive QUEUE=blue-OrdersRuleDLQ ENV=production",
        "",
        "Each of these shows why its messages wait; the same with APPLY=1 sends them back.",
    ]
    with pytest.raises(UsageError, match="which dead-letter queue"):
        redrive.redrive.main(["--apply"], standalone_mode=False)
