"""The settings of this function: environment variables that Terraform, and Lambda itself, set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aws_service_event_handler.stages.publish import ENRICHED, WRITERS
from infra_events.runtime import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichmentSettings:
    """The routing that gives tags their meaning, the table of snapshots, and the account and region to read tags in."""

    routing_bucket: str
    routing_sha256: str
    tags_table_name: str
    account_id: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The topics of standard messages by message version, and the DLQ for messages that cannot be read.

    ``enrichment`` is set when a version is published that carries tags. ``heartbeat_rule`` is the ARN of the rule that
    sends heartbeats; a function that was not yet applied with its code has none.
    """

    topic_arns: Mapping[str, str]
    parking_queue_url: str
    enrichment: EnrichmentSettings | None
    heartbeat_rule: str | None

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError."""
        topics, parking = settings.read(environment, "ORG_RESOURCE_EVENTS_TOPIC_ARNS", "PARKING_QUEUE_URL")
        arns = _topic_arns(topics)
        enrichment = _enrichment(environment) if ENRICHED in arns else None
        return cls(
            topic_arns=arns,
            parking_queue_url=parking,
            enrichment=enrichment,
            heartbeat_rule=environment.get("HEARTBEAT_RULE_ARN") or None,
        )


def _enrichment(environment: Mapping[str, str]) -> EnrichmentSettings:
    bucket, sha256, table, account_id, region = settings.read(
        environment, "ROUTING_BUCKET", "ROUTING_SHA256", "TAGS_TABLE_NAME", "ACCOUNT_ID", "AWS_REGION"
    )
    return EnrichmentSettings(
        routing_bucket=bucket, routing_sha256=sha256, tags_table_name=table, account_id=account_id, region=region
    )


def _topic_arns(text: str) -> Mapping[str, str]:
    try:
        arns = dict(json.loads(text))
    except (ValueError, TypeError):
        arns = {}
    if not arns or not set(arns) <= set(WRITERS) or not all(isinstance(arn, str) and arn for arn in arns.values()):
        message = f"ORG_RESOURCE_EVENTS_TOPIC_ARNS must be JSON: topic ARNs by message version ({', '.join(WRITERS)})"
        raise settings.SettingsError(message)
    return arns
