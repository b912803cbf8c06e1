"""snmptrapd's traphandle program: one trap from standard input to the spool. snmptrapd waits for it, so it is quick.

It imports as few modules as possible, all from the standard library. snmptrapd discards what its handlers print, so
errors go to the system's log as well. When the spool is full, the new trap is dropped and the log reports it: the
older traps were accepted, and are kept.
"""

import os
import sys
import syslog
import time
from datetime import UTC, datetime

from infra_events_snmp import trap
from infra_events_snmp.spool import NEARLY_FULL, Spool, SpoolFullError

LONGEST = 1024 * 1024
"""Bytes that are read at most: a trap has up to 64 KiB, and its text a few times as much."""


def spool_trap() -> int:
    """Spool the trap on standard input, and return the exit status: 1 when it was dropped."""
    text = sys.stdin.buffer.read(LONGEST)
    # The idempotency key is also the file's name, which shows its age.
    key = f"{time.time_ns():020}-{os.urandom(6).hex()}"
    event = trap.event(text, key, datetime.now(UTC))
    what = f"{event['detail-type']} of {event['resources'][0]}"
    try:
        full = Spool.of(os.environ).add(key, event)
    except (SpoolFullError, OSError, ValueError) as error:
        _log(syslog.LOG_CRIT, f"LOST a trap, {what}: the spool is full or broken: {error}")
        return 1
    if full >= NEARLY_FULL:
        _log(
            syslog.LOG_WARNING, f"the spool is {full:.0%} full; when it is, traps are LOST: can the flusher reach AWS?"
        )
    return 0


def _log(level: int, text: str) -> None:
    syslog.openlog("infra-events-snmp", 0, syslog.LOG_DAEMON)
    syslog.syslog(level, text)
    print(text, file=sys.stderr)
