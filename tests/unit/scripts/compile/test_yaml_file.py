"""YAML without guesses, text is text; and a file that is small and means a lot is a finding, soon."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.compile import catalogue, yaml_file
from scripts.compile.routing import check
from scripts.compile.yaml_file import FindingError, YamlFile
from scripts.project import CommandError

FOLLOWED = "with its aliases followed, the file has over 50,000 values"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in pairwise("abcdefghij")
)
"""A billion values in 600 bytes."""

LONG_TEXTS = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 30_000)}]\n"
"""Three gigabytes of text in 200 kilobytes."""


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (LAUGHS, f"any.yaml:5: e is too large: {FOLLOWED}"),
        (LONG_TEXTS, f"any.yaml:2: b is too large: {FOLLOWED}"),
        ("a: &a [1, *a]\n", "any.yaml:1: the file is nested too deep, or within itself"),
        (f"{'[' * 5000}{']' * 5000}", "any.yaml:1: the file is nested too deep, or within itself"),
    ],
    ids=["laughs", "long-texts", "itself", "deep"],
)
def test_a_file_that_aliases_make_large_is_one_finding_within_seconds(tmp_path: Path, text: str, finding: str) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(text)
    begun = time.process_time()
    with pytest.raises(FindingError) as found:
        YamlFile(file)
    # CPU time, also where coverage is measured; without the limit it is minutes.
    assert time.process_time() - begun < 10
    assert str(found.value) == finding


def test_a_routing_file_and_a_catalogue_of_aliases_are_refused(tmp_path: Path) -> None:
    (tmp_path / "any.yaml").write_text(LAUGHS)
    done = CliRunner().invoke(check.routing_check, ["--file", str(tmp_path / "any.yaml")])
    assert done.exit_code == 1
    assert "any.yaml:5: e is too large" in done.output
    with pytest.raises(CommandError, match=r"^any.yaml:5: e is too large"):
        catalogue.compiled(tmp_path)


def test_the_catalogue_is_far_from_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_file, "MOST_VALUES", yaml_file.MOST_VALUES // 10)
    catalogue.compiled()


@pytest.mark.parametrize(
    "text", ["2026-01-31", "012", "0x1F", "1_000", "12:30:00", "yes", "no", "on", "off", "~x", "<<", "=", "1e3"]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(f"value: {text}\nlist: [{text}]\n")
    content = YamlFile(tmp_path / "x.yaml").content
    assert content == {"value": text, "list": [text]}


def test_keys_are_always_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("7: a\nyes: b\n012: c\n")
    assert YamlFile(tmp_path / "x.yaml").content == {"7": "a", "yes": "b", "012": "c"}
