"""An SNMP trap for the demo: a switch reports a link that is down, and the packed tool takes it to the bus.

With net-snmp on the machine, its ``snmptrap`` and ``snmptrapd`` do it; without, the tool gets a recorded trap.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra_events.wire.custom_event import custom_event_id
from infra_events_snmp.spool import Limit, Spool
from scripts import project
from scripts.build import package
from scripts.local.aws import LocalAws
from scripts.project import CommandError

AGENT = "127.0.0.1"
INTERFACE = "GigabitEthernet0/3"
RESOURCE = f"snmp://{AGENT}/ifIndex/3"
STATE = "down"

PATIENCE_SECONDS = 20

_TRAP_OID = ".1.3.6.1.6.3.1.1.5.3"
_VARBINDS = ((".1.3.6.1.2.1.2.2.1.1.3", "i", "3"), (".1.3.6.1.2.1.2.2.1.2.3", "s", INTERFACE))
_RECORDED = "\n".join(
    (
        "localhost",
        f"UDP: [{AGENT}]:50162->[{AGENT}]:162",
        ".1.3.6.1.2.1.1.3.0 0:0:02:03.45",
        f".1.3.6.1.6.3.1.1.4.1.0 {_TRAP_OID}",
        *(f"{oid} {value}" for oid, _, value in _VARBINDS),
        "",
    )
)
_INSTALLED = f"/usr/bin/python3 -I -S /opt/infra-events/{package.SNMP}.pyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A trap on its way; ``by`` names what received it."""

    event_id: str
    by: str


def send(aws: LocalAws, account_id: str) -> Trap:
    """Have the tool spool a trap and flush it to the bus; return it. Raises CommandError when that takes too long."""
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool", Limit(10, 1_000_000))
        spool.make_folders()
        command = [sys.executable, "-I", str(project.DIST / f"{package.SNMP}.pyz")]
        env = {**aws.env(), "PATH": f"{os.environ['PATH']}:/usr/sbin", "INFRA_EVENTS_SPOOL": str(spool.folder)}
        real = all(shutil.which(name, path=env["PATH"]) for name in ("snmptrap", "snmptrapd"))
        if real:
            _by_net_snmp(Path(folder), command, env, spool)
        else:
            subprocess.run([*command, "spool"], input=_RECORDED, text=True, env=env, check=True)
        (file,) = spool.waiting()
        event = json.loads(file.read_text(encoding="utf-8"))
        with _running([*command, "flush"], env):
            _wait_until(lambda: not spool.waiting(), "the flusher did not send the trap")
    event_id = custom_event_id(account_id, event["source"], event["detail"])
    return Trap(event_id=event_id, by="snmptrapd" if real else "a recorded trap")


def _by_net_snmp(folder: Path, command: list[str], env: Mapping[str, str], spool: Spool) -> None:
    """Send a real trap to a real daemon that is configured as in docs/sources.md."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((AGENT, 0))
        address = f"{AGENT}:{probe.getsockname()[1]}"
    shipped = (project.ROOT / "shared" / "infra_events_snmp" / "snmptrapd.conf").read_text(encoding="utf-8")
    configuration, log = folder / "snmptrapd.conf", folder / "snmptrapd.log"
    configuration.write_text(f"authCommunity log,execute,net demo\n{shipped.replace(_INSTALLED, ' '.join(command))}")
    env = {**env, "SNMP_PERSISTENT_DIR": str(folder / "state"), "SNMPCONFPATH": str(folder), "MIBS": ""}
    daemon = ["snmptrapd", "-f", "-Lf", str(log), "-C", "-c", str(configuration), f"udp:{address}"]
    varbinds = [part for varbind in _VARBINDS for part in varbind]
    with _running(daemon, env):
        _wait_until(lambda: log.exists() and "NET-SNMP" in log.read_text(), "snmptrapd did not start")
        trap = ["snmptrap", "-v", "2c", "-c", "demo", address, "", _TRAP_OID, *varbinds]
        subprocess.run(trap, env=env, check=True, stderr=subprocess.DEVNULL)
        _wait_until(spool.waiting, "snmptrapd did not hand the trap over")


@contextmanager
def _running(command: list[str], env: Mapping[str, str]) -> Iterator[None]:
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_until(holds: Callable[[], object], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise CommandError(complaint)
        time.sleep(0.02)
