"""What there is in an account, by kind, so that what is left behind shows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Client = Callable[[str], Any]

Inventory = Mapping[str, set[str]]


def inventory(client: Client) -> Inventory:
    """List everything that a deployment makes. Keys that wait for their deletion count as deleted: AWS waits days."""
    return {
        "queues": set(_all(client, "sqs", "list_queues", "QueueUrls")),
        "topics": {topic["TopicArn"] for topic in _all(client, "sns", "list_topics", "Topics")},
        "subscriptions": {s["SubscriptionArn"] for s in _all(client, "sns", "list_subscriptions", "Subscriptions")},
        "functions": {f["FunctionArn"] for f in _all(client, "lambda", "list_functions", "Functions")},
        "mappings": {m["UUID"] for m in _all(client, "lambda", "list_event_source_mappings", "EventSourceMappings")},
        "rules": {rule["Name"] for rule in client("events").list_rules()["Rules"]},
        "buses": {bus["Name"] for bus in client("events").list_event_buses()["EventBuses"]},
        "archives": {archive["ArchiveName"] for archive in client("events").list_archives()["Archives"]},
        "log policies": {p["policyName"] for p in client("logs").describe_resource_policies()["resourcePolicies"]},
        "buckets": {b["Name"] for b in client("s3").list_buckets()["Buckets"] if "routing-" in b["Name"]},
        "tables": set(_all(client, "dynamodb", "list_tables", "TableNames")),
        "log groups": {group["arn"] for group in _all(client, "logs", "describe_log_groups", "logGroups")},
        "roles": {role["Arn"] for role in _all(client, "iam", "list_roles", "Roles")},
        "policies": {p["Arn"] for p in _all(client, "iam", "list_policies", "Policies", Scope="Local")},
        "mail identities": {i["IdentityName"] for i in client("sesv2").list_email_identities()["EmailIdentities"]},
        "alarms": {a["AlarmName"] for a in _all(client, "cloudwatch", "describe_alarms", "MetricAlarms")},
        "key aliases": {alias["AliasName"] for alias in _all(client, "kms", "list_aliases", "Aliases")},
        "keys": {key["KeyId"] for key in _all(client, "kms", "list_keys", "Keys") if not _dying(client, key["KeyId"])},
    }


def _all(client: Client, service: str, operation: str, field: str, **arguments: str) -> Iterable[Any]:
    for page in client(service).get_paginator(operation).paginate(**arguments):
        yield from page.get(field, [])


def _dying(client: Client, key: str) -> bool:
    return bool(client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion")
