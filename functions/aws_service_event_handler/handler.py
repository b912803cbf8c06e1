"""Lambda's entry into the standardizer."""

import os
from functools import cache

from aws_service_event_handler.core import Standardizer
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.settings import Settings
from aws_service_event_handler.stages import publish
from infra_events.aws import parking_lot, routing_store, sns, tag_reading
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker


@cache
def _worker() -> QueueWorker:
    settings = Settings.from_env(os.environ)
    dlq, topics = parking_lot.SqsParkingLot(queue_url=settings.parking_queue_url), settings.topic_arns
    catalogue = Catalogue.load(heartbeat_rule=settings.heartbeat_rule)
    work = Standardizer(catalogue=catalogue, publishers=sns.publishers(topics), many=sns.in_threads())
    if not (tags := settings.enrichment):
        return QueueWorker(work=work, parking_lot=dlq)
    routing = routing_store.read(tags.routing_bucket, tags.routing_sha256)
    enricher = tag_reading.enricher(tags.tags_table_name, tags.account_id, tags.region)
    work = work.enriching(enricher, routing, sns.owner_publishers(topics[publish.ENRICHED], routing))
    return QueueWorker(work=work, parking_lot=dlq, routing=routing.digest)


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Standardize a batch of the queue AwsServiceEvents, or one AWS event that the function is invoked with."""
    return _worker().run(event, context)
