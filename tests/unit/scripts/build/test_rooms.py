"""Which rooms of a package a zip carries."""

from pathlib import Path

import pytest

from scripts import project
from scripts.build import rooms


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in which delivery needs ports and domain, and content needs domain."""
    for name, content in {
        "__init__.py": "",
        "ports.py": "from own.domain.time import parse\n",
        "domain/__init__.py": "",
        "domain/time.py": "import datetime\n",
        "content/__init__.py": "",
        "content/renderer.py": "import own.domain.time, jinja2\n",
        "content/templates/body.html.j2": "",
        "delivery/__init__.py": "",
        "delivery/channel.py": "def send():\n    from own import ports\n",
        "delivery/__pycache__/channel.pyc": "",
        "delivery/.hidden": "",
        "unused/__init__.py": "",
    }.items():
        project.write(tmp_path / "own" / name, content.encode())
    return tmp_path / "own"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import os", set()),
        ("import owner.content", set()),
        ("import own", set()),
        ("from own import nothing_there", set()),
        ("from own.domain.time import parse", {"domain"}),
        ("from own import ports", {"ports.py", "domain"}),
        ("import own.content.renderer as r", {"content", "domain"}),
        ("def f():\n    from own.delivery.channel import send", {"delivery", "ports.py", "domain"}),
    ],
)
def test_a_room_is_carried_when_an_import_reaches_it(
    package: Path, tmp_path: Path, program: str, expected: set[str]
) -> None:
    (tmp_path / "handler.py").write_text(program)
    files = rooms.carried(package, [tmp_path / "handler.py"])
    assert {file.relative_to(package).parts[0] for file in files} == {"__init__.py", *expected}


def test_a_room_is_carried_whole_and_without_what_is_no_source(package: Path, tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("import own.content.renderer\nimport own.delivery")
    files = rooms.carried(package, [tmp_path / "handler.py"])
    assert [file.relative_to(package).as_posix() for file in files] == [
        "__init__.py",
        "content/__init__.py",
        "content/renderer.py",
        "content/templates/body.html.j2",
        "delivery/__init__.py",
        "delivery/channel.py",
        "domain/__init__.py",
        "domain/time.py",
        "ports.py",
    ]
