"""The statements of a deployment's roles and queues, and how it is without one of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.pipeline import Pipeline


@contextmanager
def without_role_statement(pipeline: Pipeline, function: str, sid: str) -> Iterator[None]:
    before = role_statements(pipeline, function)
    _put_role_statements(pipeline, function, [s for s in before if s["Sid"] != sid])
    try:
        yield
    finally:
        _put_role_statements(pipeline, function, before)


@contextmanager
def without_queue_statement(pipeline: Pipeline, queue: str, sid: str) -> Iterator[None]:
    before = queue_statements(pipeline, queue)
    _put_queue_statements(pipeline, queue, [s for s in before if s["Sid"] != sid])
    try:
        yield
    finally:
        _put_queue_statements(pipeline, queue, before)


def role_statements(pipeline: Pipeline, function: str) -> list[dict[str, Any]]:
    answer = pipeline.client("iam").get_role_policy(RoleName=pipeline.function(function), PolicyName="work")
    return list(answer["PolicyDocument"]["Statement"])


def _put_role_statements(pipeline: Pipeline, function: str, statements: list[dict[str, Any]]) -> None:
    pipeline.client("iam").put_role_policy(
        RoleName=pipeline.function(function), PolicyName="work", PolicyDocument=_document(statements)
    )


def queue_statements(pipeline: Pipeline, queue: str) -> list[dict[str, Any]]:
    answer = pipeline.client("sqs").get_queue_attributes(QueueUrl=pipeline.url(queue), AttributeNames=["Policy"])
    statements = json.loads(answer["Attributes"]["Policy"])["Statement"]
    return list(statements) if isinstance(statements, list) else [statements]


def _put_queue_statements(pipeline: Pipeline, queue: str, statements: list[dict[str, Any]]) -> None:
    pipeline.client("sqs").set_queue_attributes(
        QueueUrl=pipeline.url(queue), Attributes={"Policy": _document(statements)}
    )


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
