"""Traps of the real net-snmp, over the packed tool, to a bus on loopback: each becomes one event, even after kills."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra_events_snmp.spool import DEFAULT_FOLDER, Limit, Spool
from scripts import project
from scripts.build import package
from tests.support.builders import ACCOUNT
from tests.support.fakes.event_bridge import BROKEN, LOST, SOUND, EventBridge, event_bridge
from tests.support.waiting import BUSY_SECONDS, eventually

COMMUNITY = "s3cret"
V3 = ("-e", "0x8000000001020304", "-u", "traps", "-l", "authPriv", "-a", "SHA", "-A", "authpassword")
PRIVACY = ("-x", "AES", "-X", "privpassword")
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
SHIPPED = project.ROOT / "shared" / "infra_events_snmp" / "snmptrapd.conf"
INSTALLED = f"/usr/bin/python3 -I -S /opt/infra-events/{package.SNMP}.pyz"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1"

needs_net_snmp = pytest.mark.skipif(
    not (shutil.which("snmptrapd", path=f"{os.environ['PATH']}:/usr/sbin") and shutil.which("snmptrap")),
    reason="net-snmp is not here: apt-get install snmp snmptrapd",
)


@pytest.fixture(scope="module")
def tool() -> Path:
    package.build()
    return project.DIST / f"{package.SNMP}.pyz"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool", Limit(10_000, 100_000_000))
    spool.make_folders()
    return spool


@pytest.fixture
def bridge() -> EventBridge:
    with event_bridge() as state:
        return state  # stopped again, but its port is known: AWS cannot be reached until a test restores it


class Tools:
    """The packed tool as an operator runs it."""

    def __init__(self, tool: Path, spool: Spool, bridge: EventBridge) -> None:
        self.command = [sys.executable, "-I", str(tool)]
        self.env = {"PATH": os.environ["PATH"], "INFRA_EVENTS_SPOOL": str(spool.folder), **bridge.settings}

    def spool(self, text: str) -> None:
        subprocess.run([*self.command, "spool"], input=text, text=True, env=self.env, check=True)

    @contextmanager
    def flusher(self, **more: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [*self.command, "flush"], env=self.env | more, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def tools(tool: Path, spool: Spool, bridge: EventBridge) -> Tools:
    return Tools(tool, spool, bridge)


def add(spool: Spool, count: int, start: int = 0) -> list[str]:
    """Spool events as the handler would; answer their ids behind the bus."""
    keys = [f"{number:020}-key" for number in range(start, start + count)]
    for key in keys:
        detail = {"idempotency-key": key, "trap": "coldStart"}
        spool.add(key, {"source": "snmp.trap", "detail-type": "SNMP coldStart", "detail": detail})
    return [f"{ACCOUNT}:snmp.trap:{key}" for key in keys]


@pytest.fixture
def snmptrapd(tools: Tools, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """The daemon, as it is to be configured; answers what sends a trap to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    configuration = tmp_path / "snmptrapd.conf"
    configuration.write_text(
        f"authCommunity log,execute,net {COMMUNITY}\n"
        "createUser -e 0x8000000001020304 traps SHA authpassword AES privpassword\n"
        "authUser log,execute,net traps\n" + SHIPPED.read_text().replace(INSTALLED, " ".join(tools.command))
    )
    (tmp_path / "state").mkdir()
    env = tools.env | {"SNMP_PERSISTENT_DIR": str(tmp_path / "state"), "SNMPCONFPATH": str(tmp_path), "MIBS": ""}
    env["PATH"] += ":/usr/sbin"
    log = tmp_path / "snmptrapd.log"
    command = ["snmptrapd", "-f", "-Lf", str(log), "-C", "-c", str(configuration), f"udp:{address}"]
    sender = env | {"SNMP_PERSISTENT_DIR": str(tmp_path / "sender")}

    def send(*arguments: str) -> None:
        snmptrap = ["snmptrap", *(address if argument == "HOST" else argument for argument in arguments)]
        subprocess.run(snmptrap, env=sender, check=True, stderr=subprocess.DEVNULL)

    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as daemon:
        try:
            eventually(lambda: log.exists() and "NET-SNMP" in log.read_text(), "snmptrapd is up")
            yield send
        finally:
            daemon.terminate()


@needs_net_snmp
def test_traps_of_every_version_arrive_as_events_on_the_bus(
    snmptrapd: Callable[..., None], tools: Tools, spool: Spool, bridge: EventBridge
) -> None:
    interface = (f"{IF_INDEX}.3", "i", "3", "1.3.6.1.2.1.2.2.1.2.3", "s", 'Gigabit "0/3"\nuplink')
    sent = (
        ("-v", "2c", "-c", COMMUNITY, "HOST", "", LINK_DOWN, *interface),
        ("-v", "1", "-c", COMMUNITY, "HOST", "1.3.6.1.4.1.9.1", "192.0.2.7", "3", "0", "55", f"{IF_INDEX}.3", "i", "3"),
        ("-v", "3", *V3, *PRIVACY, "HOST", "", "1.3.6.1.6.3.1.1.5.1"),
        ("-v", "2c", "-c", COMMUNITY, "HOST", "", "1.3.6.1.6.3.1.1.5.5"),
        ("-v", "1", "-c", COMMUNITY, "HOST", "1.3.6.1.4.1.9.1", "192.0.2.7", "6", "42", "55"),
    )
    for number, arguments in enumerate(sent, start=1):
        snmptrapd(*arguments)
        eventually(lambda count=number: len(spool.waiting()) == count, "the trap is spooled")  # type: ignore[misc]
    with event_bridge(bridge), tools.flusher():
        eventually(lambda: not spool.waiting(), "the spool is empty")
    assert [(event["detail-type"], event["resources"]) for event in bridge.arrived] == [
        ("SNMP linkDown", ["snmp://127.0.0.1/ifIndex/3"]),
        ("SNMP linkUp", ["snmp://192.0.2.7/ifIndex/3"]),
        ("SNMP coldStart", ["snmp://127.0.0.1"]),
        ("SNMP authenticationFailure", ["snmp://127.0.0.1"]),
        ("SNMP enterpriseSpecific", ["snmp://192.0.2.7"]),
    ]
    assert bridge.arrived[0]["detail"]["interface"]["description"] == 'Gigabit "0/3" uplink'
    assert COMMUNITY not in str(bridge.arrived)
    assert len(set(bridge.ids)) == 5


@needs_net_snmp
def test_a_flood_of_traps_loses_none(
    snmptrapd: Callable[..., None], tools: Tools, spool: Spool, bridge: EventBridge
) -> None:
    with event_bridge(bridge), tools.flusher():
        for number in range(60):
            snmptrapd("-v", "2c", "-c", COMMUNITY, "HOST", "", LINK_DOWN, f"{IF_INDEX}.{number}", "i", str(number))
        eventually(lambda: len(bridge.arrived) == 60, "all have arrived")
        eventually(lambda: not spool.waiting(), "the spool is empty")
    assert len(set(bridge.ids)) == 60
    assert [event["detail"]["interface"]["index"] for event in bridge.arrived] == [str(n) for n in range(60)]


def test_an_aws_that_cannot_be_reached_for_a_while_loses_nothing(
    tools: Tools, spool: Spool, bridge: EventBridge
) -> None:
    ids = add(spool, 150)
    with tools.flusher() as flusher:
        assert flusher.stderr
        assert "150 events wait" in flusher.stderr.readline()
        assert "next try in" in flusher.stderr.readline()
        assert len(spool.waiting()) == 150
        with event_bridge(bridge):
            eventually(lambda: not spool.waiting(), "the spool is empty")
            ids += add(spool, 20, start=150)
            eventually(lambda: not spool.waiting(), "the spool is empty")
    assert bridge.ids == ids


def test_a_flusher_that_is_killed_again_and_again_sends_each_event_once(
    tools: Tools, spool: Spool, bridge: EventBridge
) -> None:
    ids = add(spool, 1_000)
    for kill_at in (5, 25, 60):

        def call(limit: int = kill_at) -> str:
            if bridge.calls == limit:
                flusher.kill()
            return SOUND

        bridge.call = call
        with event_bridge(bridge), tools.flusher() as flusher:
            flusher.wait(BUSY_SECONDS)
    assert spool.waiting()
    bridge.call = lambda: SOUND
    with event_bridge(bridge), tools.flusher():
        eventually(lambda: not spool.waiting(), "the spool is empty")
    assert list(dict.fromkeys(bridge.ids)) == ids
    assert len(bridge.arrived) > len(ids)


def test_after_lost_answers_and_failures_each_event_counts_once(
    tools: Tools, spool: Spool, bridge: EventBridge
) -> None:
    ids = add(spool, 300)
    fates = iter([LOST, BROKEN, SOUND] * 4)
    bridge.call = lambda: next(fates, SOUND)
    errors = iter(["", "ThrottlingException", "", "InternalFailure"] * 10)
    bridge.entry_error = lambda: next(errors, "")
    with event_bridge(bridge), tools.flusher():
        eventually(lambda: not spool.waiting(), "the spool is empty")
    assert set(bridge.ids) == set(ids)


def test_what_can_never_be_sent_stands_in_nobody_s_way(tools: Tools, spool: Spool, bridge: EventBridge) -> None:
    (spool.folder / "0.json").write_text("{")
    (spool.folder / "1.json").write_bytes(b"\xff")
    spool.add("2", {"source": "aws.ec2", "detail-type": "x"})
    ids = add(spool, 3, start=3)
    errors = iter(["", "MalformedDetail", ""])
    bridge.entry_error = lambda: next(errors)
    with event_bridge(bridge), tools.flusher() as flusher:
        eventually(lambda: not spool.waiting(), "the spool is empty")
        flusher.terminate()
        output = flusher.communicate(timeout=BUSY_SECONDS)[1]
    assert bridge.ids == [ids[0], ids[2]]
    bad = spool.folder / "bad"
    assert sorted(file.name for file in bad.glob("*.json")) == [
        "0.json",
        "00000000000000000004-key.json",
        "1.json",
        "2.json",
    ]
    assert "not JSON" in (bad / "0.reason").read_text()
    assert "MalformedDetail" in (bad / "00000000000000000004-key.reason").read_text()
    assert output.count("can never be sent") == 4


def test_nothing_is_sent_to_a_bus_that_is_not_there(tools: Tools, spool: Spool, bridge: EventBridge) -> None:
    add(spool, 3)
    with event_bridge(bridge), tools.flusher(INFRA_EVENTS_BUS="Elsewhere") as flusher:
        assert flusher.stderr
        flusher.stderr.readline()
        assert "there is no bus Elsewhere; 3 events wait; next try in" in flusher.stderr.readline()
    assert bridge.calls == 0
    assert len(spool.waiting()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_flusher_that_is_asked_to_stop_ends_well(
    tools: Tools, spool: Spool, bridge: EventBridge, number: signal.Signals
) -> None:
    add(spool, 1_000)

    def call() -> str:
        if bridge.calls == 5:
            flusher.send_signal(number)
        return SOUND

    bridge.call = call
    with event_bridge(bridge), tools.flusher() as flusher:
        output = flusher.communicate(timeout=BUSY_SECONDS)[1]
    assert flusher.returncode == 0
    assert "stopped; " in output
    assert len(spool.waiting()) + len(bridge.arrived) == 1_000
    assert bridge.calls == 10


def test_there_is_one_flusher(tools: Tools, spool: Spool) -> None:
    with tools.flusher() as first:
        assert first.stderr
        first.stderr.readline()
        second = subprocess.run(
            [*tools.command, "flush"], env=tools.env, check=False, capture_output=True, text=True, timeout=BUSY_SECONDS
        )
    assert second.returncode == 1
    assert second.stderr == f"another flusher serves {spool.folder}\n"


def test_a_missing_region_is_reported_at_once(tools: Tools) -> None:
    env: dict[str, Any] = {name: value for name, value in tools.env.items() if not name.endswith("REGION")}
    run = subprocess.run(
        [*tools.command, "flush"], env=env | {"HOME": "/nowhere"}, check=False, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr == "AWS is not configured: You must specify a region.\n"


def test_the_handler_runs_on_the_standard_library_alone(tools: Tools, spool: Spool) -> None:
    tools.command[1:2] = ["-I", "-S"]
    tools.spool("router\nUDP: [192.0.2.7]:5000->[192.0.2.1]:162\n")
    assert len(spool.waiting()) == 1


def test_the_service_runs_what_is_packed() -> None:
    unit = SHIPPED.with_name(f"{package.SNMP}.service").read_text()
    assert f"ExecStart={INSTALLED.replace(' -S', '')} flush\n" in unit
    assert f"StateDirectory={Path(DEFAULT_FOLDER).name}\n" in unit
    assert f"{INSTALLED} spool\n" in SHIPPED.read_text()
