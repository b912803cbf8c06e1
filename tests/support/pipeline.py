"""A deployment as its users and neighbours see it: what goes in, what comes out, what waits and what is logged."""

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from rich.console import Console

from scripts.local.aws import SentMail
from scripts.local.stack import Deployment
from scripts.operate import redrive
from scripts.operate.account import Account
from tests.support.waiting import eventually

WORKER_QUEUES = ("AwsServiceEvents", "OrgResourceEventsMessagingV2", "OrgResourceEventsNotificationEmail")
"""In the order in which an event passes them."""

PATIENCE_SECONDS = 25
"""A function's timeout in these tests.

A local deployment's 5 seconds are for people who want to see a failure come back soon. On a busy machine a function
that just started can need longer, and what it published before it was cut off is published twice.
"""

PATIENT = {
    "functions": {
        name: {"timeout_seconds": PATIENCE_SECONDS}
        for name in ("aws_service_event_handler", "org_resource_event_notification_sender", "email_notification_sender")
    }
}
"""The same as Terraform's variables, for a deployment that is applied afresh."""

Attributes = Mapping[str, str | Sequence[str]]


def unique(word: str) -> str:
    """Make a name that no other test uses, so that tests share a deployment and never meet."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in a queue; every attribute as text."""

    body: str
    attributes: Mapping[str, str]


class Pipeline:
    """One deployment. Queues, topics and functions go by their names without the prefix."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.aws = deployment.aws
        self.client = cache(deployment.aws.client)
        self.account = Account.of(self.client)
        self._machine_messages: list[Message] = []

    def client_of(self, account: str, service: str) -> Any:
        """Make a client of another account: to the local AWS an account's id is its administrator's key."""
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=self.account.region,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            verify=str(self.aws.authority),
            config=Config(proxies={}),
        )

    # In

    def launch(self, name: str, **tags: str) -> str:
        return self.account.launch(name, tags)

    def drill(self, instance_id: str, state: str) -> str:
        return self.account.send_state(instance_id, state)

    def send(self, queue: str, *bodies: str, attributes: Attributes | None = None) -> None:
        for body in bodies:
            self.client("sqs").send_message(
                QueueUrl=self.url(queue), MessageBody=body, MessageAttributes=_attributes(attributes or {})
            )

    def publish(self, topic: str, body: str, attributes: Attributes | None = None) -> None:
        self.client("sns").publish(
            TopicArn=self.deployment.outputs["topics"][topic]["arn"],
            Message=body,
            MessageAttributes=_attributes(attributes or {}),
        )

    def notify(self, document: object) -> None:
        """Publish a notification as a foreign process does."""
        body = document if isinstance(document, str) else json.dumps(document)
        self.publish("OrgResourceEventsNotification", body, {"channels": ["email"]})

    # Out

    def mails(self, about: str = "") -> list[SentMail]:
        """Return the mails with `about` (an event's id, a name) in subject or text, in the order they were sent."""
        return [mail for mail in self.aws.outbox() if about in mail.subject or about in mail.text]

    def machine_messages(self, about: str = "") -> list[Message]:
        """Return the standard messages with `about` in the body or as id; they are taken, and kept here."""
        for raw in self._receive("OrgResourceEvents"):
            self._machine_messages.append(_message(raw))
            self.client("sqs").delete_message(
                QueueUrl=self.url("OrgResourceEvents"), ReceiptHandle=raw["ReceiptHandle"]
            )
        return [m for m in self._machine_messages if about in m.body or about == m.attributes.get("id")]

    def peek(self, queue: str, about: str = "") -> list[Message]:
        """Look in any queue for messages with `about` in the body or as id, and leave everything as it is."""
        found = list(self._receive(queue))
        for raw in found:
            self.client("sqs").change_message_visibility(
                QueueUrl=self.url(queue), ReceiptHandle=raw["ReceiptHandle"], VisibilityTimeout=0
            )
        return [m for m in map(_message, found) if about in m.body or about == m.attributes.get("id")]

    def depth(self, queue: str) -> int:
        """Count the messages in a queue: those in somebody's hands and those that are delayed, too."""
        names = [f"ApproximateNumberOfMessages{where}" for where in ("", "NotVisible", "Delayed")]
        answer = self.client("sqs").get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def settle(self, *, within: float = 300) -> None:
        """Wait until no worker has anything left to do: what has not come out by then never will.

        A message is in a queue until the next one has it, so looking along its way misses none.
        """
        for queue in self._worker_queues():
            eventually(lambda: self.depth(queue) == 0, f"{queue} is empty", within=within)  # noqa: B023 - called at once

    def _worker_queues(self) -> Sequence[str]:
        """Return the queues of workers; a release before the pacing of channels has none for what is urgent."""
        urgent = f"{WORKER_QUEUES[-1]}Urgent"
        return (*WORKER_QUEUES, urgent) if urgent in self.deployment.outputs["queues"] else WORKER_QUEUES

    def logs(self, function: str, code: str) -> list[dict[str, Any]]:
        """Return a function's log lines of one code, parsed."""
        pages = self.client("logs").get_paginator("filter_log_events")
        group = self.deployment.outputs["functions"][function]["log_group"]
        lines = [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]
        parsed = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in parsed if line.get("message") == code]

    def redrive(self, dlq: str, *, apply: bool = True) -> int:
        """Do what `make redrive` does, and return how many messages could not go."""
        way = redrive.way(self.client("sqs"), self.deployment.outputs["queues"], dlq)
        if apply:
            return redrive.send_back(way, Console())
        redrive.show(way, Console())
        return 0

    # Meddling

    @contextmanager
    def paused(self, function: str) -> Iterator[None]:
        """Hold a function's queues back, so that what is sent meanwhile is one batch afterwards."""
        functions = self.client("lambda")
        mappings = functions.list_event_source_mappings(FunctionName=self.function(function))["EventSourceMappings"]
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            for mapping in mappings:
                functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def environment(self, function: str, **variables: str) -> Iterator[None]:
        """Change a function's environment for a while."""
        before = self.variables(function)
        self._set_environment(function, {**before, **variables})
        try:
            yield
        finally:
            self._set_environment(function, before)

    @contextmanager
    def patience(self, seconds: int) -> Iterator[None]:
        """Give the functions `seconds` as timeout, and their queues a little longer before a message comes back.

        An apply may change both meanwhile; afterwards they are as before.
        """
        with ExitStack() as stack:
            for queue in self._worker_queues():
                stack.enter_context(self.visibility(queue, seconds + 5))
            for function in self.deployment.outputs["functions"]:
                stack.enter_context(self.timeout(function, seconds))
            yield

    @contextmanager
    def timeout(self, function: str, seconds: int) -> Iterator[None]:
        """Change a function's timeout for a while."""
        functions, name = self.client("lambda"), self.function(function)
        before = functions.get_function_configuration(FunctionName=name)["Timeout"]
        functions.update_function_configuration(FunctionName=name, Timeout=seconds)
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Timeout=before)

    @contextmanager
    def visibility(self, queue: str, seconds: int) -> Iterator[None]:
        """Let what failed come back sooner than a deployment's 30 seconds, for the sake of the test's length."""
        before = self._visibility(queue)
        self._set_visibility(queue, seconds)
        try:
            yield
        finally:
            self._set_visibility(queue, before)

    def kill_workers(self, function: str) -> int:
        """SIGKILL the processes that run a function, and return how many there were.

        The emulator runs each from a script in a folder of this deployment that carries the function's name.
        """
        script = f"{self.aws.folder / 'tmp'}/ministack-lambda-{self.function(function)}-"
        listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)  # noqa: S607 - ps is where the machine has it
        pids = [int(line.split()[0]) for line in listing.stdout.splitlines() if script in line]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def url(self, queue: str) -> str:
        return str(self.deployment.outputs["queues"][queue]["url"])

    def queue(self, queue: str) -> str:
        return str(self.deployment.outputs["queues"][queue]["name"])

    def function(self, function: str) -> str:
        return str(self.deployment.outputs["functions"][function]["name"])

    def variables(self, function: str) -> dict[str, str]:
        """Return a function's environment variables."""
        configuration = self.client("lambda").get_function_configuration(FunctionName=self.function(function))
        return dict(configuration["Environment"]["Variables"])

    def _set_environment(self, function: str, variables: Mapping[str, str]) -> None:
        self.client("lambda").update_function_configuration(
            FunctionName=self.function(function), Environment={"Variables": dict(variables)}
        )

    def _visibility(self, queue: str) -> int:
        answer = self.client("sqs").get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=["VisibilityTimeout"])
        return int(answer["Attributes"]["VisibilityTimeout"])

    def _set_visibility(self, queue: str, seconds: int) -> None:
        self.client("sqs").set_queue_attributes(
            QueueUrl=self.url(queue), Attributes={"VisibilityTimeout": str(seconds)}
        )

    def _receive(self, queue: str) -> Iterator[dict[str, Any]]:
        """Receive all there is, each once."""
        while (
            messages := self.client("sqs")
            .receive_message(
                QueueUrl=self.url(queue), MaxNumberOfMessages=10, VisibilityTimeout=30, MessageAttributeNames=["All"]
            )
            .get("Messages")
        ):
            yield from messages


def _attributes(attributes: Attributes) -> dict[str, dict[str, str]]:
    return {
        name: {"DataType": "String", "StringValue": value}
        if isinstance(value, str)
        else {"DataType": "String.Array", "StringValue": json.dumps(list(value))}
        for name, value in attributes.items()
    }


def _message(raw: Mapping[str, Any]) -> Message:
    attributes = raw.get("MessageAttributes", {})
    return Message(body=raw["Body"], attributes={name: value["StringValue"] for name, value in attributes.items()})
