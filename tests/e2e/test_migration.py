"""From version 1 of the standard message to version 2, as docs/versions.md describes, while events keep coming.

Each step is a real apply, in an account that enforces policies. Drills are sent before, while and after it runs, and a
producer in another account publishes standard messages, too. In the end everybody was notified of everything, once.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from scripts.local import stack as local_stack
from scripts.local.aws import LocalAws
from tests.support.inventory import inventory
from tests.support.pipeline import PATIENT, Pipeline, unique
from tests.support.waiting import eventually

TOPICS = {"1": "OrgResourceEvents", "2": "OrgResourceEventsV2"}
"""Named like their queues for machines."""
PEOPLE = {"1": "OrgResourceEventsMessaging", "2": "OrgResourceEventsMessagingV2"}

PEOPLE_ONLY = Path(__file__).parent / "routing" / "people.routing.yaml"

PARTNER = "444455556666"
STRANGER = "777788889999"

A_FEW = 4
PAUSE_SECONDS = 1.0

EVENT = re.compile(r"Event (\S+), ")
"""How a mail names its event."""


class Migration:
    """A deployment on its way: what was sent, and how it is deployed now."""

    def __init__(self, aws: LocalAws) -> None:
        self.sent: list[str] = []
        self._aws = aws
        self._instance = ""
        self._states = cycle(("stopping", "stopped", "pending", "running"))

    def start(self, versions: Sequence[str], sender: str) -> None:
        self._deploy(versions, sender)
        self._instance = self.pipeline.launch(unique("web"))

    def step(self, versions: Sequence[str], sender: str) -> int:
        """Apply, with drills before, meanwhile and after, and settle; return how many were sent until it was there."""
        self._drill(A_FEW)
        with self._drills_meanwhile():
            self._deploy(versions, sender)
        applied = len(self.sent)
        self._drill(A_FEW)
        self.settle()
        return applied

    def settle(self) -> None:
        """Wait until no worker has anything left to do, and see that none has given anything up."""
        for queue in ("AwsServiceEvents", PEOPLE[self._sender], "OrgResourceEventsNotificationEmail"):
            # What a worker could not do at once comes back after six times its timeout.
            eventually(lambda: self.pipeline.depth(queue) == 0, f"{queue} is empty", within=400)  # noqa: B023 - called at once
        depths = {queue: self.pipeline.depth(queue) for queue in self.pipeline.deployment.outputs["queues"]}
        assert not {queue: depth for queue, depth in depths.items() if queue.endswith("DLQ") and depth}

    def publish(self, account: str, version: str, body: str, event_id: str = "") -> None:
        """Publish a standard message straight to the topic, with the rights of another account."""
        attributes = {"id": {"DataType": "String", "StringValue": event_id}} if event_id else {}
        arn = self.pipeline.deployment.outputs["topics"][TOPICS[version]]["arn"]
        with closing(self.pipeline.client_of(account, "sns")) as client:
            client.publish(TopicArn=arn, Message=body, MessageAttributes=attributes)

    def machine_ids(self, version: str) -> set[str]:
        """Return the ids of the events that wait for machines; they stay there."""
        messages = self.pipeline.peek(TOPICS[version])
        return {m.attributes.get("id") or json.loads(m.body)["id"] for m in messages}

    def _deploy(self, versions: Sequence[str], sender: str) -> None:
        content = local_stack.files(
            PATIENT
            | {
                "services": ["ec2"],
                "message_versions": versions,
                "sender_version": sender,
                "publishers": {"standard_messages": [PARTNER]},
            },
            routing=PEOPLE_ONLY,
        )
        self.pipeline = Pipeline(local_stack.deploy(self._aws, content))
        self._sender = sender

    def _drill(self, count: int = 1) -> None:
        for _ in range(count):
            self.sent.append(self.pipeline.account.send_state(self._instance, next(self._states)))

    @contextmanager
    def _drills_meanwhile(self) -> Iterator[None]:
        over = threading.Event()

        def keep_sending() -> None:
            while not over.wait(PAUSE_SECONDS):
                self._drill()

        with ThreadPoolExecutor(1) as thread:
            sending = thread.submit(keep_sending)
            try:
                yield
            finally:
                over.set()
            sending.result()


def _version_1(name: str) -> str:
    return f"onprem.vmware,{name},powered off"


def _version_2(name: str) -> str:
    event = {"specversion": "1.0", "id": name, "source": "vmware://onprem", "type": "infra.vmware.vm.state_changed"}
    return json.dumps(event | {"data": {"resource": {"uid": name}, "change": {"to": "powered off"}}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was sent, and what came of it."""

    drills_before_both: set[str]
    drills_while_both: set[str]
    drills_after: set[str]
    foreign: Mapping[str, str]
    mailed: Mapping[str, int]
    machines: Mapping[str, set[str]]
    deployed: set[str]
    left: set[str]


@pytest.fixture(scope="module")
def record() -> Iterator[Record]:
    foreign = {name: unique(name) for name in ("only-1", "twin", "early-2", "moved-2", "late-2")}
    with LocalAws.start(auth=True) as aws:
        migration = Migration(aws)
        migration.start(["1"], sender="1")

        both = migration.step(["1", "2"], sender="1")
        migration.publish(PARTNER, "1", _version_1(foreign["only-1"]), foreign["only-1"])
        migration.publish(PARTNER, "1", _version_1(foreign["twin"]), foreign["twin"])
        migration.publish(PARTNER, "2", _version_2(foreign["twin"]))
        migration.publish(PARTNER, "2", _version_2(foreign["early-2"]))
        migration.settle()

        migration.step(["1", "2"], sender="2")
        migration.publish(PARTNER, "2", _version_2(foreign["moved-2"]))
        migration.settle()
        after, machines_of_1 = len(migration.sent), migration.machine_ids("1")

        migration.step(["2"], sender="2")
        migration.publish(PARTNER, "2", _version_2(foreign["late-2"]))
        with pytest.raises(ClientError, match="AuthorizationError"):
            migration.publish(STRANGER, "2", _version_2("stranger"))
        migration.settle()

        pipeline, there = migration.pipeline, inventory(migration.pipeline.client)
        yield Record(
            drills_before_both=set(migration.sent[:both]),
            drills_while_both=set(migration.sent[both:after]),
            drills_after=set(migration.sent[after:]),
            foreign=foreign,
            mailed=Counter(EVENT.findall("\n".join(mail.text for mail in pipeline.mails()))),
            machines={"1": machines_of_1, "2": migration.machine_ids("2")},
            deployed={*pipeline.deployment.outputs["topics"], *pipeline.deployment.outputs["queues"]},
            left={re.split("[:/]", name)[-1] for name in there["topics"] | there["queues"]},
        )


def test_every_event_is_mailed_exactly_once(record: Record) -> None:
    drills = record.drills_before_both | record.drills_while_both | record.drills_after
    assert record.mailed == dict.fromkeys(drills | set(record.foreign.values()), 1)


def test_machines_find_the_same_events_in_both_versions_from_the_apply_that_made_the_second(record: Record) -> None:
    foreign = record.foreign
    assert record.machines["1"] == (
        record.drills_before_both | record.drills_while_both | {foreign["only-1"], foreign["twin"]}
    )
    assert record.machines["2"] - record.drills_before_both == (
        record.drills_while_both | record.drills_after | set(foreign.values()) - {foreign["only-1"]}
    )


def test_nothing_of_version_1_is_left(record: Record) -> None:
    assert record.left == record.deployed
    assert record.left.isdisjoint({TOPICS["1"], PEOPLE["1"]})
