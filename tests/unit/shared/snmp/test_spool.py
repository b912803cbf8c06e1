"""The spool: bounded, in order, and complete or absent files only."""

import json
import os
import time

import pytest

from infra_events_snmp.spool import ABANDONED_SECONDS, Spool, SpoolFullError


def test_what_is_added_waits_in_order(spool: Spool) -> None:
    for name in ("2", "1", "3"):
        spool.add(name, {"n": name})
    assert [json.loads(file.read_text())["n"] for file in spool.waiting()] == ["1", "2", "3"]


def test_a_spool_is_bounded_in_number_and_in_bytes(spool: Spool) -> None:
    fill = [spool.add(str(number), {}) for number in range(10)]
    assert fill == pytest.approx([number / 10 for number in range(1, 11)])
    with pytest.raises(SpoolFullError, match="10 events"):
        spool.add("11", {})
    assert len(spool.waiting()) == 10
    for file in spool.waiting():
        file.unlink()
    assert spool.add("a", {"padding": "x" * 1_700}) > 0.8
    with pytest.raises(SpoolFullError):
        spool.add("b", {"padding": "x" * 300})


def test_what_was_set_aside_still_takes_room(spool: Spool) -> None:
    for number in range(10):
        spool.add(str(number), {})
    spool.set_aside(spool.waiting()[0], "because")
    assert len(spool.waiting()) == 9
    assert (spool.folder / "bad" / "0.reason").read_text() == "because\n"
    with pytest.raises(SpoolFullError):
        spool.add("x", {})


def test_bad_may_be_removed_by_hand(spool: Spool) -> None:
    (spool.folder / "bad").rmdir()
    spool.add("1", {})
    spool.set_aside(spool.waiting()[0], "because")
    assert spool.held().events == 1


def test_what_the_flusher_takes_away_meanwhile_costs_no_trap(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        spool.add(str(number), {})
    listed = list(os.scandir(spool.folder))
    (spool.folder / "1.json").unlink()
    monkeypatch.setattr(os, "scandir", lambda folder: listed if folder == spool.folder else [])
    assert spool.held().events == 2
    spool.add("3", {})


def test_nothing_half_written_is_ever_seen(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_descriptor: int) -> None:
        assert spool.waiting() == []
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        spool.add("1", {})
    assert [file for file in spool.folder.iterdir() if file.is_file()] == []


def test_what_a_killed_handler_left_goes_when_it_is_old(spool: Spool) -> None:
    old, new = spool.folder / ".old.json", spool.folder / ".new.json"
    for draft in (old, new):
        draft.touch()
    long_ago = time.time() - ABANDONED_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    spool.make_folders()
    assert (old.exists(), new.exists()) == (False, True)
    assert spool.waiting() == []
