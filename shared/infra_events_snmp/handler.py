"""snmptrapd's traphandle program: one trap from standard input to the spool. snmptrapd waits for it, so it is quick.

Standard library only, and as little of that as can be. snmptrapd throws away what its handlers print, so what goes
wrong goes to the system's log as well. When the spool is full the new trap is dropped, and the log says so: what waits
is older, and was promised to be kept.
"""

import os
import sys
import syslog
import time
from datetime import UTC, datetime

from infra_events_snmp import trap
from infra_events_snmp.spool import NEARLY_FULL, Spool, SpoolFullError

LONGEST = 1024 * 1024
"""A trap has at most 64 KiB, and its text a few times as much."""


def main() -> int:
    """Spool the trap, and return the exit status: 1 when it was dropped."""
    text = sys.stdin.buffer.read(LONGEST)
    # A file's name is its event's key, and tells its age.
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
