"""A burst of notifications against the limits of SES, and what came of it.

    python -m tests.support.burst [SCENARIO…]

plays scenarios in full on a local deployment, and prints what came of each. Tests play them scaled down: fewer mails at
the same rate, and minutes that pass faster where nothing is sent anyway.
"""

import hashlib
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from scripts.local import stack as local_stack
from scripts.local.emulator import LONGEST_DELAY_SECONDS
from scripts.local.limits import Limits
from tests.support.builders import notification
from tests.support.pipeline import Pipeline, unique

EMAIL = "EmailNotificationSender"
EMAIL_QUEUE = "OrgResourceEventsNotificationEmail"
TOPIC = "OrgResourceEventsNotification"
PACE_ROW = {"id": {"S": "pace|email"}}

SAFETY = 0.9
"""The part of SES's limits that the pipeline uses."""

LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 900
"""After three times the time that a scenario should take, and these, what is still to do is counted as lost."""
THREADS = 4
DAYS = 10
"""Enough for any scenario with a quota."""
ENTRIES = 10
"""As many messages as SNS takes at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is sent, what SES takes, and what happens when so many emails were sent."""

    mails: int
    """Notifications; each goes to ``addresses``."""
    rate: float
    """Recipients a second."""
    addresses: int = 1
    quota: int | None = None
    """Recipients that SES takes before the next day."""
    used_by_others: int = 0
    """How many of the quota somebody else uses up, of which the pipeline knows nothing."""

    behind: int = 0
    """After how many emails ``ordinary`` notifications and ``fatal`` ones come."""
    ordinary: int = 0
    fatal: int = 0

    next_day: float = 0
    """How many seconds later a day begins, and each one after it."""
    paused: int | None = None
    """After how many emails sending is paused."""
    resumed: float = 0
    """How many seconds later it is resumed."""
    kills: Sequence[int] = ()
    """After how many emails the processes that send are killed."""

    hurry: float = 1
    """How much faster minutes pass for what waits in the queue and for what the pace row has closed."""
    timeout: int = 60
    """Of the function, in seconds."""
    visibility: int = 360
    """Of its queues, in seconds."""

    def scaled(self, scale: float, **changes: Any) -> "Scenario":
        """Return a part of the scenario: fewer mails at the same rate, so that it takes this part of the time."""
        part = replace(
            self,
            mails=round(self.mails * scale),
            quota=self.quota and round(self.quota * scale),
            used_by_others=round(self.used_by_others * scale),
            behind=round(self.behind * scale),
            ordinary=round(self.ordinary * scale),
            fatal=math.ceil(self.fatal * scale),
            paused=self.paused and round(self.paused * scale),
            kills=[round(kill * scale) for kill in self.kills],
        )
        return replace(part, **changes)

    @property
    def ideal_seconds(self) -> float:
        """How long it takes at the pipeline's rate, if nothing keeps it."""
        return (self.mails + self.ordinary + self.fatal) * self.addresses / (SAFETY * self.rate)

    @property
    def environment(self) -> Mapping[str, str]:
        """What Terraform sets in the function's environment for such an account."""
        per_day = {} if self.quota is None else {"SENDS_PER_DAY": str(int(SAFETY * self.quota))}
        return {"SENDS_PER_SECOND": f"{SAFETY * self.rate:g}"} | per_day

    @property
    def mapping(self) -> Mapping[str, Any]:
        """What Terraform sets in the mappings of the function's queues."""
        per_second = SAFETY * self.rate
        concurrency = max(2, math.ceil(per_second / 8))
        return {
            "BatchSize": min(10, max(1, int(5 * per_second))),
            "ScalingConfig": {"MaximumConcurrency": concurrency},
        }


SCENARIOS: Mapping[str, Scenario] = {
    "burst": Scenario(mails=5_000, rate=14, behind=700, fatal=20),
    "three addresses": Scenario(mails=5_000, rate=14, addresses=3, behind=700, fatal=20),
    "sandbox": Scenario(mails=500, rate=1, behind=50, fatal=5),
    "quota": Scenario(mails=1_000, rate=14, quota=556, behind=500, fatal=20, next_day=30, hurry=60),
    "quota used by others": Scenario(
        mails=1_000, rate=14, quota=556, used_by_others=300, behind=256, fatal=20, next_day=30, hurry=60
    ),
    "paused": Scenario(mails=1_000, rate=14, paused=300, resumed=30, hurry=60),
    "ordinary behind": Scenario(mails=2_000, rate=14, behind=500, ordinary=200, fatal=20),
    "killed": Scenario(mails=1_000, rate=14, kills=(150, 300, 450)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a scenario; a mail is an email to one address."""

    wanted: int
    sent: int
    lost: int
    twice: int
    dead: int
    """Messages in DLQs."""
    first_day: int
    """Emails before the next day."""
    first: float
    """Seconds until the first email."""
    last: float
    """Seconds until the last one."""
    fatal_wait: float
    """The longest that a FATAL one took, in seconds."""
    after_fatal: int
    """Emails after the last FATAL one."""
    receives: int
    later: Mapping[str, int]
    """Messages that were postponed, by reason; the same one again and again."""
    invocations: int
    killed: int
    throttled: int
    """Calls that SES refused for its rate."""
    refused: int
    """Calls that SES refused for its quota or because sending was paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Happens after so many emails, and so many seconds after the event before it."""

    action: Callable[[], None]
    mails: int = 0
    seconds: float = 0


@dataclass(slots=True, kw_only=True)
class Burst:
    """Plays scenarios on a deployment, one after the other."""

    pipeline: Pipeline
    _killed: int = 0
    _sent_before: float = 0
    _next_day: float = math.inf
    _published: dict[str, float] = field(default_factory=dict)
    _hurried: dict[str, float] = field(default_factory=dict)

    def play(self, scenario: Scenario) -> Result:
        """Publish, meddle, and wait until nothing is left to do."""
        self._killed, self._next_day = 0, math.inf
        self._published, self._hurried = {}, {}
        self._sent_before = self._sent()
        dead, refused = self._dead(), Counter(self.pipeline.aws.refused_mails())
        with self._deployed_for(scenario):
            batches = len(self.pipeline.logs(EMAIL, "batch_finished"))
            began = time.time()
            self._publish(scenario.mails, scenario, "INFO")
            self._until_done(scenario, began)
            finished = self.pipeline.logs(EMAIL, "batch_finished")[batches:]
        refused = Counter(self.pipeline.aws.refused_mails()) - refused
        throttled = refused.pop("Maximum sending rate exceeded.", 0)
        mails = [mail for mail in self.pipeline.aws.outbox() if mail.subject in self._published]
        copies = Counter((mail.subject, mail.to) for mail in mails)
        mails.sort(key=lambda mail: mail.sent_at)
        fatal = [mail for mail in mails if mail.subject.endswith("FATAL")]
        wanted = len(self._published) * scenario.addresses
        return Result(
            wanted=wanted,
            sent=len(copies),
            lost=wanted - len(copies),
            twice=sum(copies.values()) - len(copies),
            dead=self._dead() - dead,
            first_day=sum(mail.sent_at < self._next_day for mail in mails),
            first=min((mail.sent_at - began for mail in mails), default=0),
            last=max((mail.sent_at - began for mail in mails), default=0),
            fatal_wait=max((mail.sent_at - self._published[mail.subject] for mail in fatal), default=0),
            after_fatal=len(mails) - mails.index(fatal[-1]) - 1 if fatal else 0,
            receives=sum(batch["received"] for batch in finished),
            later=sum((Counter(batch.get("later", {})) for batch in finished), Counter()),
            invocations=len(finished),
            killed=self._killed,
            throttled=throttled,
            refused=refused.total(),
        )

    def _until_done(self, scenario: Scenario, began: float) -> None:
        """Let happen what happens, one after the other, until nothing is left to do."""
        todo, before = list(self._events(scenario)), began
        patience = began + 3 * scenario.ideal_seconds + PATIENCE_SECONDS
        while time.time() < patience:
            now = time.time()
            if todo and now >= before + todo[0].seconds and self._sent() - self._sent_before >= todo[0].mails:
                todo.pop(0).action()
                before = now
            self._hurry(scenario)
            if not any(self.pipeline.depth(queue) for queue in self._queues()):
                return
            time.sleep(LOOK_SECONDS)

    def _events(self, scenario: Scenario) -> Iterator[Event]:
        if scenario.ordinary:
            yield Event(mails=scenario.behind, action=lambda: self._publish(scenario.ordinary, scenario, "INFO"))
        if scenario.fatal:
            yield Event(mails=scenario.behind, action=lambda: self._publish(scenario.fatal, scenario, "FATAL"))
        if scenario.paused is not None:
            yield Event(mails=scenario.paused, action=lambda: self._set_sending(enabled=False))
            yield Event(seconds=scenario.resumed, action=lambda: self._set_sending(enabled=True))
        if scenario.quota is not None:
            yield from [Event(seconds=scenario.next_day, action=self._begin_day)] * DAYS
        yield from (Event(mails=kill, action=self._kill) for kill in scenario.kills)

    def _sent(self) -> float:
        """Return how many emails SES accepted, ever."""
        return float(self.pipeline.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"])

    def _publish(self, count: int, scenario: Scenario, severity: str) -> None:
        run = unique("burst")
        names = [f"{run} {number} {severity}" for number in range(count)]

        def publish(batch: Sequence[str]) -> None:
            self._published.update(dict.fromkeys(batch, time.time()))
            self.pipeline.client("sns").publish_batch(
                TopicArn=self.pipeline.deployment.outputs["topics"][TOPIC]["arn"],
                PublishBatchRequestEntries=[
                    {
                        "Id": str(place),
                        "Message": json.dumps(
                            notification(
                                id=name,
                                subject=name,
                                severity=severity,
                                recipients=[_destination(scenario.addresses)],
                            )
                        ),
                        "MessageAttributes": {
                            "channels": {"DataType": "String.Array", "StringValue": '["email"]'},
                            "severity": {"DataType": "String", "StringValue": severity},
                        },
                    }
                    for place, name in enumerate(batch)
                ],
            )

        with ThreadPoolExecutor(THREADS) as threads:
            for _ in threads.map(publish, (names[start : start + ENTRIES] for start in range(0, count, ENTRIES))):
                pass

    def _set_sending(self, *, enabled: bool) -> None:
        self.pipeline.client("sesv2").put_account_sending_attributes(SendingEnabled=enabled)

    def _kill(self) -> None:
        self._killed += self.pipeline.kill_workers(EMAIL)

    def _begin_day(self) -> None:
        self._next_day = min(self._next_day, time.time())
        self.pipeline.aws.configure(max_24_hour_send=Limits().max_24_hour_send)
        self._set_row(day_ends=time.time())

    def _hurry(self, scenario: Scenario) -> None:
        """Move what the pace row has closed to an earlier time, each time that it is closed."""
        if scenario.hurry == 1:
            return
        row = self.pipeline.client("dynamodb").get_item(TableName=self._table, Key=PACE_ROW).get("Item", {})
        closed, now = float(row.get("closed_until", {"N": "0"})["N"]), time.time()
        if closed > now and closed != self._hurried.get("closed_until"):
            self._hurried["closed_until"] = now + (closed - now) / scenario.hurry
            self._set_row(closed_until=self._hurried["closed_until"], was=closed)

    def _set_row(self, *, was: float | None = None, **values: float) -> None:
        """Change the pace row where there is one, and where it has not changed meanwhile if ``was`` is given."""
        ((name, value),) = values.items()
        unchanged = {} if was is None else {":was": {"N": f"{was:.6f}"}}
        try:
            self.pipeline.client("dynamodb").update_item(
                TableName=self._table,
                Key=PACE_ROW,
                UpdateExpression=f"SET {name} = :value",
                ConditionExpression="attribute_exists(id)" + (f" AND {name} = :was" if unchanged else ""),
                ExpressionAttributeValues={":value": {"N": f"{value:.6f}"}} | unchanged,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    @contextmanager
    def _deployed_for(self, scenario: Scenario) -> Iterator[None]:
        """Change deployment and SES for a scenario: as Terraform would for such an account, with a fresh pace row."""
        client = self.pipeline.client
        limits = Limits(max_send_rate=scenario.rate, longest_delay=math.ceil(LONGEST_DELAY_SECONDS / scenario.hurry))
        if scenario.quota is not None:
            limits.max_24_hour_send = self._sent_before + scenario.quota - scenario.used_by_others
        with ExitStack() as stack:
            for queue in self._queues():
                stack.enter_context(self.pipeline.visibility(queue, scenario.visibility))
            stack.enter_context(self.pipeline.timeout(EMAIL, scenario.timeout))
            variables = {**scenario.environment, "ROUTING_SHA256": self._routing(scenario.addresses)}
            stack.enter_context(self.pipeline.environment(EMAIL, **variables))
            stack.enter_context(self._mapped(scenario))
            client("dynamodb").delete_item(TableName=self._table, Key=PACE_ROW)
            stack.callback(self._limit, Limits())
            self._limit(limits)
            yield

    def _limit(self, limits: Limits) -> None:
        self.pipeline.aws.configure(**asdict(limits))

    @contextmanager
    def _mapped(self, scenario: Scenario) -> Iterator[None]:
        client = self.pipeline.client("lambda")
        mappings = client.list_event_source_mappings(FunctionName=self.pipeline.function(EMAIL))["EventSourceMappings"]
        for mapping in mappings:
            client.update_event_source_mapping(UUID=mapping["UUID"], **scenario.mapping)
        yield
        for mapping in mappings:
            before = {"BatchSize": mapping["BatchSize"], "ScalingConfig": mapping.get("ScalingConfig", {})}
            client.update_event_source_mapping(UUID=mapping["UUID"], **before)

    def _routing(self, addresses: int) -> str:
        """Store the deployment's routing with one more destination, and return its SHA-256."""
        variables, s3 = self.pipeline.variables(EMAIL), self.pipeline.client("s3")
        bucket = variables["ROUTING_BUCKET"]
        present = s3.get_object(Bucket=bucket, Key=f"routing/{variables['ROUTING_SHA256']}.json")["Body"].read()
        routing = json.loads(present)
        emails = [f"{number}@example.org" for number in range(addresses)]
        routing["destinations"][_destination(addresses)] = {"emails": emails}
        content = json.dumps(routing).encode()
        digest = hashlib.sha256(content).hexdigest()
        s3.put_object(Bucket=bucket, Key=f"routing/{digest}.json", Body=content)
        return digest

    @property
    def _table(self) -> str:
        return self.pipeline.variables(EMAIL)["SENT_TABLE_NAME"]

    def _queues(self) -> list[str]:
        """Return the queues of the channel, one of which is for what is urgent."""
        names = self.pipeline.deployment.outputs["queues"]
        return [name for name in names if name.startswith(EMAIL_QUEUE) and not name.endswith("DLQ")]

    def _dead(self) -> int:
        names = self.pipeline.deployment.outputs["queues"]
        return sum(self.pipeline.depth(name) for name in names if name.startswith(EMAIL_QUEUE) and name.endswith("DLQ"))


def _destination(addresses: int) -> str:
    return f"burst-{addresses}"


def main(names: Sequence[str]) -> None:
    """Play scenarios in full and print what came of each."""
    for name in names or SCENARIOS:
        with local_stack.deployed() as deployment:
            result = Burst(pipeline=Pipeline(deployment)).play(SCENARIOS[name])
        print(name, result, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    main(sys.argv[1:])
