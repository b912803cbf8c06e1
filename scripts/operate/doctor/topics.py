"""Whether topics deliver to their queues, and can be published to."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from infra_events.domain.arn import partition_of
from scripts.operate.doctor.finding import Code, Finding, error, warning
from scripts.operate.doctor.patient import Patient, listed

KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


class KeyUser(NamedTuple):
    """Who must be able to use a topic's key: a kind of principal, the principal, and its name for people."""

    kind: str
    principal: str
    who: str


def subscriptions(patient: Patient) -> Iterator[Finding]:
    """Whether each queue gets what it should from its topic, and as it should."""
    sns = patient.client("sns")
    found: dict[str, str] = {}
    for topic in patient.outputs["topics"].values():
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic["arn"])
        try:
            subscribed = [subscription for page in pages for subscription in page["Subscriptions"]]
        except sns.exceptions.NotFoundException:
            yield error(Code.TOPIC_MISSING, f"{topic['name']} does not exist", patient.deploy)
            continue
        for subscription in subscribed:
            if subscription["SubscriptionArn"] == "PendingConfirmation":
                what = f"a subscription to {topic['name']} by {subscription['Protocol']} waits to be confirmed"
                fix = "confirm it by the link that its endpoint got; AWS drops it after three days"
                yield warning(Code.SUBSCRIPTION_PENDING, what, fix)
            else:
                found[subscription["Endpoint"]] = subscription["SubscriptionArn"]
    for queue in patient.queues():
        if queue.arn not in found:
            yield error(Code.SUBSCRIPTION_MISSING, f"{queue.name} is subscribed to no topic", patient.deploy)
            continue
        attributes = sns.get_subscription_attributes(SubscriptionArn=found[queue.arn])["Attributes"]
        policy = json.loads(attributes.get("FilterPolicy") or "{}")
        if policy != queue.filter_policy:
            what = f"{queue.name} takes {json.dumps(policy)} from its topic, not {json.dumps(queue.filter_policy)}"
            yield error(Code.SUBSCRIPTION_CHANGED, what, patient.deploy)
        if attributes.get("RawMessageDelivery", "false") != "true":
            what = f"{queue.name} gets its messages wrapped by SNS, which its function cannot read"
            yield error(Code.SUBSCRIPTION_CHANGED, what, patient.deploy)


def keys(patient: Patient) -> Iterator[Finding]:
    """Whether the topics' keys can be used, by EventBridge and by roles of this account.

    SNS itself needs nothing: it encrypts with the rights of the publisher. Denials in a policy are not weighed.
    """
    kms = patient.client("kms")
    root = f"arn:{partition_of(patient.region)}:iam::{patient.account_id}:root"
    users = (
        KeyUser("Service", "events.amazonaws.com", "EventBridge"),
        KeyUser("AWS", root, "the account's own roles"),
    )
    for key in sorted(_topic_keys(patient)):
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        if metadata["KeyState"] != "Enabled":
            cancel = f"aws kms cancel-key-deletion --key-id {key}, then "
            fix = f"{cancel if metadata['KeyState'] == 'PendingDeletion' else ''}aws kms enable-key --key-id {key}"
            what = f"nobody can publish: the topics' key {key} is {metadata['KeyState']}"
            yield error(Code.KEY_UNUSABLE, what, fix)
        policy = json.loads(kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"])
        for user in users:
            if not all(_allows(policy, user, action) for action in KEY_ACTIONS):
                what = f"the policy of the topics' key {key} does not let {user.who} ({user.principal}) encrypt"
                yield error(Code.KEY_CLOSED, what, patient.deploy)


def _topic_keys(patient: Patient) -> set[str]:
    sns = patient.client("sns")
    found = set()
    for topic in patient.outputs["topics"].values():
        try:
            attributes = sns.get_topic_attributes(TopicArn=topic["arn"])["Attributes"]
        except sns.exceptions.NotFoundException:  # the check of subscriptions reports it
            continue
        found.add(attributes.get("KmsMasterKeyId") or "")
    return found - {""}


def _allows(policy: Mapping[str, Any], user: KeyUser, action: str) -> bool:
    """Return whether a statement of a key policy lets ``user`` do ``action``, without any condition."""
    return any(
        statement["Effect"] == "Allow"
        and "Condition" not in statement
        and isinstance(statement.get("Principal"), dict)
        and user.principal in listed(statement["Principal"].get(user.kind, []))
        and any(fnmatchcase(action, pattern) for pattern in listed(statement.get("Action", [])))
        for statement in listed(policy["Statement"])
    )
