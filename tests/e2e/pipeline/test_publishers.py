"""Processes that know nothing of us but a contract: they publish at a topic and are heard."""

import json
import re

import pytest

from scripts import project
from tests.support.builders import ABSENT, notification
from tests.support.pipeline import Pipeline, unique

EMAIL_DLQ = "OrgResourceEventsNotificationEmailDLQ"
PLATFORM = ("platform@example.org",)


def test_a_notification_of_anybody_is_mailed(pipeline: Pipeline) -> None:
    name = unique("deploy")
    document = notification(
        id=name, subject=f"{name} is live", text="Version 7 is live.", html=ABSENT, severity=ABSENT, recipients=ABSENT
    )
    pipeline.notify(document)
    pipeline.settle()

    (mail,) = pipeline.mails(about=name)
    assert (mail.to, mail.subject, mail.text) == (PLATFORM, f"{name} is live", "Version 7 is live.")


def test_an_unknown_recipient_is_replaced_by_the_fallback_and_that_is_on_record(pipeline: Pipeline) -> None:
    name = unique("nobody")
    pipeline.notify(notification(id=name, text=name, recipients=[name]))
    pipeline.settle()

    (mail,) = pipeline.mails(about=name)
    assert mail.to == PLATFORM
    notes = [note for batch in pipeline.logs("EmailNotificationSender", "batch_finished") for note in batch["notes"]]
    assert f"fallback_used: unknown destination {name}" in notes


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"recipients": ["somebody@example.org"]}, "raw_address"),
        ({"recipients": ["platform", "https://hooks.example.org/1"]}, "raw_address"),
        ({"recipients": "platform"}, "wrong_type"),
        ({"id": ABSENT}, "missing_field"),
        ({"text": ""}, "missing_field"),
        ({"severity": "LOUD"}, "bad_value"),
        ({"event": {"id": "1"}}, "missing_field"),
    ],
    ids=str,
)
def test_a_notification_that_breaks_the_contract_is_parked_and_mails_nobody(
    pipeline: Pipeline, overrides: dict[str, object], code: str
) -> None:
    name = unique("broken")
    pipeline.notify(notification(**{"id": name, "subject": name, "text": name} | overrides))
    pipeline.settle()

    (parked,) = pipeline.peek(EMAIL_DLQ, about=name)
    assert parked.attributes["park_code"] == code
    assert "somebody@example.org" not in parked.attributes["park_reason"]
    assert pipeline.mails(about=name) == []


def test_a_notification_for_no_channel_is_nobodys(pipeline: Pipeline) -> None:
    name = unique("silent")
    pipeline.publish("OrgResourceEventsNotification", name, {"channels": ["chat"]})
    pipeline.publish(
        "OrgResourceEventsNotification", json.dumps(notification(id=name, subject=name)), {"channels": ["chat"]}
    )
    pipeline.settle()

    assert pipeline.peek(EMAIL_DLQ, about=name) == []
    assert pipeline.mails(about=name) == []


def test_the_readmes_notification_is_mailed_as_it_stands_there(pipeline: Pipeline) -> None:
    """With no attribute at all: what a process publishes that knows the README and nothing else."""
    (body,) = re.findall(r"^```json\n(.*?)\n```$", (project.ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    document = json.loads(body)
    pipeline.publish("OrgResourceEventsNotification", body)
    pipeline.settle()

    (mail,) = pipeline.mails(about=document["subject"])
    assert (mail.to, mail.subject, mail.text) == (PLATFORM, document["subject"], document["text"])


def test_what_is_no_notification_is_parked_though_it_names_no_channel(pipeline: Pipeline) -> None:
    name = unique("garbage")
    pipeline.publish("OrgResourceEventsNotification", name)
    pipeline.settle()

    (parked,) = pipeline.peek(EMAIL_DLQ, about=name)
    assert parked.attributes["park_code"] == "not_json"
    assert pipeline.mails(about=name) == []


def test_a_standard_message_from_elsewhere_reaches_machines_and_people(pipeline: Pipeline) -> None:
    name = unique("vm")
    event = {"specversion": "1.0", "id": name, "source": "vmware://onprem", "type": "infra.vmware.vm.state_changed"}
    data = {"provider": {"name": "onprem", "service": "vmware"}, "resource": {"uid": name}, "change": {"to": "off"}}
    body = json.dumps(event | {"data": data})
    pipeline.publish("OrgResourceEventsV2", body)
    pipeline.settle()

    (mail,) = pipeline.mails(about=name)
    assert mail.subject.startswith(f"vmware {name}: off")
    (message,) = pipeline.peek("OrgResourceEventsV2", about=name)
    assert message.body == body


@pytest.mark.parametrize(
    ("body", "attributes", "code"),
    [
        ("{name},stopped", {}, "not_csv"),
        ("aws.ec2,{name},stopped,now", {}, "not_csv"),
        ("aws.ec2,{name},", {}, "not_csv"),
        ("aws.ec2,{name},stopped\r\naws.ec2,{name},running", {}, "not_csv"),
        ('aws.ec2,"{name}" and more,stopped', {}, "not_csv"),
        ('{{"resource": "{name}"}}', {}, "missing_field"),  # an object is read as version 2
        ("aws.ec2,{name},stopped", {"time": "yesterday"}, "bad_value"),
        ("aws.ec2,{name},stopped", {"severity": "LOUD"}, "bad_value"),
    ],
)
def test_a_standard_message_that_breaks_the_contract_is_parked_and_mails_nobody(
    pipeline: Pipeline, body: str, attributes: dict[str, str], code: str
) -> None:
    name = unique("i")
    pipeline.publish("OrgResourceEventsV2", body.format(name=name), attributes)
    pipeline.settle()

    (parked,) = pipeline.peek("OrgResourceEventsMessagingV2DLQ", about=name)
    assert parked.attributes.items() >= {**attributes, "park_code": code}.items()
    assert pipeline.mails(about=name) == []
