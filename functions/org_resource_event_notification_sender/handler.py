"""Lambda's entry into the notification sender."""

import os
from datetime import UTC, datetime
from functools import cache, partial

from infra_events.aws import parking_lot, routing_store, sns, tag_reading
from infra_events.content.rendering import Renderer
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker
from org_resource_event_notification_sender.core import NotificationSender
from org_resource_event_notification_sender.settings import Settings


@cache
def _worker() -> QueueWorker:
    settings = Settings.from_env(os.environ)
    routing = routing_store.read(settings.routing_bucket, settings.routing_sha256)
    enricher = tag_reading.enricher(settings.tags_table_name, settings.account_id, settings.region)
    publisher, clock = sns.SnsPublisher(topic_arn=settings.notification_topic_arn), partial(datetime.now, UTC)
    sender = NotificationSender(
        routing=routing, enricher=enricher, publisher=publisher, renderer=Renderer(routing), clock=clock
    )
    parking = parking_lot.SqsParkingLot(queue_url=settings.parking_queue_url)
    return QueueWorker(work=sender, parking_lot=parking, routing=routing.digest)


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Publish notifications of a batch of standard messages."""
    return _worker().run(event, context)
