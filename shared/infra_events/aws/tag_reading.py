"""The enricher in Lambda: a reader for each service that the Tagging API does not answer for, and the snapshots."""

from datetime import UTC, datetime
from functools import partial

from infra_events.aws.ec2_tags import Ec2TagReader
from infra_events.aws.group_tags import GroupTagReader
from infra_events.aws.iam_tags import IamTagReader
from infra_events.aws.tag_snapshots import DynamoTagSnapshots
from infra_events.aws.tagging import GLOBAL_REGIONS, TaggingApiReader
from infra_events.domain.arn import partition_of
from infra_events.enrichment.enricher import GLOBAL, Enricher
from infra_events.enrichment.kept import KeptTags


def enricher(table_name: str, account_id: str, region: str) -> Enricher:
    """Return the enricher of a process; AWS is not called yet."""
    clock, here = partial(datetime.now, UTC), TaggingApiReader()
    worldwide = GLOBAL_REGIONS.get(partition_of(region), region)
    return Enricher(
        readers={
            "ec2": Ec2TagReader(),
            GLOBAL: here if worldwide == region else TaggingApiReader(region=worldwide),
            "autoscaling": KeptTags(reader=GroupTagReader(), clock=clock),
            "iam": KeptTags(reader=IamTagReader(), clock=clock),
        },
        others=here,
        snapshots=DynamoTagSnapshots(table_name=table_name),
        account_id=account_id,
        region=region,
        clock=clock,
    )
