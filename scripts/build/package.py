"""Build one zip per function, one of the SNMP tool for other machines, byte-identical anywhere, and a manifest of them.

A zip holds the function's folder, `infra_events/` from shared/, and the third-party packages the function needs, at
the top. boto3 is not in it: Lambda's runtime brings that. What a person writes as YAML is compiled to JSON on the way:
the catalogue, for the function into its zip and for Terraform, as EventBridge patterns, to dist/catalogue.json.

Identical bytes: sorted entries, one date, one mode, one compression level, no compiled files, and wheels for Lambda's
platform (not for this machine's) that match the hashes in requirements/lambda.txt. What remains is zlib: every classic
zlib writes the same stream. A Python built on zlib-ng writes another one, equally valid; then Lambda gets the same
code once more, which does no harm, whereas stored zips would be four times as large at every cold start.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import project
from scripts.compile import catalogue
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

POWERTOOLS = ("aws-lambda-powertools", "jmespath", "typing-extensions")
ROUTING = ("tzdata",)
TEMPLATES = ("jinja2", "markupsafe")
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "aws_service_event_handler": POWERTOOLS + ROUTING,
    "org_resource_event_notification_sender": POWERTOOLS + ROUTING + TEMPLATES,
    "email_notification_sender": POWERTOOLS + ROUTING,
}

SNMP = "infra-events-snmp"

# Lambda's python3.13 on arm64 is Amazon Linux 2023 (glibc 2.34); the modules in terraform/ declare the same.
PLATFORM = (
    "--implementation=cp",
    "--python-version=3.13",
    *(f"--abi={abi}" for abi in ("cp313", "abi3", "none")),
    *(f"--platform=manylinux{glibc}_aarch64" for glibc in ("_2_34", "_2_28", "_2_17", "2014")),
)

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


def build(root: Path = project.ROOT) -> dict[str, Package]:
    """Build `root`/dist/<function>.zip for every function, and SNMP; return what is written to manifest.json."""
    missing = [name for name in FUNCTIONS if not (root / "functions" / name / "handler.py").is_file()]
    if missing:
        raise CommandError(f"no handler.py in {', '.join(f'functions/{name}' for name in missing)}")
    wheels = _wheels(root)
    shared = _sources(root / "shared", "infra_events")
    generated = _catalogue(root)
    manifest = {}
    for function, needs in FUNCTIONS.items():
        # Templates are rendered in one function alone; the others carry no Jinja2 to do it with.
        words = {} if "jinja2" in needs else _sources(root / "shared", "infra_events/content")
        carried = {name: content for name, content in shared.items() if name not in words}
        entries = carried | _sources(root / "functions", function) | generated.get(function, {})
        for need in needs:
            entries |= _wheel_entries(wheels[need])
        versions = {need: wheels[need].name.split("-")[1] for need in needs}
        manifest[function] = _packed(root / "dist" / f"{function}.zip", entries, versions)
    manifest[SNMP] = _packed(root / "dist" / f"{SNMP}.pyz", shared | _snmp(root), {})
    text = json.dumps({name: asdict(package) for name, package in manifest.items()}, indent=2, sort_keys=True)
    project.write(root / "dist" / "manifest.json", f"{text}\n".encode())
    return manifest


def _packed(file: Path, entries: Mapping[str, bytes], packages: Mapping[str, str]) -> Package:
    content = _zip(entries)
    project.write(file, content)
    digest = hashlib.sha256(content).hexdigest()
    return Package(file=file.name, sha256=digest, size=len(content), packages=packages)


def _snmp(root: Path) -> dict[str, bytes]:
    """The SNMP tool, which Python runs as it is; its boto3 comes from the machine, like Lambda's from the runtime."""
    package = "infra_events_snmp"
    sources = _sources(root / "shared", package)
    tool = {name: content for name, content in sources.items() if name.endswith(".py")}
    return tool | {"__main__.py": tool[f"{package}/__main__.py"]}


def _catalogue(root: Path) -> dict[str, dict[str, bytes]]:
    """Compile the catalogue: write what Terraform reads, and return what goes into its function's zip."""
    function = "aws_service_event_handler"
    content = catalogue.compiled(root / "functions" / function / "catalogue")
    terraform = {"digest": content["digest"], "patterns": content["patterns"]}
    project.write(root / "dist" / "catalogue.json", f"{json.dumps(terraform, indent=2)}\n".encode())
    entries = json.dumps({"entries": content["entries"]}, separators=(",", ":"))
    return {function: {f"{function}/catalogue.json": entries.encode()}}


def _sources(parent: Path, package: str) -> dict[str, bytes]:
    """Every file of a source package by its name in the zip; compiled and hidden ones are not sources."""
    return {
        file.relative_to(parent).as_posix(): file.read_bytes()
        for file in (parent / package).rglob("*")
        if file.is_file()
        and file.suffix != ".yaml"
        and not any(part == "__pycache__" or part.startswith(".") for part in file.parts[len(parent.parts) :])
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
    folder = root / ".cache" / "wheels" / hashlib.sha256(f"{text}{PLATFORM}".encode()).hexdigest()[:16]
    with project.locked(folder.with_suffix(".lock")):
        if not _complete(folder.glob("*.whl"), pinned, hashes):
            with project.replacing(folder) as draft:
                _download(requirements, draft)
    return {_name(wheel): wheel for wheel in folder.glob("*.whl")}


def _complete(wheels: Iterable[Path], pinned: Iterable[str], hashes: set[str]) -> bool:
    sound = {_name(wheel) for wheel in wheels if hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes}
    return sound == set(pinned)


def _name(wheel: Path) -> str:
    return wheel.name.split("-")[0].lower().replace("_", "-")


def _download(requirements: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += [
        "--require-hashes",
        "--only-binary=:all:",
        *PLATFORM,
        f"--dest={folder}",
        f"--requirement={requirements}",
    ]
    pip = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if pip.returncode:
        errors = [line for line in pip.stderr.splitlines() if line.startswith("ERROR")]
        raise CommandError(f"pip could not fetch the functions' packages: {(errors or ['no reason given'])[-1]}")


def main() -> None:
    """Build and say what was built."""
    for package in build().values():
        print(f"dist/{package.file}  {package.size / 1024:,.0f} KiB  sha256 {package.sha256[:16]}…")


if __name__ == "__main__":
    project.run(main)
