"""A deployment for the doctor: botocore's own clients with answers laid in beforehand, and what was found there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import boto3
from botocore.stub import Stubber

from scripts.operate.doctor import access
from scripts.operate.doctor.finding import Code, Finding, Level
from scripts.operate.doctor.patient import Patient

ACCOUNT = "111122223333"
REGION = "eu-west-1"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/jane"

HEALTHY = {
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "SendQuota": {"Max24HourSend": 1000.0, "MaxSendRate": 14.0, "SentLast24Hours": 799.0},
}
OUTPUTS = {
    "functions": {
        "Worker": {"name": "blue-Worker", "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:blue-Worker"},
    },
    "queues": {},
    "topics": {"Events": {"name": "blue-Events", "arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:blue-Events"}},
    "rules": {},
}

Answer = tuple[str, Mapping[str, Any] | str]

WAITING: list[Answer] = [
    ("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30", "MessageRetentionPeriod": "1000"}})
]


def answering(**services: Sequence[Answer]) -> Callable[[str], Any]:
    """Make clients that give these answers, in order; a string is the code of an error."""

    def client(service: str) -> Any:
        made = boto3.client(service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
        stub = Stubber(made)
        for operation, answer in services.get(service, ()):
            if isinstance(answer, str):
                message = f"User: {CALLER} is not authorized to perform: ses:GetAccount on resource: x"
                stub.add_client_error(operation, answer, message if "Denied" in answer else "")
            else:
                stub.add_response(operation, dict(answer))
        stub.activate()
        return made

    return access.Clients(client)


def queue(name: str, **overrides: Any) -> dict[str, Any]:
    """A queue in the stack's outputs: emptied by others, and open to every message."""
    return {
        "name": f"blue-{name}",
        "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:blue-{name}",
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/blue-{name}",
        "dlq": f"{name}DLQ",
        "filter_policy": None,
        "worker": None,
        "channel": None,
        "retention_days": 14,
    } | overrides


def patient(outputs: Mapping[str, Any] = OUTPUTS, **services: Sequence[Answer]) -> Patient:
    return Patient(
        environment="production",
        client=answering(**services),
        account_id=ACCOUNT,
        region=REGION,
        variables={"sender_address": "events@mail.example.org"},
        outputs=outputs,
    )


def found(findings: Iterator[Finding]) -> list[tuple[Level, Code | None]]:
    return [(finding.level, finding.code) for finding in findings]
