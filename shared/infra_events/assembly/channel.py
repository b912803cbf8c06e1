"""The worker of a channel: everything but its transport is the same for all."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from infra_events.aws import clients, pace_table, parking_lot, requeue, routing_store
from infra_events.delivery.channel import TO_FINISH, Channel
from infra_events.delivery.pace import Allowance, Pacer
from infra_events.ports import Transport
from infra_events.runtime.sent_log import DynamoSentLog
from infra_events.runtime.settings import ChannelSettings
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent, QueueWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWorker:
    """Delivers batches; the leases of its sent record end with the invocation."""

    worker: QueueWorker
    sent_log: DynamoSentLog

    @classmethod
    def of(cls, name: str, transport: Transport, settings: ChannelSettings) -> "ChannelWorker":
        """Return the worker of the channel ``name``. Raises RoutingError."""
        table = settings.sent_table_name
        routing = routing_store.read(settings.routing_bucket, settings.routing_sha256)
        sent_log = DynamoSentLog(table, clients.record_client("dynamodb"))
        pacer = Pacer(
            store=pace_table.DynamoPaceStore(table_name=table, key=f"pace|{name}"),
            allowance=Allowance(per_second=settings.sends_per_second, per_day=settings.sends_per_day),
            clock=time.time,
            sleep=time.sleep,
        )
        channel = Channel(
            name=name,
            transport=transport,
            routing=routing,
            sent_log=sent_log,
            pacer=pacer,
            clock=partial(datetime.now, UTC),
        )
        worker = QueueWorker(
            work=channel,
            parking_lot=parking_lot.SqsParkingLot(queue_url=settings.parking_queue_url),
            requeue=requeue.SqsRequeue(queue_urls=settings.queue_urls),
            to_finish=TO_FINISH,
            routing=routing.digest,
        )
        return cls(worker=worker, sent_log=sent_log)

    def run(self, event: LambdaEvent, context: LambdaContext) -> BatchResponse:
        """Deliver a batch of notifications of any publisher."""
        self.sent_log.lease_until_timeout(context)
        return self.worker.run(event, context)
