"""What several tests of adapters need on moto."""

import json
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse

from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.domain.arn import Arn


def in_time() -> bool:
    return True


def counted(*services: str) -> list[str]:
    """The names of all calls that look-ups make from now on."""
    calls: list[str] = []
    for service in services:
        lookup_client(service).meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    return calls


def create_table(name: str, key: str) -> None:
    delivery_client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def instances(count: int, *tags: dict[str, str]) -> list[Arn]:
    ec2 = delivery_client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = ec2.run_instances(
        ImageId=image,
        MinCount=count,
        MaxCount=count,
        TagSpecifications=[{"ResourceType": "instance", "Tags": list(tags)}] if tags else [],
    )["Instances"]
    prefix = "arn:aws:ec2:eu-west-1:123456789012:instance/"
    return [arn for i in launched if (arn := Arn.parse(prefix + i["InstanceId"]))]


def tagging_api(refused: str = "") -> list[str]:
    """A Tagging API where each resource has its ARN as its name, and which refuses a call with a certain ARN.

    Answers its calls: how many ARNs each asked for.
    """
    calls: list[str] = []

    def answer(params: Any, **_: Any) -> Any:
        arns = json.loads(params["body"])["ResourceARNList"]
        calls.append(f"GetResources {len(arns)}")
        if refused and any(refused in arn for arn in arns):
            return AWSResponse("", 400, {}, BytesIO()), {"Error": {"Code": "InvalidParameterException"}}
        found = [{"ResourceARN": arn, "Tags": [{"Key": "Name", "Value": arn}]} for arn in arns]
        return AWSResponse("", 200, {}, BytesIO()), {"ResourceTagMappingList": found}

    lookup_client("resourcegroupstaggingapi").meta.events.register("before-call", answer)
    return calls
