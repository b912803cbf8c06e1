"""Lambda's entry into the notification sender."""

import os
from datetime import UTC, datetime
from functools import cache, partial

from infra_events.aws import routing_store, tag_reading
from infra_events.aws.parking_lot import SqsParkingLot
from infra_events.aws.sns import SnsPublisher
from infra_events.content.content import Writer
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker
from org_resource_event_notification_sender.core import NotificationSender
from org_resource_event_notification_sender.settings import Settings


@cache
def _worker() -> QueueWorker:
    s = Settings.from_env(os.environ)
    routing = routing_store.read(s.routing_bucket, s.routing_sha256)
    enricher = tag_reading.enricher(s.tags_table_name, s.account_id, s.region)
    publisher, clock = SnsPublisher(topic_arn=s.notification_topic_arn), partial(datetime.now, UTC)
    work = NotificationSender(
        routing=routing, enricher=enricher, publisher=publisher, writer=Writer(routing), clock=clock
    )
    return QueueWorker(work=work, parking_lot=SqsParkingLot(queue_url=s.parking_queue_url), routing=routing.digest)


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Write notifications for a batch of standard messages."""
    return _worker().run(event, context)
