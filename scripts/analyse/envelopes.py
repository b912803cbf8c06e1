"""What events are wrapped in when people keep them: messages of SNS and SQS, logs of CloudWatch and CloudTrail.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LISTS = ("Records", "Messages", "events", "logEvents", "Events")
"""The key of what is wrapped, where that is a list: CloudTrail's files and Lambda's batches; SQS; CloudWatch Logs and
its subscriptions; CloudTrail's lookup-events."""

TEXTS: Mapping[str, frozenset[str]] = {
    "Body": frozenset(("MessageId", "ReceiptHandle", "MD5OfBody")),
    "body": frozenset(("messageId", "receiptHandle", "eventSourceARN")),
    "message": frozenset(("timestamp", "ingestionTime", "eventId", "logStreamName")),
    "CloudTrailEvent": frozenset(("EventId", "EventName", "EventSource")),
}
"""The key of what is wrapped, where that is a text, and keys of which one stands beside it: SQS, as its API and as
Lambda write it; a log event; CloudTrail's lookup-events."""

BY_CLOUDTRAIL = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
    "AwsVpceEvent": "AWS Network Activity Event via CloudTrail",
}
"""The detail-type with which EventBridge delivers a record, by the record's ``eventType``:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html."""

_DEEPEST = 10
_NO_EVENTS = {"digestS3Bucket", "previousDigestHashValue"}
"""Keys of the digests that CloudTrail puts beside its log files."""


class Body(NamedTuple):
    """What a function would receive, what is wrong with it, if anything is, and where in the value it was."""

    text: str
    problem: str = ""
    place: str = ""


def bodies(text: str, value: Any, depth: int = 0) -> Iterator[Body]:
    """Yield what is wrapped in a JSON value and its ``text``; what is of no known form, as it is."""
    if not isinstance(value, dict) or _is_event(value) or depth == _DEEPEST:
        yield Body(text)
    elif name := _list_in(value):
        if value.get("messageType") != "CONTROL_MESSAGE":
            for index, element in enumerate(value[name]):
                yield from _within(f"{name}[{index}]", bodies(_json(element), element, depth + 1))
    elif name := _text_in(value):
        yield from _within(name, _parsed(value[name], depth))
    elif _is_sns(value):
        yield from _of_sns(text, value, depth)
    elif isinstance(value.get("Sns"), dict):
        yield from _of_sns(text, value["Sns"], depth)
    elif _is_record(value):
        yield Body(_json(delivered(value)))
    elif not _NO_EVENTS & set(value):
        yield Body(text)


def is_known(value: Any) -> bool:
    """Return whether a JSON value is an event, or has the form of something that wraps one."""
    return isinstance(value, dict) and bool(
        _is_event(value) or _list_in(value) or _text_in(value) or _is_sns(value) or "Sns" in value or _is_record(value)
    )


def delivered(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record of CloudTrail as EventBridge delivers it. An Insight has no service: CloudTrail is its source."""
    service = str(record.get("eventSource") or "cloudtrail.").partition(".")[0]
    identity = record.get("userIdentity")
    account = identity.get("accountId", "") if isinstance(identity, dict) else ""
    return {
        "version": "0",
        "id": record.get("eventID", ""),
        "detail-type": BY_CLOUDTRAIL.get(str(record.get("eventType")), BY_CLOUDTRAIL["AwsApiCall"]),
        "source": f"aws.{service}",
        "account": record.get("recipientAccountId") or account,
        "time": record.get("eventTime", ""),
        "region": record.get("awsRegion", ""),
        "resources": [],
        "detail": record,
    }


def _is_event(value: Mapping[str, Any]) -> bool:
    """Return whether it is an event of EventBridge or a standard message of version 2."""
    return "detail-type" in value or "specversion" in value


def _list_in(value: Mapping[str, Any]) -> str:
    return next((name for name in LISTS if isinstance(value.get(name), list)), "")


def _text_in(value: Mapping[str, Any]) -> str:
    found = (name for name, beside in TEXTS.items() if isinstance(value.get(name), str) and beside & set(value))
    return next(found, "")


def _is_sns(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("Message"), str) and bool({"TopicArn", "MessageId"} & set(value))


def _is_record(value: Mapping[str, Any]) -> bool:
    return "eventVersion" in value and bool({"eventSource", "insightDetails"} & set(value))


def _of_sns(text: str, value: Mapping[str, Any], depth: int) -> Iterator[Body]:
    """Yield the event in a message of SNS; a message that holds none is for the function to judge, envelope and all."""
    try:
        known = is_known(json.loads(value.get("Message", "")))
    except (RecursionError, ValueError, TypeError):
        known = False
    if known:
        yield from _within("Message", _parsed(value["Message"], depth))
    else:
        yield Body(text)


def _parsed(text: str, depth: int) -> Iterator[Body]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        yield Body(text, f"no JSON: {error.msg} at its character {error.pos + 1}")
    except (RecursionError, ValueError):  # JSON that Python refuses to read: for the function to judge
        yield Body(text)
    else:
        yield from bodies(text, value, depth + 1)


def _within(name: str, found: Iterator[Body]) -> Iterator[Body]:
    """Yield what was found, with the name of where it was."""
    for body in found:
        yield body._replace(place=f"{name}.{body.place}" if body.place else name)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
