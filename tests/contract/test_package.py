"""The zips: the same bytes wherever they are built, complete without anything around them, and nothing else in them."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import project
from scripts.build import package
from scripts.build.package import ROUTING, SNMP
from scripts.project import CommandError

FUNCTIONS = package.functions()
TOOLS = {SNMP, ROUTING}
WHEELS = project.CACHE / "wheels"


def sources(folder: Path) -> Path:
    """A copy of all that goes into the zips, as a fresh clone would have it."""
    for name in ("functions", "shared", "requirements", "scripts"):
        shutil.copytree(project.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(project.ROOT / "docs" / "schemas", folder / "docs" / "schemas")
    (folder / package.PLATFORM).parent.mkdir(parents=True)
    shutil.copy(project.ROOT / package.PLATFORM, folder / package.PLATFORM)
    return folder


@pytest.fixture(scope="module")
def built() -> Path:
    """The folder of the zips of this checkout."""
    package.build()
    return project.DIST


@pytest.fixture(scope="module")
def manifest(built: Path) -> dict[str, dict[str, object]]:
    text: dict[str, dict[str, object]] = json.loads((built / "manifest.json").read_text())
    return text


def test_the_manifest_describes_the_zips(built: Path, manifest: dict[str, dict[str, object]]) -> None:
    assert set(manifest) == {*FUNCTIONS, *TOOLS}
    for name, entry in manifest.items():
        content = (built / str(entry["file"])).read_bytes()
        assert entry["file"] == (f"{name}.pyz" if name in TOOLS else f"{name}.zip")
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["size"] == len(content)
        assert set(entry["packages"]) == set(FUNCTIONS[name].packages if name in FUNCTIONS else ())  # type: ignore[call-overload]


def _pythons() -> list[str]:
    """Every Python of the range that this machine has, and that has what packaging imports."""
    managed = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob("versions/3.1[123].*/bin/python3")
    found = [sys.executable, *(str(python) for python in managed), *filter(None, map(shutil.which, ("python3.13",)))]
    imports = "import click, jmespath, jsonschema, yaml"
    return [p for p in found if subprocess.run([p, "-c", imports], capture_output=True, check=False).returncode == 0]


@pytest.mark.parametrize("python", _pythons())
def test_another_folder_zone_umask_and_python_build_the_same_bytes(built: Path, tmp_path: Path, python: str) -> None:
    folder = sources(tmp_path / "another folder")
    shutil.copytree(WHEELS, folder / ".cache" / "wheels")
    (folder / "shared" / "infra_events" / "__pycache__").mkdir()
    (folder / "shared" / "infra_events" / "__pycache__" / "x.pyc").touch()
    for file in (folder / "functions").rglob("*.py"):
        file.chmod(0o755)
        os.utime(file, (0, 0))
    subprocess.run(
        [python, "-m", "scripts", "package"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "TZ": "Pacific/Apia", "LC_ALL": "C"},
        umask=0o077,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert (folder / "dist" / "manifest.json").read_bytes() == (built / "manifest.json").read_bytes()
    for name in (*(f"{function}.zip" for function in FUNCTIONS), *(f"{tool}.pyz" for tool in TOOLS)):
        assert (folder / "dist" / name).read_bytes() == (built / name).read_bytes()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_zip_holds_what_it_should_and_no_more(built: Path, function: str) -> None:
    with zipfile.ZipFile(built / f"{function}.zip") as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(set(names))
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert not [name for name in names if name.endswith((".pyc", ".js", ".css", "RECORD"))]
    others = set(FUNCTIONS) - {function}
    assert {f"{function}/handler.py", "infra_events/__init__.py"} <= set(names)
    assert not others & {name.split("/")[0] for name in names}
    assert not [name for name in names if name.startswith(("boto3/", "botocore/"))]
    assert [name for name in names if "LICEN" in name]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_zip_names_a_folder_of_this_machine(built: Path, function: str) -> None:
    with zipfile.ZipFile(built / f"{function}.zip") as archive:
        for name in archive.namelist():
            assert str(project.ROOT).encode() not in archive.read(name), name


def _imported(archive: Path, runtime: Path, program: str) -> subprocess.CompletedProcess[str]:
    isolated = f"import sys; sys.path[:0] = [{str(archive)!r}, {str(runtime)!r}]; {program}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", isolated], capture_output=True, text=True, check=False, env={}
    )


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda's runtime brings: boto3 and what that needs, except jmespath, which the zips bring."""
    folder = tmp_path_factory.mktemp("runtime")
    for module in ("boto3", "botocore", "dateutil", "s3transfer", "six", "urllib3"):
        spec = importlib.util.find_spec(module)
        assert spec
        assert spec.origin
        source = Path(spec.origin)
        if source.name == "__init__.py":
            source = source.parent
        (folder / source.name).symlink_to(source)
    return folder


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_zip_is_complete(built: Path, runtime: Path, tmp_path: Path, function: str) -> None:
    """With nothing but the zip and Lambda's own runtime, every module of ours in it can be imported."""
    unpacked = tmp_path / "task"
    with zipfile.ZipFile(built / f"{function}.zip") as archive:
        archive.extractall(unpacked)
    modules = [
        ".".join(file.relative_to(unpacked).with_suffix("").parts).removesuffix(".__init__")
        for folder in (function, "infra_events")
        for file in sorted((unpacked / folder).rglob("*.py"))
    ]
    program = (
        f"import importlib; [importlib.import_module(m) for m in {modules}]; print(sys.modules['jmespath'].__file__)"
    )
    imported = _imported(unpacked, runtime, program)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.startswith(str(unpacked))


def test_the_snmp_tool_is_complete(built: Path, runtime: Path) -> None:
    """With nothing but Python and a machine's own boto3, which brings the jmespath that the runtime here lacks."""
    spec = importlib.util.find_spec("jmespath")
    assert spec
    assert spec.origin
    site = str(Path(spec.origin).parent.parent)
    program = f"sys.path.append({site!r}); from infra_events_snmp import flusher, handler; print(flusher.__file__)"
    imported = _imported(built / f"{SNMP}.pyz", runtime, program)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.startswith(str(built))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_zone_is_found_in_the_zip(built: Path, runtime: Path, tmp_path: Path, function: str) -> None:
    """Lambda's Linux may have no zones."""
    with zipfile.ZipFile(built / f"{function}.zip") as archive:
        archive.extractall(tmp_path)
    program = "import zoneinfo; zoneinfo.reset_tzpath(to=()); print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    assert _imported(tmp_path, runtime, program).stdout == "Europe/Berlin\n"


@pytest.mark.parametrize("file", ["handler.py", "function.toml"])
def test_an_incomplete_function_is_named(tmp_path: Path, file: str) -> None:
    root = sources(tmp_path)
    (root / "functions" / "email_notification_sender" / file).unlink()
    with pytest.raises(CommandError, match=rf"^no {file} in functions/email_notification_sender$"):
        package.build(root)
    assert not (root / "dist").exists()


@pytest.mark.parametrize(
    ("needs", "problem"),
    [
        ("packages = [", "Invalid value"),
        ("wheels = []", "unexpected keyword argument 'wheels'"),
        ('compiled = ["routing"]', "nothing compiles 'routing', but catalogue"),
    ],
)
def test_what_no_function_can_need_is_named(tmp_path: Path, needs: str, problem: str) -> None:
    root = sources(tmp_path)
    (root / "functions" / "email_notification_sender" / "function.toml").write_text(needs)
    with pytest.raises(CommandError, match=rf"^functions/email_notification_sender/function\.toml: .*{problem}"):
        package.build(root)
    assert not (root / "dist").exists()


@pytest.mark.usefixtures("built")
def test_a_new_function_is_a_folder_and_a_package_that_is_not_pinned_is_named(tmp_path: Path) -> None:
    root = sources(tmp_path)
    shutil.copytree(WHEELS, root / ".cache" / "wheels")
    folder = root / "functions" / "sms_notification_sender"
    folder.mkdir()
    (folder / "handler.py").write_text("from infra_events.domain import text\n")
    (folder / "function.toml").write_text('packages = ["tzdata"]\n')
    (root / "dist").mkdir()
    (root / "dist" / "gone.zip").touch()
    manifest = package.build(root)
    assert set(manifest) == {*FUNCTIONS, "sms_notification_sender", *TOOLS}
    assert sorted(file.stem for file in (root / "dist").glob("*.zip")) == sorted(set(manifest) - TOOLS)
    with zipfile.ZipFile(root / "dist" / "sms_notification_sender.zip") as archive:
        rooms = {"/".join(name.split("/")[:2]) for name in archive.namelist() if name.startswith("infra_events")}
    assert rooms == {"infra_events/__init__.py", "infra_events/domain"}

    (folder / "function.toml").write_text('packages = ["requests"]\n')
    with pytest.raises(CommandError, match=r"lambda\.txt does not pin requests, which sms_notification_sender needs"):
        package.build(root)


def test_only_the_function_that_renders_carries_the_templates(built: Path) -> None:
    carrying = set()
    for function in FUNCTIONS:
        with zipfile.ZipFile(built / f"{function}.zip") as archive:
            if any(name.startswith(("jinja2/", "infra_events/content/")) for name in archive.namelist()):
                carrying.add(function)
    assert carrying == {"org_resource_event_notification_sender"}


@pytest.mark.usefixtures("built")
def test_a_wheel_that_was_tampered_with_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = sources(tmp_path)
    shutil.copytree(WHEELS, root / ".cache" / "wheels")
    for wheel in (root / ".cache" / "wheels").rglob("jinja2-*.whl"):
        wheel.write_bytes(b"something else")
    fetched: list[Path] = []

    def fetch(_requirements: Path, folder: Path, _platform: object) -> None:
        fetched.append(folder)
        for wheel in WHEELS.rglob("*.whl"):
            shutil.copy(wheel, folder)

    monkeypatch.setattr(package, "_download", fetch)
    package.build(root)
    assert len(fetched) == 1
    package.build(root)
    assert len(fetched) == 1
