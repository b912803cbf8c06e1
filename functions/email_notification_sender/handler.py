"""Lambda's entry into the email channel."""

import os
from functools import cache

from email_notification_sender.core import EmailTransport
from email_notification_sender.settings import Settings
from infra_events.aws import clients, parking_lot, routing_store, ses
from infra_events.delivery.channel import Channel
from infra_events.runtime.sent_log import DynamoSentLog
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker


@cache
def _wired() -> tuple[QueueWorker, DynamoSentLog]:
    settings = Settings.from_env(os.environ)
    routing = routing_store.read(settings.routing_bucket, settings.routing_sha256)
    sent_log = DynamoSentLog(settings.sent_table_name, clients.delivery_client("dynamodb"))
    transport = EmailTransport(mailer=ses.SesMailer(sender_address=settings.sender_address))
    channel = Channel(name="email", transport=transport, routing=routing, sent_log=sent_log)
    parking = parking_lot.SqsParkingLot(queue_url=settings.parking_queue_url)
    return QueueWorker(work=channel, parking_lot=parking, routing=routing.digest), sent_log


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Mail a batch of notifications of any publisher."""
    worker, sent_log = _wired()
    sent_log.lease_until_timeout(context)
    return worker.run(event, context)
