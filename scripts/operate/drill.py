"""Drills: real events with a mark, for game days and for accounts in which nothing happens.

AWS lets nobody send an event as `aws.ec2`, so a drill says `drill.aws.ec2`. The rule takes both, and the mark stays on
the event all the way: in the standard message, and as `[DRILL]` in the subject of the mail.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.arn import Arn, partition_of
from scripts import aws_session, project
from scripts.local import stack as local_stack
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")
DETAIL_TYPE = "EC2 Instance State-change Notification"
LOCAL_IMAGE = "ami-12345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An AWS account and region to play in; `client` makes clients of it."""

    client: Callable[[str], Any]
    account_id: str
    region: str

    @classmethod
    def of(cls, client: Callable[[str], Any]) -> Account:
        """Return the account and region that `client` makes clients for."""
        sts = client("sts")
        return cls(client=client, account_id=sts.get_caller_identity()["Account"], region=sts.meta.region_name)

    def instance_arn(self, instance_id: str) -> str:
        """Return the ARN of an instance of this account and region."""
        return str(
            Arn(
                partition=partition_of(self.region),
                service="ec2",
                region=self.region,
                account_id=self.account_id,
                resource=f"instance/{instance_id}",
            )
        )

    def launch(self, name: str, tags: Mapping[str, str] | None = None) -> str:
        """Really run an instance with a Name tag, and return its id."""
        all_tags = [{"Key": key, "Value": value} for key, value in {"Name": name, **(tags or {})}.items()]
        launched = self.client("ec2").run_instances(
            ImageId=LOCAL_IMAGE,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": all_tags}],
        )
        return str(launched["Instances"][0]["InstanceId"])

    def instances(self, name: str) -> Sequence[str]:
        """Return the ids of the instances whose Name tag is `name`."""
        pages = self.client("ec2").get_paginator("describe_instances")
        found = pages.paginate(Filters=[{"Name": "tag:Name", "Values": [name]}])
        return [i["InstanceId"] for page in found for r in page["Reservations"] for i in r["Instances"]]

    def send_state(self, instance_id: str, state: str) -> str:
        """Put an instance's state change on the default bus as a drill, and return the event's id."""
        detail = {"instance-id": instance_id, "state": state}
        return self.send("aws.ec2", DETAIL_TYPE, [self.instance_arn(instance_id)], detail)

    def send(self, source: str, detail_type: str, resources: Sequence[str], detail: Mapping[str, Any]) -> str:
        """Put any service's event on the default bus as a drill, and return the event's id."""
        entry = {
            "Source": f"drill.{source}",
            "DetailType": detail_type,
            "Resources": list(resources),
            "Detail": json.dumps(detail),
        }
        (answer,) = self.client("events").put_events(Entries=[entry])["Entries"]
        if "EventId" not in answer:
            raise CommandError(f"EventBridge refused the drill: {answer.get('ErrorCode')} {answer.get('ErrorMessage')}")
        return str(answer["EventId"])


def _send_for_real(name: str, state: str) -> str:
    session = aws_session.new()
    if not session.region_name:
        raise CommandError("no region: set AWS_REGION to the one where infra-events is deployed")
    try:
        account = Account.of(session.client)
        instances = account.instances(name)
        if len(instances) != 1:
            found = ", ".join(instances) or "none"
            raise CommandError(
                f"one instance must be named {name!r} in {account.account_id}, {account.region}: {found}"
            )
        event_id = account.send_state(instances[0], state)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS says: {error}") from error
    return f"Sent to {account.account_id}, {account.region}: {name} ({instances[0]}) {state}, event {event_id}"


def _send_locally(name: str, state: str) -> str:
    deployment = local_stack.running()
    if not deployment:
        raise CommandError("nothing is running: say `make up` first, or ENV=… for a real account")
    account = Account.of(deployment.aws.client)
    # In a local AWS there is no instance until somebody launches it.
    instance_id = next(iter(account.instances(name)), None) or account.launch(name)
    event_id = account.send_state(instance_id, state)
    mails = f"{deployment.aws.endpoint}/_ministack/ses/messages"
    return f"Sent: {name} ({instance_id}) {state}, event {event_id}\nRead the mail: {mails}"


def main() -> None:
    """Send a drill to what `make up` left running, or to the real account that your credentials are for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.operate.drill", description=main.__doc__)
    parser.add_argument("--state", required=True, choices=STATES, help="the instance's new state")
    parser.add_argument("--name", required=True, help="the instance's Name tag")
    parser.add_argument("--env", help="the environment deployed to your credentials' account; without it: locally")
    arguments = parser.parse_args()
    send = _send_for_real if arguments.env else _send_locally
    print(send(arguments.name, arguments.state))


if __name__ == "__main__":
    project.run(main)
