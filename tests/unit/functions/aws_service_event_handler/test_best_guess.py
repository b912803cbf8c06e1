"""The state and the resources that an event shows by itself."""

import json
import random
from typing import Any

import pytest

from aws_service_event_handler.best_guess import resources_of, state_of
from tests.support.builders import ABSENT, ACCOUNT, REGION, api_call, unmapped_event

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OWN = f"arn:aws:new:{REGION}:{ACCOUNT}:thing/t-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/helper"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/helper"


@pytest.mark.parametrize(
    ("detail", "state"),
    [
        ({"state": "ACTIVE", "status": "x"}, "ACTIVE"),
        ({"Status": "Done", "operation": "Put", "type": "t"}, "Done"),
        ({"jobStatus": "FAILED", "severity": "HIGH"}, "FAILED"),
        ({"build-status": "SUCCEEDED", "current-phase": "COMPLETED"}, "SUCCEEDED"),
        ({"lastStatus": "RUNNING", "desiredStatus": "STOPPED", "previousStatus": "PENDING"}, "RUNNING"),
        ({"previousState": {"value": "OK"}, "state": {"value": "ALARM", "reason": "r"}}, "ALARM"),
        ({"state": {"code": 16, "name": "running"}}, "running"),
        ({"new-state": {"status": "completed"}, "old-state": {"status": "running"}}, "completed"),
        ({"status-details": {"status": "CREATE_COMPLETE", "status-reason": "r"}}, "CREATE_COMPLETE"),
        ({"findings": [{"Workflow": {"Status": "NEW"}}]}, "NEW"),
        ({"statusCode": "upcoming", "eventTypeCode": "AWS_X"}, "upcoming"),
        ({"statusCode": 200}, "200"),
        ({"result": "success", "event": "copy"}, "success"),
        ({"eventTypeCode": "AWS_X_ISSUE"}, "AWS_X_ISSUE"),
        ({"event-name": "Stream Start"}, "Stream Start"),
        ({"operation": "Create", "type": "String", "description": "a"}, "Create"),
        ({"action-type": "PUSH"}, "PUSH"),
        ({"typeOfChange": "CreateTable"}, "CreateTable"),
        ({"type": "Recon:EC2/Portscan", "title": "Somebody scans"}, "Recon:EC2/Portscan"),
        ({"EventCategories": ["creation", "backup"]}, "creation"),
        ({"newEvaluationResult": {"complianceType": "COMPLIANT"}, "messageType": "Change"}, "COMPLIANT"),
        ({"operation": "update", "nested": {"state": "OK"}}, "update"),
        ({"state": "two\nlines "}, "two lines"),
    ],
)
def test_the_state_is_what_the_event_calls_so(detail: dict[str, Any], state: str) -> None:
    assert state_of(unmapped_event(detail=detail)) == state


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"state": "", "status": None, "result": " "},
        {"state": True},
        {"statusReason": "x", "statusChanged": "y", "estate": "z"},
        {"address": {"state": "WA"}},
        {"deep": {"type": "String"}},
        {"description": "A sentence about it.", "message": "Hello"},
    ],
)
def test_the_detail_type_is_the_state_only_where_no_field_states_it(detail: dict[str, Any]) -> None:
    assert state_of(unmapped_event(detail=detail)) == "New Thing Happened"


@pytest.mark.parametrize(
    ("title", "detail", "found"),
    [
        ("ECS Task State Change", {"clusterArn": OWN + "c", "taskArn": OWN, "roleArn": ROLE}, [OWN]),
        ("EMR Instance Group State Change", {"clusterId": "j-1", "instanceGroupId": "ig-1"}, ["ig-1"]),
        ("WorkSpaces Access", {"directoryId": "d-1", "workspaceId": "ws-1", "clientIpAddress": "::1"}, ["ws-1"]),
        ("Glue Job Run Status", {"jobName": "MyJob", "jobRunId": "jr_1"}, ["MyJob"]),
        ("MediaConvert Job State Change", {"queue": OWN, "jobId": "123", "accountId": ACCOUNT}, ["123"]),
        ("Policy Scaled", {"resourceId": "table/a", "policyName": "p", "policyArn": OWN}, ["table/a"]),
        ("Scan", {"repositories": [{"repository-arn": OWN}, {"repository-arn": OWN + "2"}]}, [OWN, OWN + "2"]),
        ("Finding", {"id": "f-1", "resourcesAffected": {"s3Bucket": {"arn": "arn:aws:s3:::b"}}}, ["arn:aws:s3:::b"]),
        ("Order Placed", {"order_id": 17, "user_id": "u"}, ["17"]),
        ("Approval", {"templateId": "d73", "callerUserArn": ROLE, "requester": ACCOUNT}, ["d73"]),
        ("Alarm Fired", {"alarmName": "CPU too high", "metricName": "CPU"}, ["CPU too high"]),
        ("Thing Happened", {"transaction-id": "1", "request-id": "2", "kmsKeyArn": KEY, "roleArn": ROLE}, [ROOT]),
        ("Thing Happened", {"actor": {"id": "a"}, "ownerId": "o", "accountId": ACCOUNT, "requestToken": "t"}, [ROOT]),
        ("Thing Happened", {"callerId": "c", "tags": [{"id": "t"}], "principalId": "p"}, [ROOT]),
        ("Booking", {"guest": {"name": "Ann"}, "contacts": [{"id": "c"}]}, [ROOT]),
        ("Thing Happened", {"thingName": "a sentence\nof two lines", "thingId": "not an id"}, [ROOT]),
        ("Thing Happened", {"thingName": "****"}, [ROOT]),
    ],
)
def test_without_resources_the_best_id_of_the_detail_counts(
    title: str, detail: dict[str, Any], found: list[str]
) -> None:
    assert list(resources_of(unmapped_event(detail_type=title, detail=detail))) == found


@pytest.mark.parametrize(
    ("name", "detail", "found"),
    [
        ("CreateThing", {"requestParameters": {"thingName": "t"}, "responseElements": {"thingArn": OWN}}, [OWN]),
        ("CreateThing", {"responseElements": {"thing": {"aRN": OWN, "kmsKeyId": KEY}}}, [OWN]),
        ("DeleteThing", {"requestParameters": {"name": "t"}}, ["t"]),
        ("DeleteThing", {"requestParameters": {"identifier": "t", "force": True}}, ["t"]),
        ("CreateThing", {"requestParameters": {"thingInput": {"name": "t", "subnetId": "subnet-1"}}}, ["t"]),
        ("CreateThing", {"requestParameters": {"executionRoleArn": ROLE, "thingName": "t"}}, ["t"]),
        ("CreateThingPolicy", {"requestParameters": {"thingName": "t", "policyType": "p"}}, ["t"]),
        ("AddUserToThing", {"requestParameters": {"userName": "ann", "thingId": ""}}, ["ann"]),
        ("TagResource", {"requestParameters": {"resource": OWN, "tags": [{"key": "a", "value": "b"}]}}, [OWN]),
        ("PutThing", {"resources": [{"ARN": KEY}, {"ARN": OWN, "accountId": ACCOUNT}]}, [OWN]),
        ("Decrypt", {"resources": [{"ARN": KEY, "type": "AWS::KMS::Key"}]}, [KEY]),
        ("Decrypt", {"requestParameters": {"encryptionContext": {"aws:x:tableName": "Books"}}}, [ROOT]),
        ("JobChanged", {"serviceEventDetails": {"jobArn": OWN, "jobEventId": "x"}}, [OWN]),
        ("DescribeThings", {"requestParameters": {"maxRecords": 100}}, [ROOT]),
        ("DescribeThings", {"requestParameters": None, "responseElements": None}, [ROOT]),
    ],
)
def test_a_call_is_about_what_it_was_called_on_and_never_its_caller(
    name: str, detail: dict[str, Any], found: list[str]
) -> None:
    record = api_call(name, **detail)
    assert list(resources_of(record)) == found
    assert state_of(record) == name


@pytest.mark.parametrize(
    ("resources", "found"),
    [
        ([OWN, "t-2", OWN], [OWN, "t-2"]),
        (["AWS support has answered", OWN], [OWN]),
        (["AWS support has answered"], ["t-1"]),
        (["https://example.com/tickets/1"], ["https://example.com/tickets/1"]),
        ([f"{OWN}/Åse Ødegård"], [f"{OWN}/Åse Ødegård"]),
    ],
)
def test_resources_count_first_unless_they_are_sentences(resources: list[str], found: list[str]) -> None:
    assert list(resources_of(unmapped_event(resources=resources, detail={"thingId": "t-1"}))) == found


def test_a_sentence_is_better_than_nothing() -> None:
    assert list(resources_of(unmapped_event(resources=["AWS support has answered"]))) == ["AWS support has answered"]


@pytest.mark.parametrize(
    ("resource", "arn"),
    [
        ("i-0abc1234def567890", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0abc1234def567890"),
        ("vol-13439757", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-13439757"),
        ("ami-6eb72111", f"arn:aws:ec2:{REGION}::image/ami-6eb72111"),
        ("tgw-attach-0814a777", f"arn:aws:ec2:{REGION}:{ACCOUNT}:transit-gateway-attachment/tgw-attach-0814a777"),
        ("i-love-you", "i-love-you"),
        ("xyz-0abc1234", "xyz-0abc1234"),
        ("i-", "i-"),
    ],
)
def test_only_an_id_that_can_be_nothing_else_becomes_an_arn(resource: str, arn: str) -> None:
    assert list(resources_of(unmapped_event(resources=[resource]))) == [arn]


@pytest.mark.parametrize("missing", [{"region": ABSENT}, {"account": ABSENT}, {"source": "com.example.cloud"}])
def test_an_id_stays_one_where_its_arn_is_not_sure(missing: dict[str, Any]) -> None:
    assert list(resources_of(unmapped_event(resources=["i-0abc1234"], **missing))) == ["i-0abc1234"]


def test_partitions() -> None:
    (arn,) = resources_of(unmapped_event(resources=["i-0abc1234"], region="cn-north-1"))
    assert arn.startswith("arn:aws-cn:ec2:cn-north-1:")
    assert list(resources_of(unmapped_event(region="us-gov-west-1"))) == [f"arn:aws-us-gov:iam::{ACCOUNT}:root"]
    assert list(resources_of(unmapped_event(account=ABSENT))) == ["aws.new"]


def shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        items = [(name, shuffled(inner, order)) for name, inner in value.items()]
        order.shuffle(items)
        return dict(items)
    return [shuffled(inner, order) for inner in value] if isinstance(value, list) else value


def test_the_order_of_keys_is_of_no_account() -> None:
    detail = {
        "firstId": "1",
        "secondId": "2",
        "oneStatus": "A",
        "twoStatus": "B",
        "nested": [{"thirdArn": OWN, "state": "C"}, {"thirdArn": OWN + "x", "state": "D"}],
    }
    readings = {
        json.dumps([list(resources_of(one)), state_of(one)])
        for seed in range(50)
        for one in [unmapped_event(detail=shuffled(detail, random.Random(seed)))]  # noqa: S311 - no secret
    }
    assert len(readings) == 1
