"""Which queue a DLQ's messages go back to, and what is refused."""

from typing import Any

import pytest

from scripts.operate import redrive
from scripts.project import CommandError, UsageError
from tests.support.redrive import ARN, QUEUES, bodies, feed, put, queues, run


@pytest.mark.parametrize(
    ("dlq", "attributes", "why"),
    [
        ("OrdersSubscriptionDLQ", {"ErrorCode": "AccessDenied", "ErrorMessage": "no"}, "AccessDenied"),
        ("OrdersRuleDLQ", {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "no"}, "NO_PERMISSIONS"),
    ],
)
def test_topics_and_rules_dead_letters_go_to_the_queue_that_they_were_for(
    sqs: Any, dlq: str, attributes: dict[str, str], why: str
) -> None:
    put(sqs, dlq, "never arrived", **attributes)

    _, shown = run(sqs, dlq)

    assert why in shown
    assert bodies(sqs, "Orders") == ["never arrived"]


def test_the_queue_that_names_the_dlq_goes_before_the_one_it_is_named_after(sqs: Any) -> None:
    sqs.create_queue(QueueName="blue-UnusualDLQ")
    sqs.create_queue(QueueName="blue-Unusual")
    feed(sqs, "blue-Real", "blue-UnusualDLQ")
    put(sqs, "UnusualDLQ", "a")

    run(sqs, "blue-UnusualDLQ", among=queues(Unusual=None, Real="UnusualDLQ", UnusualDLQ=None))

    assert bodies(sqs, "Real") == ["a"]
    assert bodies(sqs, "Unusual") == []


@pytest.mark.parametrize(("name", "complaint"), [("Nope", "OrdersDLQ, OrdersRuleDLQ"), ("Orders", "no dead-letter")])
def test_what_is_no_dlq_is_refused(sqs: Any, name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        redrive.way(sqs, QUEUES, name)


@pytest.mark.parametrize("dlq", ["OrdersDLQ", "OrdersSubscriptionDLQ", "OrdersRuleDLQ"])
def test_a_queue_of_somebody_elses_that_names_our_dlq_gets_nothing_and_is_named(sqs: Any, dlq: str) -> None:
    feed(sqs, "mallory", f"blue-{dlq}")
    put(sqs, dlq, "secret")

    with pytest.raises(CommandError, match=rf"^mallory also leads to blue-{dlq} and is not its queue"):
        run(sqs, dlq)

    assert bodies(sqs, dlq) == ["secret"]
    assert "Messages" not in sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="mallory")["QueueUrl"])


def test_a_dlq_outside_the_deployment_is_refused_though_its_name_and_policy_fit(sqs: Any) -> None:
    sqs.create_queue(QueueName="MalloryDLQ")
    feed(sqs, "Mallory", "MalloryDLQ")
    with pytest.raises(UsageError, match="there is no queue 'MalloryDLQ'"):
        redrive.way(sqs, QUEUES, "MalloryDLQ")


def test_what_sqs_moved_from_a_foreign_queue_stays(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for body in ("ours", "forged"):
        put(sqs, "OrdersDLQ", body)
    receive = sqs.receive_message

    def moved(**arguments: Any) -> Any:
        answer = receive(**arguments)
        for message in answer.get("Messages", []):
            source = "blue-Orders" if message["Body"] == "ours" else "mallory"
            message["Attributes"]["DeadLetterQueueSourceArn"] = ARN.format(source)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "receive_message", moved)
        failed, shown = run(sqs)

    assert failed == 1
    assert f"not sent: {ARN.format('mallory')} is not the queue of this DLQ" in shown
    assert bodies(sqs, "Orders") == ["ours"]
    assert bodies(sqs, "OrdersDLQ") == ["forged"]
