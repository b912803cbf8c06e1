"""Find Terraform and its AWS provider on this machine, or fetch the pinned Terraform release."""

import functools
import hashlib
import http.client
import io
import json
import os
import platform
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

from scripts import project
from scripts.project import CommandError
from scripts.stacks import hcl

OLDEST = (1, 11)
"""The tests override resources during plan, which 1.11 brought."""

PINNED = "1.11.4"
SHA256 = {
    "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
    "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
    "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    "linux_arm64": "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
}
RELEASES = "https://releases.hashicorp.com/terraform"
RELEASES_VARIABLE = "TERRAFORM_RELEASES_URL"
"""For a mirror of the releases, as many companies have; the checksums stay ours."""

DOWNLOAD_SECONDS = 60

PROVIDER = "registry.terraform.io/hashicorp/aws"
IMPLIED_MIRRORS = ("~/.terraform.d/plugins", "~/.local/share/terraform/plugins")
IMPLIED_SYSTEM_MIRRORS = ("/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")
SOFTWARE_FOLDERS = ("/opt", "/usr/local", "/srv")


@functools.cache
def binary() -> Path:
    """Return Terraform: the one on PATH if it is new enough, else the pinned release, fetched once into .cache/."""
    found = shutil.which("terraform")
    if found and _version(Path(found)) >= OLDEST:
        return Path(found)
    return fetch(project.CACHE / "terraform" / PINNED / "terraform")


def fetch(target: Path) -> Path:
    """Fetch the pinned release to ``target``, unless it is there: whole and with the right checksum, or not at all."""
    system = this_platform()
    if system not in SHA256:
        raise CommandError(f"no Terraform is pinned for {system}: install Terraform {PINNED} and put it on PATH")
    with project.locked(target.parent / "lock"):
        if not target.exists():
            base = os.environ.get(RELEASES_VARIABLE, RELEASES)
            archive = _download(f"{base}/{PINNED}/terraform_{PINNED}_{system}.zip", SHA256[system])
            with zipfile.ZipFile(io.BytesIO(archive)) as release:
                project.write(target, release.read("terraform"), mode=0o755)
    return target


def _download(url: str, sha256: str) -> bytes:
    print(f"fetching {url}")
    try:
        with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS) as response:  # noqa: S310 - our own https or mirror
            content = bytes(response.read())
    # A dropped connection is an HTTPException, every other failure an OSError.
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise CommandError(f"no Terraform on PATH, and {url} failed ({error}): install Terraform {PINNED}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise CommandError(f"{url} is not the release it should be (its SHA-256 differs): install Terraform {PINNED}")
    return content


def this_platform() -> str:
    """Return this machine's name among Terraform's platforms, such as linux_amd64."""
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{architecture}"


def provider_mirror(lock_file: Path) -> Path | None:
    """Return a folder that has the locked AWS provider, for ``terraform init -plugin-dir``; None: Terraform fetches it.

    TF_PLUGIN_DIR is taken unseen; then come the folders that Terraform itself would look into, then one shallow look
    into the folders where software is put by hand. Machines without a way to the registry have such a mirror.
    """
    if given := os.environ.get("TF_PLUGIN_DIR"):
        return Path(given)
    locked = {name: lock for block in hcl.parse(lock_file).get("provider", []) for name, lock in block.items()}
    if PROVIDER not in locked:
        raise CommandError(f"{lock_file} does not lock {PROVIDER}")
    version, system = locked[PROVIDER]["version"], this_platform()
    for mirror in _mirrors():
        provider = mirror / PROVIDER
        packed = provider / f"terraform-provider-aws_{version}_{system}.zip"
        if (provider / version / system).is_dir() or packed.is_file():
            return mirror
    return None


def _mirrors() -> Iterator[Path]:
    yield from (Path(mirror).expanduser() for mirror in (*IMPLIED_MIRRORS, *IMPLIED_SYSTEM_MIRRORS))
    for folder in SOFTWARE_FOLDERS:
        for depth in ("", "*/", "*/*/"):
            yield from (found.parents[2] for found in sorted(Path(folder).glob(f"{depth}{PROVIDER}")))


def _version(terraform: Path) -> tuple[int, ...]:
    try:
        answer = subprocess.run([terraform, "version", "-json"], capture_output=True, check=True, timeout=30).stdout
        return tuple(int(part) for part in json.loads(answer)["terraform_version"].split("-")[0].split("."))
    # Whatever is wrong with it, it is not a Terraform that we can use.
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return ()
