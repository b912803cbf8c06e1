"""The enricher in Lambda: EC2's DescribeTags, the Tagging API for all other services, and the table of snapshots."""

from datetime import UTC, datetime
from functools import partial

from infra_events.aws.ec2_tags import Ec2TagReader
from infra_events.aws.tag_snapshots import DynamoTagSnapshots
from infra_events.aws.tagging import TaggingApiReader
from infra_events.enrichment.enricher import Enricher


def enricher(table_name: str, account_id: str, region: str) -> Enricher:
    """Return the enricher of a process; AWS is not called yet."""
    return Enricher(
        readers={"ec2": Ec2TagReader()},
        others=TaggingApiReader(),
        snapshots=DynamoTagSnapshots(table_name=table_name),
        account_id=account_id,
        region=region,
        clock=partial(datetime.now, UTC),
    )
