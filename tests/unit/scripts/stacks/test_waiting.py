"""An apply deletes no queue that holds messages, and a destroy names those that do."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scripts import aws_session
from scripts.project import CommandError
from scripts.stacks import deploy, waiting

PREFIX = "arn:aws:sqs:eu-central-1:111122223333:"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:Events"


class GoneError(Exception):
    """What boto3 raises for a queue that does not exist."""


class Queues:
    """SQS: the messages of each queue, by count; an error instead of them is raised; an unknown queue is gone."""

    exceptions = SimpleNamespace(QueueDoesNotExist=GoneError)

    def __init__(self, **contents: tuple[int, int, int] | Exception) -> None:
        self._contents = contents

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803 - as boto3 has it
        content = self._contents.get(QueueUrl.rpartition("/")[2])
        if content is None:
            raise GoneError
        if isinstance(content, Exception):
            raise content
        assert sorted(AttributeNames) == sorted(waiting.COUNTS)
        return {"Attributes": dict(zip(waiting.COUNTS, map(str, content), strict=True))}


def queue(name: str, *, dlq: bool = False) -> dict[str, Any]:
    values = {"name": name, "arn": f"{PREFIX}{name}", "url": f"https://sqs.example.org/111122223333/{name}"}
    return values | ({} if dlq else {"redrive_policy": '{"deadLetterTargetArn": "…"}'})


def subscription(name: str) -> dict[str, Any]:
    return {"arn": f"{TOPIC}:of-{name}", "endpoint": f"{PREFIX}{name}", "protocol": "sqs"}


def change(kind: str, before: Mapping[str, Any] | None, *actions: str) -> dict[str, Any]:
    """A line of a plan, as Terraform writes it; without actions nothing changes."""
    return {"mode": "managed", "type": kind, "change": {"actions": list(actions) or ["no-op"], "before": before}}


def held(sqs: Queues, *changes: Mapping[str, Any]) -> dict[str, int]:
    found = waiting.queues(waiting.planned({"resource_changes": list(changes)}), sqs)
    return {queue.name: queue.depth for queue in found}


@pytest.mark.parametrize("actions", [("delete",), ("delete", "create"), ("create", "delete")], ids=" ".join)
@pytest.mark.parametrize("content", [(1, 0, 0), (0, 1, 0), (0, 0, 1)], ids=["waits", "in flight", "delayed"])
def test_a_queue_that_is_deleted_or_replaced_keeps_no_message_in_it(
    actions: tuple[str, ...], content: tuple[int, int, int]
) -> None:
    assert held(Queues(Events=content), change("aws_sqs_queue", queue("Events"), *actions)) == {"Events": 1}


@pytest.mark.parametrize("actions", [(), ("update",)], ids=str)
def test_a_queue_that_stays_may_hold_what_it_likes(actions: tuple[str, ...]) -> None:
    assert held(Queues(Events=(5, 5, 5)), change("aws_sqs_queue", queue("Events"), *actions)) == {}


def test_a_queue_that_is_created_or_read_is_none_that_holds_anything() -> None:
    created = change("aws_sqs_queue", None, "create")
    read = change("aws_sqs_queue", queue("Events"), "delete") | {"mode": "data"}
    assert held(Queues(Events=(5, 0, 0)), created, read) == {}


def test_a_queue_that_stays_and_loses_its_subscription_counts_too() -> None:
    stays = change("aws_sqs_queue", queue("Events"))
    cut_off = change("aws_sns_topic_subscription", subscription("Events"), "delete")
    assert held(Queues(Events=(2, 0, 1)), stays, cut_off) == {"Events": 3}
    assert held(Queues(Events=(0, 0, 0)), stays, cut_off) == {}


def test_a_subscription_that_is_no_queues_of_the_stack_is_no_obstacle() -> None:
    assert held(Queues(), change("aws_sns_topic_subscription", {"endpoint": "jane@example.org"}, "delete")) == {}


def test_a_queue_that_is_gone_already_is_no_obstacle() -> None:
    assert held(Queues(), change("aws_sqs_queue", queue("Events"), "delete")) == {}


@pytest.mark.parametrize(
    ("problem", "fix"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetQueueAttributes"), "sqs:GetQueueAttributes"),
        (EndpointConnectionError(endpoint_url="https://sqs.example.org"), "EndpointConnectionError"),
    ],
    ids=["denied", "unreachable"],
)
def test_what_sqs_does_not_show_is_not_taken_for_empty(problem: Exception, fix: str) -> None:
    with pytest.raises(CommandError, match=fix) as refused:
        held(Queues(Events=problem), change("aws_sqs_queue", queue("Events"), "delete"))
    assert "messages wait in Events" in refused.value.message


def test_the_refusal_names_each_queue_with_its_count_and_the_way_out() -> None:
    plan = {
        "resource_changes": [
            change("aws_sqs_queue", queue("Worked"), "delete"),
            change("aws_sqs_queue", queue("Machines"), "delete"),
            change("aws_sqs_queue", queue("MachinesDLQ", dlq=True), "delete"),
            change("aws_sns_topic_subscription", subscription("Machines"), "delete"),
            change("aws_lambda_event_source_mapping", {"event_source_arn": f"{PREFIX}Worked"}, "delete"),
        ]
    }
    sqs = Queues(Worked=(1, 0, 0), Machines=(1200, 0, 0), MachinesDLQ=(2, 0, 0))
    url = "https://sqs.example.org/111122223333"
    unsubscribe = f"aws sns unsubscribe --subscription-arn {TOPIC}:of-Machines"
    redrive = "make redrive QUEUE=MachinesDLQ ENV=production shows why they wait; the same with APPLY=1 sends them back"

    refusal = waiting.refusal(waiting.queues(waiting.planned(plan), sqs), " ENV=production")

    assert refusal.splitlines()[1:-1] == [
        "  Worked holds 1 message: wait until its function has emptied it",
        f"    to discard instead: aws sqs purge-queue --queue-url {url}/Worked",
        "  Machines holds 1,200 messages: no function of this stack reads it: have its consumers empty it",
        f"    to discard instead: {unsubscribe}, then aws sqs purge-queue --queue-url {url}/Machines",
        f"  MachinesDLQ holds 2 messages: {redrive}",
        f"    to discard instead: aws sqs purge-queue --queue-url {url}/MachinesDLQ",
    ]


def module(*queues: str, **more: Any) -> dict[str, Any]:
    resources = [{"mode": "managed", "type": "aws_sqs_queue", "values": queue(name)} for name in queues]
    return {"resources": resources, **more}


STATE = {"values": {"root_module": module("One", child_modules=[module(child_modules=[module("Two", "Three")])])}}


def test_a_destroy_deletes_all_that_a_state_has_in_its_modules() -> None:
    found = waiting.queues(waiting.existing(STATE), Queues(One=(1, 0, 0), Two=(0, 0, 0), Three=(0, 2, 0)))
    assert {queue.name: queue.depth for queue in found} == {"One": 1, "Three": 2}


def test_nothing_exists_before_the_first_apply() -> None:
    assert waiting.existing({"format_version": "1.0"}) == []


# The verbs


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mock:
    """The stack of an environment, with a saved plan."""
    saved = tmp_path / "saved.tfplan"
    saved.touch()
    stack = Mock()
    monkeypatch.setattr(deploy, "prepare", lambda *_, **__: (stack, saved))
    return stack


def answer(monkeypatch: pytest.MonkeyPatch, sqs: Queues) -> None:
    """Let SQS answer who is logged in."""
    monkeypatch.setattr(aws_session, "log_in", Mock(return_value=Mock(**{"session.client.return_value": sqs})))


def test_an_apply_is_refused_before_anything_is_applied(stack: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.show.return_value = {"resource_changes": [change("aws_sqs_queue", queue("Events"), "delete")]}
    answer(monkeypatch, Queues(Events=(3, 0, 0)))

    with pytest.raises(CommandError, match="nothing was applied\n  Events holds 3 messages"):
        deploy.apply_plan("production")
    stack.apply.assert_not_called()

    answer(monkeypatch, Queues(Events=(0, 0, 0)))
    stack.outputs.return_value = {}
    deploy.apply_plan("production")
    stack.apply.assert_called_once()


def test_a_destroy_shows_what_waits_before_it_asks(
    stack: Mock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.show.return_value = STATE
    answer(monkeypatch, Queues(One=(1, 0, 0), Two=(0, 0, 0), Three=(0, 2000, 0)))
    ask = Mock(return_value="no")
    monkeypatch.setattr("builtins.input", ask)

    with pytest.raises(CommandError, match="nothing was removed"):
        deploy.remove("production")
    assert capsys.readouterr().out.splitlines() == ["One holds 1 message.", "Three holds 2,000 messages."]
    ask.assert_called_once_with("This removes 3 resources and the 2,001 messages above. Type production to go on: ")
    stack.destroy.assert_not_called()


def test_a_destroy_goes_on_once_the_environments_name_was_typed(stack: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.show.return_value = STATE
    answer(monkeypatch, Queues(One=(1, 0, 0)))
    monkeypatch.setattr("builtins.input", lambda _: "production")
    deploy.remove("production")
    stack.destroy.assert_called_once_with()
