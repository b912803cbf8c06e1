"""Lambda's entry into the standardizer."""

import os
from dataclasses import replace
from functools import cache

from aws_service_event_handler.core import Standardizer
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.settings import Settings
from aws_service_event_handler.stages import enrich, publish
from infra_events.aws import parking_lot, routing_store, sns, tag_reading
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker


@cache
def _worker() -> QueueWorker:
    s = Settings.from_env(os.environ)
    dlq = parking_lot.SqsParkingLot(queue_url=s.parking_queue_url)
    work = Standardizer(catalogue=Catalogue.load(), publishers=sns.publishers(s.topic_arns))
    if not (e := s.enrichment):
        return QueueWorker(work=work, parking_lot=dlq)
    routing = routing_store.read(e.routing_bucket, e.routing_sha256)
    stage = enrich.Enrich(enricher=tag_reading.enricher(e.tags_table_name, e.account_id, e.region), routing=routing)
    work = replace(work, enrich=stage, owner_publishers=sns.owner_publishers(s.topic_arns[publish.ENRICHED], routing))
    return QueueWorker(work=work, parking_lot=dlq, routing=routing.digest)


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Standardize a batch of the queue AwsServiceEvents, or one AWS event that the function is invoked with."""
    return _worker().run(event, context)
