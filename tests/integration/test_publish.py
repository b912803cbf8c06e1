"""The publisher against a bus on loopback that has bad days: every event arrives, resent ones with the same id."""

import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra_events.aws.clients import delivery_client
from infra_events.aws.event_bus import EventBus
from scripts import project
from scripts.operate import publish
from scripts.operate.publish import Publisher
from scripts.operate.target import Place, Target
from tests.integration.conftest import forget_clients
from tests.support.builders import ACCOUNT
from tests.support.fakes.event_bridge import BROKEN, BUS, LOST, SOUND, EventBridge, event_bridge

EVENT = {"source": "com.example.shop", "detail-type": "Order Failed", "resources": ["order-7"], "detail": {"n": 1}}


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch) -> Iterator[EventBridge]:
    monkeypatch.setattr(publish, "target", lambda _: there())
    # The pauses, the bus's and botocore's own, are tested for themselves.
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(publish, "EventBus", partial(EventBus, sleep=lambda _seconds: None))
    with event_bridge() as bridge:
        for name, value in bridge.settings.items():
            monkeypatch.setenv(name, value)
        forget_clients()
        yield bridge
        forget_clients()


def there() -> Target:
    """A target with a bus that is there and one that is not, in the AWS of the environment's variables."""
    place = Place(
        environment="test",
        client=delivery_client,
        account_id=ACCOUNT,
        region="eu-west-1",
        caller="",
        read_outputs=dict,
    )
    return Target(place=place, outputs={"buses": {name: {"name": name} for name in (BUS, "Gone")}})


def lines(file: Path, *events: Any) -> Path:
    text = "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events)
    file.write_text(text, encoding="utf-8")
    return file


def numbered(count: int, **more: Any) -> list[dict[str, Any]]:
    return [EVENT | {"time": "2026-03-01T12:00:00Z", "detail": {"n": n} | more} for n in range(count)]


def run(*arguments: object) -> None:
    publish.publish.main([*map(str, arguments)], standalone_mode=False)


def numbers(bridge: EventBridge) -> list[int]:
    """The numbers of the events that arrived, each id once."""
    return [event["detail"]["n"] for event in dict(zip(bridge.ids, bridge.arrived, strict=True)).values()]


def test_ten_thousand_events_arrive_once_though_three_in_a_hundred_entries_and_calls_fail(
    bridge: EventBridge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same bad day each time
    bridge.entry_error = lambda: "ThrottlingException" if chance.random() < 0.03 else ""
    bridge.call = lambda: BROKEN if chance.random() < 0.03 else SOUND
    run(lines(tmp_path / "events.ndjson", *numbered(10_000)))
    assert sorted(event["detail"]["n"] for event in bridge.arrived) == list(range(10_000))
    assert len(set(bridge.ids)) == 10_000
    assert capsys.readouterr().out == f"10,000 events sent to {BUS}\n"


def test_an_answer_that_is_lost_makes_no_second_event(bridge: EventBridge, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same bad day each time
    bridge.call = lambda: LOST if chance.random() < 0.2 else SOUND
    run(lines(tmp_path / "events.ndjson", *numbered(1_000)))
    assert len(bridge.arrived) > 1_000
    assert sorted(numbers(bridge)) == list(range(1_000))


def test_publishing_the_same_file_again_makes_no_new_event(bridge: EventBridge, tmp_path: Path) -> None:
    file = lines(tmp_path / "events.ndjson", *numbered(250), EVENT)
    run(file)
    first = set(bridge.ids)
    run(file)
    assert len(bridge.arrived) == 502
    assert set(bridge.ids) == first


def test_what_happened_twice_is_two_events(bridge: EventBridge, tmp_path: Path) -> None:
    run(lines(tmp_path / "events.ndjson", EVENT, EVENT))
    assert len(set(bridge.ids)) == 2


def test_a_file_written_anew_holds_new_events(bridge: EventBridge, tmp_path: Path) -> None:
    file = lines(tmp_path / "event.json", EVENT)
    run(file)
    os.utime(file, (1, 1))
    run(file)
    assert len(set(bridge.ids)) == 2


def test_a_key_in_the_event_is_kept(bridge: EventBridge, tmp_path: Path) -> None:
    run(lines(tmp_path / "e.json", EVENT | {"detail": {"idempotency-key": "order-7"}}))
    assert bridge.ids == [f"{ACCOUNT}:com.example.shop:order-7"]


def test_every_form_of_file_is_read(bridge: EventBridge, tmp_path: Path) -> None:
    first, second, third, fourth, *rest = numbered(7)
    (tmp_path / "one.json").write_text(json.dumps(first, indent=2))
    (tmp_path / "list.json").write_text(json.dumps([second, third], indent=2))
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "lines.ndjson.gz").write_bytes(gzip.compress(json.dumps(fourth).encode()))
    single = lines(tmp_path / "apart.txt", *rest)
    run(tmp_path, single)
    assert sorted(numbers(bridge)) == list(range(7))


@pytest.mark.parametrize("form", ["{}\n{}\n{}", "\n{}\n\n{}\r\n{}\n", "[{}, {}, {}]", "[\n{},\n{},\n{}\n]"])
def test_standard_input_is_read_in_every_form(bridge: EventBridge, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    text = form.replace("{}", "%s") % tuple(json.dumps(event) for event in numbered(3))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    run("-")
    assert numbers(bridge) == [0, 1, 2]


def test_bad_lines_are_named_and_stop_nothing(
    bridge: EventBridge,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = numbered(2)
    deep = '{"source": "a", "detail-type": "b", "detail": ' + '{"a":' * 3000 + "1" + "}" * 3000 + "}"
    large = EVENT | {"detail": {"padding": "x" * 300_000}}
    file = lines(
        tmp_path / "e.ndjson",
        good[0],
        "{",
        EVENT | {"source": "aws.ec2"},
        "[]",
        "",
        EVENT | {"detail": {"idempotency-key": 7}},
        deep,
        large,
        good[1],
    )
    with pytest.raises(project.CommandError, match=f"^2 events sent to {BUS}; 6 not, each is named above$"):
        run(file)
    lines_written = capsys.readouterr().err.splitlines()
    assert numbers(bridge) == [0, 1]
    places = [line.removeprefix(f"{file}:").strip() for line in lines_written]
    assert [place.split(": ")[0] for place in places] == ["line 2 column 2", "3", "4", "6", "7", "8"]
    assert "source must not begin with aws." in lines_written[1]


def test_a_file_that_cannot_be_read_is_named(
    bridge: EventBridge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.ndjson.gz").write_bytes(b"\x1f\x8bno gzip")
    lines(tmp_path / "b.ndjson", *numbered(1))
    with pytest.raises(project.CommandError, match="1 not"):
        run(tmp_path)
    assert "a.ndjson.gz: cannot be read" in capsys.readouterr().err
    assert numbers(bridge) == [0]


def test_what_aws_refuses_is_named_and_the_rest_goes(
    bridge: EventBridge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["", "MalformedDetail", ""])
    bridge.entry_error = lambda: next(answers)
    with pytest.raises(project.CommandError, match="2 events sent"):
        run(lines(tmp_path / "e.ndjson", *numbered(3)))
    assert capsys.readouterr().err == f"{tmp_path}/e.ndjson:2: EventBridge refused the event: MalformedDetail\n"


def test_an_aws_that_takes_nothing_ends_it_and_names_the_place(
    bridge: EventBridge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = lines(tmp_path / "e.ndjson", *numbered(500))
    fates = iter([SOUND] * 10)
    bridge.call = lambda: next(fates, BROKEN)
    bus = EventBus(name=BUS, attempts=2, sleep=lambda _seconds: None)
    with pytest.raises(project.CommandError, match=f"nothing after {file}:200 was tried. 100 events sent .*; 100 not"):
        Publisher(bus, Console(stderr=True)).run([str(file)])
    assert len(capsys.readouterr().err.splitlines()) == 100


@pytest.mark.usefixtures("bridge")
def test_a_bus_that_is_not_there_is_named_before_anything_is_lost(tmp_path: Path) -> None:
    with pytest.raises(project.CommandError, match="there is no bus 'Gone' here"):
        run(lines(tmp_path / "e.ndjson", EVENT), "--bus", "Gone")
    with pytest.raises(project.UsageError, match="there is no bus 'Elsewhere' in test; there is Gone"):
        run(lines(tmp_path / "e.ndjson", EVENT), "--bus", "Elsewhere")


def test_lines_are_read_as_a_stream(bridge: EventBridge, tmp_path: Path) -> None:
    file = lines(tmp_path / "e.ndjson", *numbered(1_500, padding="x" * 20_000))
    bridge.arrived = Forgetful()
    publisher = Publisher(EventBus(name=BUS), Console(stderr=True))
    tracemalloc.start()
    try:
        publisher.run([str(file)])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert publisher.sent == 1_500
    assert peak < file.stat().st_size / 2


class Forgetful(list[dict[str, Any]]):
    def append(self, _event: dict[str, Any]) -> None:
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_reports_what_was_sent(bridge: EventBridge, tmp_path: Path, number: signal.Signals) -> None:
    file = lines(tmp_path / "e.ndjson", *numbered(5_000))
    program = (
        "from scripts import __main__, project\n"
        "from scripts.operate import publish\n"
        "from tests.integration.test_publish import there\n"
        "publish.target = lambda _: there()\n"
        "project.run(__main__.main)"
    )
    command = [sys.executable, "-c", program, "publish", str(file), "--env", "test"]
    path = os.pathsep.join(str(project.ROOT / name) for name in ("shared", "functions", ""))
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:

        def call() -> str:
            if bridge.calls == 25:
                process.send_signal(number)
            return SOUND

        bridge.call = call
        out, err = process.communicate(timeout=240)
    assert process.returncode == project.INTERRUPTED
    assert out == ""
    report, last = err.splitlines()
    assert report == f"200 events sent to {BUS}, perhaps 100 more. Publish the same again: nobody is notified twice"
    assert last == "interrupted"
    assert 200 <= len(bridge.arrived) <= 300
