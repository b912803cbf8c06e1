"""Lambda's entry into the standardizer."""

import os
from functools import cache

from aws_service_event_handler.catalogue import Catalogue
from aws_service_event_handler.core import Standardizer
from aws_service_event_handler.settings import Settings
from infra_events.aws.parking_lot import SqsParkingLot
from infra_events.aws.sns import SnsPublisher
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker


@cache
def _worker() -> QueueWorker:
    s = Settings.from_env(os.environ)
    publishers = {version: SnsPublisher(topic_arn=arn) for version, arn in s.topic_arns.items()}
    work = Standardizer(catalogue=Catalogue.load(), publishers=publishers)
    return QueueWorker(work=work, parking_lot=SqsParkingLot(queue_url=s.parking_queue_url))


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Standardize a batch of the queue AwsServiceEvents, or one AWS event handed over directly."""
    return _worker().run(event, context)
