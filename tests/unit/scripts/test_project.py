"""What every command shares."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import project
from scripts.project import CommandError


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").touch()
    with project.replacing(folder) as draft:
        (draft / "new").touch()
        assert [file.name for file in folder.iterdir()] == ["old"]
    assert [file.name for file in folder.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [folder]


def test_an_interrupted_replacement_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def interrupted() -> None:
        with project.replacing(folder) as draft:
            (draft / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []


def test_an_interrupted_first_one_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with project.replacing(tmp_path / "folder"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_written_file_has_its_mode(tmp_path: Path) -> None:
    project.write(tmp_path / "deep" / "tool", b"#!", mode=0o755)
    assert (tmp_path / "deep" / "tool").stat().st_mode & 0o777 == 0o755


def test_a_command_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise CommandError("install it")

    with pytest.raises(SystemExit) as stopped:
        project.run(main)
    assert stopped.value.code == 1
    assert capsys.readouterr() == ("", "error: install it\n")


def test_ctrl_c_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        project.run(main)
    assert stopped.value.code == project.INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"


def test_importing_a_command_does_nothing(tmp_path: Path) -> None:
    """Not a line printed, no file made, no process started, no connection tried."""
    files = (file.relative_to(project.ROOT).with_suffix("") for file in (project.ROOT / "scripts").rglob("*.py"))
    modules = sorted(".".join(file.parts).removesuffix(".__init__") for file in files)
    assert "scripts.operate.drill" in modules
    program = f"""
import importlib, sys
def watch(event, arguments):
    if event in {{"subprocess.Popen", "socket.connect", "os.mkdir"}} or (event == "open" and "w" in str(arguments[1])):
        raise AssertionError(f"importing did {{event}} {{arguments}}")
sys.dont_write_bytecode = True
sys.path.insert(0, {str(project.ROOT)!r})
sys.addaudithook(watch)
for module in {modules}:
    importlib.import_module(module)
"""
    imported = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (imported.returncode, imported.stdout, imported.stderr) == (0, "", "")
