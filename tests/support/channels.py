"""A channel on fakes: nothing is slow there, and nobody waits for real."""

from typing import Any

from infra_events.delivery.channel import Channel
from infra_events.delivery.pace import Allowance, Pacer
from infra_events.ports import PaceStore, Transport
from tests.support import builders
from tests.support.fakes import FakePaceStore, FakeSentLog
from tests.support.virtual_time import VirtualTime

FAST = Allowance(per_second=1000)


def channel(transport: Transport, time: VirtualTime | None = None, **fields: Any) -> Channel:
    """Return a channel; what is not given in ``fields`` is a fake of this channel alone."""
    time = time or VirtualTime()
    defaults: dict[str, Any] = {
        "name": "email",
        "routing": builders.routing(),
        "sent_log": FakeSentLog(),
        "pacer": pacer(FakePaceStore(), time),
        "clock": time.now,
    }
    return Channel(transport=transport, **(defaults | fields))


def pacer(store: PaceStore, time: VirtualTime, allowance: Allowance = FAST) -> Pacer:
    """Return the pace of one process."""
    return Pacer(store=store, allowance=allowance, clock=time.seconds, sleep=time.sleep)
