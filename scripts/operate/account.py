"""An AWS account and region in which drills are sent and instances are run, for ``make drill``, the demo and tests."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from infra_events.domain.arn import Arn, partition_of
from infra_events.domain.drill import DRILL_PREFIX
from scripts.compile import catalogue
from scripts.compile.yaml_file import YamlFile
from scripts.project import CommandError

DETAIL_TYPE = "EC2 Instance State-change Notification"
LOCAL_IMAGE = "ami-12345678"


@cache
def instance_states() -> Mapping[str, str]:
    """Return the states of an EC2 instance with the words of the catalogue for each (``stopped``: has stopped)."""
    states = YamlFile(catalogue.FOLDER / "ec2.yaml").content["states"]["instance"]
    return {name: state["words"] for name, state in states.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An AWS account and region; ``client`` makes clients of it."""

    client: Callable[[str], Any]
    account_id: str
    region: str

    @classmethod
    def of(cls, client: Callable[[str], Any]) -> "Account":
        """Return the account and region that ``client`` makes clients for."""
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
        """Run an instance with a Name tag, and return its id."""
        all_tags = [{"Key": key, "Value": value} for key, value in {"Name": name, **(tags or {})}.items()]
        launched = self.client("ec2").run_instances(
            ImageId=LOCAL_IMAGE,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": all_tags}],
        )
        return str(launched["Instances"][0]["InstanceId"])

    def instances(self, name: str) -> Sequence[str]:
        """Return the ids of the instances whose Name tag is ``name``."""
        pages = self.client("ec2").get_paginator("describe_instances")
        found = pages.paginate(Filters=[{"Name": "tag:Name", "Values": [name]}])
        return [i["InstanceId"] for page in found for r in page["Reservations"] for i in r["Instances"]]

    def send_state(self, instance_id: str, state: str) -> str:
        """Put an instance's state change on the default bus as a drill, and return the event's id."""
        detail = {"instance-id": instance_id, "state": state}
        return self.send("aws.ec2", DETAIL_TYPE, [self.instance_arn(instance_id)], detail)

    def send(self, source: str, detail_type: str, resources: Sequence[str], detail: Mapping[str, Any]) -> str:
        """Put any service's event on the default bus as a drill, and return its id. Raises CommandError."""
        entry = {
            "Source": f"{DRILL_PREFIX}{source}",
            "DetailType": detail_type,
            "Resources": list(resources),
            "Detail": json.dumps(detail),
        }
        (answer,) = self.client("events").put_events(Entries=[entry])["Entries"]
        if "EventId" not in answer:
            raise CommandError(f"EventBridge refused the drill: {answer.get('ErrorCode')} {answer.get('ErrorMessage')}")
        return str(answer["EventId"])
