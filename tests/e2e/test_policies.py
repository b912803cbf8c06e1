"""The policies of a deployment against AWS's Service Authorization Reference: no statement grants or denies in vain."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Neighbours
from tests.support import authorization
from tests.support.pipeline import Pipeline

Policies = Iterator[tuple[str, str]]
"""Policies by what they belong to, as JSON."""


@pytest.fixture
def pipeline(neighbours: Neighbours) -> Pipeline:
    return neighbours.left


def of_roles(pipeline: Pipeline) -> Policies:
    iam = pipeline.client("iam")
    for function in pipeline.deployment.outputs["functions"].values():
        answer = iam.get_role_policy(RoleName=function["name"], PolicyName="work")
        yield function["name"], json.dumps(answer["PolicyDocument"])


def of_topics(pipeline: Pipeline) -> Policies:
    sns = pipeline.client("sns")
    for name, topic in pipeline.deployment.outputs["topics"].items():
        yield name, sns.get_topic_attributes(TopicArn=topic["arn"])["Attributes"]["Policy"]


def of_queues(pipeline: Pipeline) -> Policies:
    sqs = pipeline.client("sqs")
    for name, queue in pipeline.deployment.outputs["queues"].items():
        yield name, sqs.get_queue_attributes(QueueUrl=queue["url"], AttributeNames=["Policy"])["Attributes"]["Policy"]


def of_keys(pipeline: Pipeline) -> Policies:
    kms = pipeline.client("kms")
    for alias in kms.list_aliases()["Aliases"]:
        if alias["AliasName"].endswith("InfraEventsTopics"):
            yield alias["AliasName"], kms.get_key_policy(KeyId=alias["TargetKeyId"], PolicyName="default")["Policy"]


def of_buckets(pipeline: Pipeline) -> Policies:
    bucket = pipeline.deployment.outputs["routing"]["bucket"]
    yield bucket, pipeline.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]


@pytest.mark.parametrize("policies", [of_roles, of_topics, of_queues, of_keys, of_buckets])
def test_no_statement_is_in_vain(pipeline: Pipeline, policies: Callable[[Pipeline], Policies]) -> None:
    documents: dict[str, dict[str, Any]] = {name: json.loads(policy) for name, policy in policies(pipeline)}

    assert documents
    assert {name: found for name, it in documents.items() if (found := authorization.flaws([it]))} == {}
