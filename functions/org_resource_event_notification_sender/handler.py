"""Lambda's entry into the notification sender."""

import os
from functools import cache

from infra_events.aws.ec2_tags import Ec2TagReader
from infra_events.aws.parking_lot import SqsParkingLot
from infra_events.aws.sns import SnsPublisher
from infra_events.enricher import Enricher
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker
from org_resource_event_notification_sender.core import NotificationSender
from org_resource_event_notification_sender.settings import Settings
from org_resource_event_notification_sender.words import Writer


@cache
def _worker() -> QueueWorker:
    s = Settings.from_env(os.environ)
    enricher = Enricher(readers={"ec2": Ec2TagReader()}, account_id=s.account_id, region=s.region)
    publisher, writer = SnsPublisher(topic_arn=s.notification_topic_arn), Writer(s.display_timezone)
    parking_lot = SqsParkingLot(queue_url=s.parking_queue_url)
    work = NotificationSender(enricher=enricher, publisher=publisher, writer=writer)
    return QueueWorker(work=work, parking_lot=parking_lot)


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Write notifications for a batch of standard messages."""
    return _worker().run(event, context)
