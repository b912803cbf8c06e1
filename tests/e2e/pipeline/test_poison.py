"""Good and bad messages mixed: the good ones arrive once, and each bad one has the outcome that it is named with."""

import json
import random
import re
from collections import Counter

import pytest

from tests.support.builders import INSTANCE, aws_event
from tests.support.pipeline import Message, Pipeline, unique
from tests.support.poison import PARKED, POISON, STANDARDIZED, Parked, Poison, Standardized

GOOD = 100


class Aftermath:
    """What was there once everything had settled."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.mails = pipeline.mails()
        self.machine_messages = pipeline.machine_messages()
        self.parked = pipeline.peek("AwsServiceEventsDLQ")

    def mailed(self, event_id: str) -> int:
        """Count how often people were notified of an event, or of one of its resources: a mail may be about several."""
        mention = re.compile(rf"Event {re.escape(event_id)}(#\d+)?[,\s]")
        return sum(len(mention.findall(mail.text)) for mail in self.mails)

    def records(self, event_id: str) -> list[str]:
        """Return the records that machines got of an event."""
        return sorted(m.body for m in self.machine_messages if m.attributes["id"].split("#")[0] == event_id)


@pytest.fixture(scope="module")
def good() -> list[str]:
    return [unique("good") for _ in range(GOOD)]


@pytest.fixture(scope="module")
def aftermath(pipeline: Pipeline, good: list[str]) -> Aftermath:
    bodies = [json.dumps(aws_event(id=event)) for event in good]
    mixed = bodies + [body for poison in POISON for body in poison.bodies]
    random.Random(1).shuffle(mixed)  # noqa: S311 - the same order every time, which is no secret
    pipeline.send("AwsServiceEvents", *mixed)
    pipeline.settle()
    return Aftermath(pipeline)


def test_every_good_message_between_them_is_delivered_exactly_once(aftermath: Aftermath, good: list[str]) -> None:
    assert {event: aftermath.mailed(event) for event in good} == dict.fromkeys(good, 1)
    once = [f"aws.ec2,{INSTANCE},stopped"]
    assert {event: aftermath.records(event) for event in good} == dict.fromkeys(good, once)


@pytest.mark.parametrize("poison", PARKED, ids=lambda poison: poison.id)
def test_it_is_parked_as_it_came_with_code_and_reason(aftermath: Aftermath, poison: Poison) -> None:
    assert isinstance(poison.outcome, Parked)
    (body,) = poison.bodies
    (message,) = [m for m in aftermath.parked if m.body == body]
    assert message.attributes["park_code"] == poison.outcome.code
    assert poison.outcome.reason in message.attributes["park_reason"]
    assert aftermath.mailed(poison.id) == 0
    assert aftermath.records(poison.id) == []


@pytest.mark.parametrize("poison", STANDARDIZED, ids=lambda poison: poison.id)
def test_it_is_odd_but_readable_and_comes_out_by_the_contract(aftermath: Aftermath, poison: Poison) -> None:
    assert isinstance(poison.outcome, Standardized)
    assert aftermath.records(poison.id) == sorted(poison.outcome.records * poison.outcome.copies)
    assert aftermath.mailed(poison.id) == len(poison.outcome.records)
    assert not any(message.body in poison.bodies for message in aftermath.parked)


def test_nothing_else_was_parked_and_nothing_fell_out_further_down(pipeline: Pipeline, aftermath: Aftermath) -> None:
    named = Counter(body for poison in PARKED for body in poison.bodies)
    assert Counter(message.body for message in aftermath.parked) == named
    sent = {poison.id for poison in STANDARDIZED}
    for queue in ("OrgResourceEventsMessagingV2DLQ", "OrgResourceEventsNotificationEmailDLQ"):
        assert [m for m in pipeline.peek(queue) if _id(m) in sent] == []


def test_what_a_state_holds_is_text_to_the_mail_and_nothing_more(aftermath: Aftermath) -> None:
    (mail,) = [mail for mail in aftermath.mails if "Event markup, " in mail.text]
    assert "<b>" not in mail.html
    assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in mail.html
    assert "{{7*7}}" in mail.subject
    (mail,) = [mail for mail in aftermath.mails if "Event csv-marks, " in mail.text]
    assert "\n" not in mail.subject


def _id(message: Message) -> str:
    return message.attributes.get("id", "").split("#")[0]
