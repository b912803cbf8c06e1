"""Build one zip per function, two tools for other machines, byte-identical anywhere, and a manifest of them.

A zip holds the function's folder, the rooms of ``infra_events`` from shared/ that it imports, and the third-party
packages that its function.toml names, at the top. boto3 is not in it: Lambda's runtime brings that. What a person
writes as YAML is compiled to JSON on the way: the catalogue, for the function into its zip and for Terraform, as
EventBridge patterns, to dist/catalogue.json.

Identical bytes: sorted entries, one date, one mode, one compression level, no compiled files, and wheels for Lambda's
platform (not for this machine's) that match the hashes in requirements/lambda.txt. What remains is zlib: every classic
zlib writes the same stream. A Python built on zlib-ng writes another one, equally valid; then Lambda gets the same
code once more, which does no harm, whereas stored zips would be four times as large at every cold start.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from scripts import project
from scripts.build import rooms, routing_tool
from scripts.compile import catalogue
from scripts.project import CommandError

SNMP, ROUTING = "infra-events-snmp", "infra-events-routing"
"""The tools: each is a .pyz, which Python runs as it is. Their packages come from the machine."""

PLATFORM = "terraform/modules/blocks/queue_worker/platform.json"
"""Lambda's runtime and architecture, which Terraform reads too: the wheels are for what it deploys."""

GLIBC = ("_2_34", "_2_28", "_2_17", "2014")
"""The manylinux tags that Amazon Linux 2023 satisfies, which has glibc 2.34."""

DATE = (1980, 1, 1, 0, 0, 0)
MODE = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One zip: its file's name in dist/, SHA-256 (hex), size in bytes, and third-party packages with versions."""

    file: str
    sha256: str
    size: int
    packages: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a function's zip carries beside its code: third-party ``packages``, and inputs that are ``compiled``."""

    packages: Sequence[str] = ()
    compiled: Sequence[str] = ()


def functions(root: Path = project.ROOT) -> dict[str, Needs]:
    """Return what each function needs, by the name of its folder; raises CommandError for an incomplete folder."""
    folders = [folder for folder in sorted((root / "functions").iterdir()) if rooms.sources(folder)]
    for file in ("handler.py", "function.toml"):
        if missing := [f"functions/{folder.name}" for folder in folders if not (folder / file).is_file()]:
            raise CommandError(f"no {file} in {', '.join(missing)}")
    return {folder.name: _needs(folder / "function.toml") for folder in folders}


def build(root: Path = project.ROOT) -> dict[str, Package]:
    """Build ``root``/dist/<function>.zip for every function, and the tools; return what is written to manifest.json."""
    needed = functions(root)
    wheels = _wheels(root)
    compiled = {name: compile_it(root) for name, compile_it in COMPILERS.items()}
    manifest = {}
    for function, needs in needed.items():
        if unknown := [name for name in needs.packages if name not in wheels]:
            raise CommandError(f"requirements/lambda.txt does not pin {', '.join(unknown)}, which {function} needs")
        entries = _code(root, root / "functions" / function)
        for name in needs.compiled:
            entries |= {f"{function}/{name}.json": compiled[name]}
        for name in needs.packages:
            entries |= _wheel_entries(wheels[name])
        versions = {name: wheels[name].name.split("-")[1] for name in needs.packages}
        manifest[function] = _packed(root / "dist" / f"{function}.zip", entries, versions)
    for tool, entries in {SNMP: _snmp(root), ROUTING: routing_tool.entries(root)}.items():
        manifest[tool] = _packed(root / "dist" / f"{tool}.pyz", entries, {})
    for old in (root / "dist").glob("*.zip"):
        if old.stem not in manifest:
            old.unlink()
    text = json.dumps({name: asdict(built) for name, built in manifest.items()}, indent=2, sort_keys=True)
    project.write(root / "dist" / "manifest.json", f"{text}\n".encode())
    return manifest


def _needs(file: Path) -> Needs:
    try:
        needs = Needs(**tomllib.loads(file.read_text()))
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise CommandError(f"functions/{file.parent.name}/function.toml: {error}") from error
    if unknown := [name for name in needs.compiled if name not in COMPILERS]:
        known = ", ".join(COMPILERS)
        raise CommandError(f"functions/{file.parent.name}/function.toml: nothing compiles {unknown[0]!r}, but {known}")
    return needs


def _packed(file: Path, entries: Mapping[str, bytes], packages: Mapping[str, str]) -> Package:
    content = _zip(entries)
    project.write(file, content)
    digest = hashlib.sha256(content).hexdigest()
    return Package(file=file.name, sha256=digest, size=len(content), packages=packages)


def _snmp(root: Path) -> dict[str, bytes]:
    """The SNMP tool, which Python runs as it is; its boto3 comes from the machine, like Lambda's from the runtime."""
    package = root / "shared" / "infra_events_snmp"
    entries = _code(root, package)
    tool = {name: content for name, content in entries.items() if name.endswith(".py")}
    return tool | {"__main__.py": tool[f"{package.name}/__main__.py"]}


def _catalogue(root: Path) -> bytes:
    """Compile the catalogue: write what Terraform reads, and return what a function reads."""
    content = catalogue.compiled(root / catalogue.FOLDER.relative_to(project.ROOT))
    terraform = {key: content[key] for key in ("digest", "rules", "services")}
    project.write(root / "dist" / "catalogue.json", f"{json.dumps(terraform, indent=2)}\n".encode())
    return json.dumps({"entries": content["entries"]}, separators=(",", ":")).encode()


COMPILERS: Mapping[str, Callable[[Path], bytes]] = {"catalogue": _catalogue}
"""What function.toml may name as compiled: it is <name>.json beside the function's code."""


def _code(root: Path, folder: Path) -> dict[str, bytes]:
    """Return the files of a package and of the shared rooms that it imports, by their names in the zip.

    YAML is for compiling, and a function.toml for the packager.
    """
    own = [file for file in rooms.sources(folder) if file.suffix != ".yaml" and file.name != "function.toml"]
    shared = rooms.carried(root / "shared" / "infra_events", (file for file in own if file.suffix == ".py"))
    return {file.relative_to(folder.parent).as_posix(): file.read_bytes() for file in own} | {
        file.relative_to(root / "shared").as_posix(): file.read_bytes() for file in shared
    }


def _wheel_entries(wheel: Path) -> dict[str, bytes]:
    """A wheel's files, less what no function can use: its scripts, its metadata, pages for a browser.

    The licence stays, its terms ask for that. The pages are Powertools' Swagger UI: two fifths of a zip.
    """

    def useful(name: str) -> bool:
        if ".dist-info/" in name:
            return "LICEN" in name.upper()
        return ".data/" not in name and not name.endswith(("/", ".js", ".css"))

    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if useful(name)}


def _zip(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, DATE)
            info.create_system = UNIX
            info.external_attr = MODE
            archive.writestr(info, entries[name], zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def _wheels(root: Path) -> dict[str, Path]:
    """The pinned wheels by package name, from the cache if they are all there and are what they should be."""
    requirements = root / "requirements" / "lambda.txt"
    text = requirements.read_text()
    pinned = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
    hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
    platform = _platform(root)
    folder = root / ".cache" / "wheels" / hashlib.sha256(f"{text}{platform}".encode()).hexdigest()[:16]
    with project.locked(folder.with_suffix(".lock")):
        if not _complete(folder.glob("*.whl"), pinned, hashes):
            with project.replacing(folder) as draft:
                _download(requirements, draft, platform)
    return {_name(wheel): wheel for wheel in folder.glob("*.whl")}


def _platform(root: Path) -> tuple[str, ...]:
    """Return pip's options for wheels of the platform that Terraform deploys to."""
    declared = json.loads((root / PLATFORM).read_text())
    version = declared["runtime"].removeprefix("python")
    machine = {"arm64": "aarch64"}.get(declared["architecture"], declared["architecture"])
    return (
        "--implementation=cp",
        f"--python-version={version}",
        *(f"--abi={abi}" for abi in (f"cp{version.replace('.', '')}", "abi3", "none")),
        *(f"--platform=manylinux{glibc}_{machine}" for glibc in GLIBC),
    )


def _complete(wheels: Iterable[Path], pinned: Iterable[str], hashes: set[str]) -> bool:
    sound = {_name(wheel) for wheel in wheels if hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes}
    return sound == set(pinned)


def _name(wheel: Path) -> str:
    return wheel.name.split("-")[0].lower().replace("_", "-")


def _download(requirements: Path, folder: Path, platform: Iterable[str]) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += [
        "--require-hashes",
        "--only-binary=:all:",
        *platform,
        f"--dest={folder}",
        f"--requirement={requirements}",
    ]
    pip = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if pip.returncode:
        errors = [line for line in pip.stderr.splitlines() if line.startswith("ERROR")]
        raise CommandError(f"pip could not fetch the functions' packages: {(errors or ['no reason given'])[-1]}")


@click.command()
def package() -> None:
    """Build dist/: a zip for each function, the tools for other machines, manifest.json."""
    for built in build().values():
        print(f"dist/{built.file}  {built.size / 1024:,.0f} KiB  sha256 {built.sha256[:16]}…")
