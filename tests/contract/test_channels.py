"""A channel that is added: one folder in functions/, one block in the routing schema, and Terraform's entry.

Here a copy of the sources gets the first two and nothing else. It compiles, packages and delivers by the new channel.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra_events.wire import v2
from scripts.project import ROOT
from tests.contract.test_package import WHEELS, sources
from tests.support.builders import delivered, resource_event

FUNCTION = "pager_notification_sender"

FOLDER = {
    "__init__.py": '"""SQS OrgResourceEventsNotificationPager → a file."""\n',
    "function.toml": 'packages = ["aws-lambda-powertools", "jmespath", "typing-extensions", "tzdata"]\n',
    "core.py": '''"""Notifications → lines of a file."""

import json
from dataclasses import dataclass
from pathlib import Path

from infra_events.domain.notification import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerTransport:
    """Writes a line for each notification (a ``Transport``)."""

    file: Path

    def send(self, target: str, notification: Notification) -> str:
        """Append one line; return the notification's id."""
        with self.file.open("a") as lines:
            lines.write(json.dumps({"to": target, "text": notification.subject}) + "\\n")
        return notification.id
''',
    "handler.py": '''"""Lambda's entry into the pager channel."""

import os
from functools import cache
from pathlib import Path

from infra_events.assembly.channel import ChannelWorker
from infra_events.runtime.settings import ChannelSettings
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent
from pager_notification_sender.core import PagerTransport


@cache
def _worker() -> ChannelWorker:
    transport = PagerTransport(file=Path(os.environ["PAGER_FILE"]))
    return ChannelWorker.of("pager", transport, ChannelSettings.from_env(os.environ))


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Page for a batch of notifications of any publisher."""
    return _worker().run(event, context)
''',
}

BLOCK = {"x-channel": "pager", "type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[+][0-9]+$"}}

ROUTING = """
version: 1
defaults: {fallback: platform}
owners:
  payments: {}
  search: {}
destinations:
  platform: {emails: [platform@example.org]}
  payments: {emails: [payments@example.org], pagers: ["+491"]}
  search: {pagers: ["+492", "+493"]}
routes:
  - {name: payments, match: {owner: payments}, to: payments}
  - {name: search, match: {owner: search}, to: search}
tests:
  - name: payments
    given: {type: infra.aws.ec2.instance.state_changed, to: stopped, tags: {Owner: payments}}
    expect: {route: payments}
  - name: search
    given: {type: infra.aws.ec2.instance.state_changed, to: stopped, tags: {Owner: search}}
    expect: {route: search}
"""

PROGRAM = '''
import importlib, io, json, pathlib, sys

import botocore.client
from botocore.exceptions import ClientError

function, record, owner, routing = sys.argv[1:]
calls, sent = [], {}


def call(client, operation, arguments):
    """Return what AWS would; the sent record contains each key that was put into it."""
    calls.append([operation, arguments])
    match operation:
        case "GetObject":
            return {"Body": io.BytesIO(pathlib.Path(routing).read_bytes())}
        case "DescribeTags":
            return {"Tags": [{"ResourceId": "i-0abc1234def567890", "Key": "Owner", "Value": owner}]}
        case "PublishBatch":
            return {"Successful": arguments["PublishBatchRequestEntries"], "Failed": []}
        case "PutItem" if arguments["Item"]["id"]["S"].startswith("pace|"):
            return {}
        case "PutItem" if (key := arguments["Item"]["id"]["S"]) in sent:
            final = {"id": {"S": key}, "status": {"S": "COMPLETED"}, "expiration": {"N": "9999999999"}}
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}, "Item": final}, operation)
        case "PutItem":
            sent[key] = True
            return {}
        case "SendEmail":
            return {"MessageId": "mail-1"}
        case "BatchGetItem":
            return {"Responses": {}, "UnprocessedKeys": {}}
        case "BatchWriteItem" | "UpdateItem":
            return {"UnprocessedItems": {}}
    raise AssertionError(operation)


class Context:
    aws_request_id, function_name = "request", function

    def get_remaining_time_in_millis(self):
        return 30_000


botocore.client.BaseClient._make_api_call = call
handler = importlib.import_module(f"{function}.handler").handler
for _ in range(2):
    assert handler({"Records": [json.loads(record)]}, Context()) == {"batchItemFailures": []}
pathlib.Path("calls.json").write_text(json.dumps(calls, default=str))
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A copy of the sources with one more channel, compiled and packaged."""

    folder: Path

    def run(self, function: str, body: str, attributes: dict[str, Any], owner: str = "") -> list[tuple[str, Any]]:
        """Invoke a function's zip with the same message twice; return its calls of AWS."""
        (routing,) = (self.folder / "dist" / "routing").glob("*.json")
        task = self.folder / "tasks" / function
        if not task.exists():
            with zipfile.ZipFile(self.folder / "dist" / f"{function}.zip") as archive:
                archive.extractall(task)
        record = {
            "messageId": "m-1",
            "eventSource": "aws:sqs",
            "body": body,
            "attributes": {"SentTimestamp": "1772366400000"},
            "messageAttributes": attributes,
        }
        environment = {
            "PYTHONPATH": str(task),
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "ACCOUNT_ID": "111122223333",
            "NOTIFICATION_TOPIC_ARN": "topic",
            "PAGER_FILE": str(self.pages),
            "PARKING_QUEUE_URL": "https://parking.example",
            "QUEUE_URL": "https://queue.example",
            "URGENT_QUEUE_URL": "https://urgent.example",
            "ROUTING_BUCKET": "routing",
            "ROUTING_SHA256": _sha256(routing),
            "SENDER_ADDRESS": "from@example.org",
            "SENDS_PER_SECOND": "100",
            "SENT_TABLE_NAME": "sent",
            "TAGS_TABLE_NAME": "tags",
        }
        _run([sys.executable, "-c", PROGRAM, function, json.dumps(record), owner, str(routing)], task, environment)
        calls: list[tuple[str, Any]] = [(name, of) for name, of in json.loads((task / "calls.json").read_text())]
        return calls

    @property
    def pages(self) -> Path:
        """What the new channel's transport wrote."""
        return self.folder / "pages.jsonl"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = sources(tmp_path_factory.mktemp("house"))
    (folder / ".cache").mkdir()
    (folder / ".cache" / "wheels").symlink_to(WHEELS)
    (folder / "functions" / FUNCTION).mkdir()
    for name, text in FOLDER.items():
        (folder / "functions" / FUNCTION / name).write_text(text)
    schema = folder / "docs" / "schemas" / "routing.json"
    document = json.loads(schema.read_text())
    document["properties"]["destinations"]["additionalProperties"]["properties"]["pagers"] = BLOCK
    schema.write_text(json.dumps(document))
    (folder / "a.routing.yaml").write_text(ROUTING)
    for verb in (["routing-check", "--file", "a.routing.yaml"], ["package"]):
        _run([sys.executable, "-m", "scripts", *verb], folder, {"PATH": os.environ["PATH"]})
    return House(folder=folder)


@cache
def published(house: House, owner: str) -> tuple[str, dict[str, Any]]:
    """Body and attributes of the notification that the sender makes of an owner's event, as a queue carries them."""
    event = delivered(v2.write(resource_event()))
    calls = house.run("org_resource_event_notification_sender", event.body, {}, owner)
    ((entry,), _) = [of["PublishBatchRequestEntries"] for name, of in calls if name == "PublishBatch"]
    attributes = {
        name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
        for name, value in entry["MessageAttributes"].items()
    }
    return entry["Message"], attributes


@pytest.mark.parametrize(
    ("owner", "channels"), [("payments", ["email", "pager"]), ("search", ["pager"]), ("nobody", ["email"])]
)
def test_the_sender_names_the_channels_of_an_events_destinations(house: House, owner: str, channels: list[str]) -> None:
    body, attributes = published(house, owner)
    assert json.loads(attributes["channels"]["stringValue"]) == channels
    assert json.loads(body)["recipients"] == [owner if owner != "nobody" else "platform"]


@pytest.mark.parametrize(("owner", "to"), [("payments", ["+491"]), ("search", ["+492", "+493"])])
def test_the_new_channel_delivers_once_to_its_targets(house: House, owner: str, to: list[str]) -> None:
    house.pages.unlink(missing_ok=True)
    house.run(FUNCTION, *published(house, owner))
    pages = [json.loads(line) for line in house.pages.read_text().splitlines()]
    assert [page["to"] for page in pages] == to
    assert all("i-0abc1234def567890 has stopped" in page["text"] for page in pages)


def test_one_channel_alone_receives_notifications_that_name_none() -> None:
    """Each channel counts on it: what names no channel and has no target there, no other channel delivers."""
    notifier = (ROOT / "terraform" / "modules" / "notifier" / "main.tf").read_text()
    assert len(re.findall(r"filtered += false", notifier)) == 1


def test_the_old_channel_delivers_as_before(house: House) -> None:
    calls = house.run("email_notification_sender", *published(house, "payments"))
    assert [of["Destination"] for name, of in calls if name == "SendEmail"] == [
        {"ToAddresses": ["payments@example.org"]}
    ]


def test_the_new_function_keeps_the_rules_of_all_functions(house: House) -> None:
    """The import rule, a short handler and the import budget hold without a line about the new function."""
    rules = Path("tests", "contract", "test_imports.py")
    (house.folder / rules.parent).mkdir(parents=True)
    shutil.copy(ROOT / rules, house.folder / rules)
    which = f"{FUNCTION} or point_one_way"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(rules), "-k", which]
    _run(command, house.folder, {"PATH": os.environ["PATH"]})
