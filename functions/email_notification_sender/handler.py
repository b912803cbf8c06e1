"""Lambda's entry into the email channel."""

import os
from functools import cache

from email_notification_sender.core import EmailSender
from email_notification_sender.settings import Settings
from infra_events.aws import routing_store
from infra_events.aws.clients import delivery_client
from infra_events.aws.parking_lot import SqsParkingLot
from infra_events.aws.ses import SesMailer
from infra_events.runtime.sent_log import DynamoSentLog
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker


@cache
def _wired() -> tuple[QueueWorker, DynamoSentLog]:
    s = Settings.from_env(os.environ)
    routing = routing_store.read(s.routing_bucket, s.routing_sha256)
    sent_log = DynamoSentLog(s.sent_table_name, delivery_client("dynamodb"))
    work = EmailSender(mailer=SesMailer(sender_address=s.sender_address), sent_log=sent_log, routing=routing)
    parking_lot = SqsParkingLot(queue_url=s.parking_queue_url)
    return QueueWorker(work=work, parking_lot=parking_lot, routing=routing.digest), sent_log


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Mail a batch of notifications, whoever published them."""
    worker, sent_log = _wired()
    sent_log.lease_until_timeout(context)
    return worker.run(event, context)
