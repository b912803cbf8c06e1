"""A stack's working copy, and Terraform run in it through python-terraform.

The stack has neither provider nor backend, so that anybody can use it as a module. A working copy gets both, the zips
and the variables, in files; what Terraform will read is therefore known, and comparable, before anything runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import python_terraform
from python_terraform import IsFlagged

from scripts import project
from scripts.compile.routing.check import compiled
from scripts.project import CommandError
from scripts.stacks import progress as terraform_progress
from scripts.stacks import release as terraform_release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePath

STACK = "stacks/notifications"
ENVIRONMENTS = project.ROOT / "terraform" / STACK / "environments"
PACKAGE_DIR = "../../../dist"
"""Where a working copy has the zips, from its stack: a path that is the same on every machine, so plans agree."""

ROUTING = {"source": "../../../routing/routing.yaml", "compiled": f"{PACKAGE_DIR}/routing.json"}
"""Where a working copy has its environment's routing, as people wrote it and as Terraform and the functions read it."""

CATALOGUE = "functions/aws_service_event_handler/catalogue"
"""What Terraform never parses, but hashes, to know whether the compiled catalogue is that of these files."""

LOCK = ".terraform.lock.hcl"
"""Where a stack pins its providers."""

CHANGES = 2
"""What `terraform plan -detailed-exitcode` says when something would change."""

PARALLELISM = 40
"""The provider sleeps 25 seconds for every queue, and by default ten resources wait at a time."""

LOCK_TIMEOUT = "5m"
"""How long a run waits for another one that holds the state's lock, before it gives up and says whose lock that is."""

NOT_PART_OF_IT = {".terraform", "bootstrap", "environments", "fixtures", "tests"}

Files = dict[str, bytes]


def working_files(
    environment: str,
    variables: Mapping[str, object] | None = None,
    backend: str = "",
    *,
    routing: Path | None = None,
) -> Files:
    """Return a working copy's files by name: terraform/, what was built and from which sources, and what a root has.

    That is variables, of which `variables` override those of environments/<environment>.tfvars, a provider and a
    backend; `backend` is the body of a terraform block. `routing` is deployed instead of
    environments/<environment>.routing.yaml. Raises CommandError when there is none, or when it has errors.
    """
    routing = routing or ENVIRONMENTS / f"{environment}.routing.yaml"
    if not routing.exists():
        raise CommandError(f"there is no {routing.name}, which says who hears of what: copy example.routing.yaml")
    files = {
        f"terraform/{name.as_posix()}": file.read_bytes()
        for file in sorted((project.ROOT / "terraform").rglob("*"))
        if file.is_file() and _is_part(name := file.relative_to(project.ROOT / "terraform"))
    }
    built = [*sorted(project.DIST.glob("*.zip")), *project.DIST.glob("catalogue.json")]
    files |= {f"dist/{file.name}": file.read_bytes() for file in built}
    source = sorted((project.ROOT / CATALOGUE).glob("*.yaml"))
    files |= {f"{CATALOGUE}/{file.name}": file.read_bytes() for file in source}
    files |= {"dist/routing.json": compiled(routing), "routing/routing.yaml": routing.read_bytes()}
    own = {"package_dir": PACKAGE_DIR, "routing": ROUTING, **(variables or {})}
    tags = json.dumps({"project": "infra-events", "environment": environment})
    root = f'provider "aws" {{\n  default_tags {{\n    tags = {tags}\n  }}\n}}\n\nterraform {{\n  {backend}\n}}\n'
    return files | {
        # Terraform reads these two in this order, the later wins.
        f"terraform/{STACK}/environment.auto.tfvars": (ENVIRONMENTS / f"{environment}.tfvars").read_bytes(),
        f"terraform/{STACK}/own.auto.tfvars.json": json.dumps(own, indent=2).encode(),
        f"terraform/{STACK}/root.tf": root.encode(),
    }


def state_files(backend: str) -> Files:
    """Return the files of a working copy that only reads the state in `backend`: a root that names the providers."""
    folder = project.ROOT / "terraform" / STACK
    locked = {f"terraform/{STACK}/{name}": (folder / name).read_bytes() for name in ("versions.tf", LOCK)}
    return locked | {f"terraform/{STACK}/root.tf": f"terraform {{\n  {backend}\n}}\n".encode()}


def digest(files: Files) -> str:
    """Return one hash of all that Terraform will read; the provider's version is in it, in the lock file."""
    state = hashlib.sha256()
    for name in sorted(files):
        state.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return state.hexdigest()[:16]


def _is_part(name: PurePath) -> bool:
    return NOT_PART_OF_IT.isdisjoint(name.parts) and ".tfstate" not in name.name


class Stack:
    """The notifications stack in a working copy, seen through one environment (an endpoint, credentials)."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder / "terraform" / STACK
        self._terraform = _Terraform(self.folder, clean(env))

    @classmethod
    def create(cls, folder: Path, files: Files, env: Mapping[str, str], *, backend_config: Path | None = None) -> Stack:
        """Write the working copy into `folder` and initialise it with exactly the locked provider."""
        for name, content in files.items():
            project.write(folder / name, content)
        stack = cls(folder, env)
        stack.init(backend_config)
        return stack

    def init(self, backend_config: Path | None = None) -> None:
        """Run `terraform init`."""
        mirror = terraform_release.provider_mirror(self.folder / LOCK)
        self._terraform.init(
            var=None,
            backend_config=str(backend_config) if backend_config else None,
            lockfile="readonly",
            plugin_dir=str(mirror) if mirror else None,
        )

    def validate(self) -> None:
        """Run `terraform validate`."""
        self._terraform.cmd("validate")

    def plan(self, out: Path | None = None, on_line: Callable[[str], None] | None = None) -> bool:
        """Plan, and say whether anything would change; `out` saves the plan, `on_line` gets it line by line."""
        code, _, _ = self._terraform.plan(
            var=None, out=str(out) if out else None, lock_timeout=LOCK_TIMEOUT, on_line=on_line
        )
        return bool(code == CHANGES)

    def apply(self, plan: Path | None = None) -> None:
        """Apply a saved plan, or whatever there is to change, and show its progress."""
        with terraform_progress.shown("apply") as show:
            self._terraform.apply(
                str(plan) if plan else None,
                skip_plan=True,
                var=None,
                parallelism=PARALLELISM,
                lock_timeout=LOCK_TIMEOUT,
                json=IsFlagged,
                on_line=show,
            )

    def destroy(self) -> None:
        """Remove everything, and show the progress."""
        with terraform_progress.shown("destroy") as show:
            # python_terraform's destroy() says -force, which Terraform has not known for years.
            self._terraform.cmd(
                "destroy", "-auto-approve", "-json", "-input=false", lock_timeout=LOCK_TIMEOUT, on_line=show
            )

    def resources(self) -> list[str]:
        """Return the addresses of all that is in the state."""
        _, output, _ = self._terraform.cmd("state list")
        return str(output).split()

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs by name."""
        _, output, _ = self._terraform.cmd("output", "-json")
        return {name: value["value"] for name, value in json.loads(output).items()}


class _Terraform(python_terraform.Terraform):  # type: ignore[misc] # it has no types
    """python-terraform, with an environment per instance and with output as it comes.

    Its own `cmd` passes os.environ, returns output only at the end (its `synchronous` leaks into the command line),
    and leaves Terraform running when Ctrl-C ends the script.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__(working_dir=str(folder), terraform_bin_path=str(terraform_release.binary()))
        self._env = env

    def cmd(
        self, cmd: str, *args: str, on_line: Callable[[str], None] | None = None, **options: object
    ) -> tuple[int, str, str]:
        """Run a command and return its exit code and output; a failure is a CommandError with Terraform's words."""
        command = self.generate_cmd_string(cmd, *args, **options)
        lines = []
        with subprocess.Popen(
            command,
            cwd=self.working_dir,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C reaches this script alone, which passes it on once: a second one would cut Terraform off.
            process_group=0,
        ) as process:
            try:
                for line in process.stdout or ():
                    lines.append(line)
                    if on_line:
                        on_line(line)
            except BaseException:
                _interrupt(process)
                raise
        if process.returncode not in ((0, CHANGES) if cmd == "plan" else (0,)):
            raise CommandError(f"terraform {cmd} failed:\n{terraform_progress.failure(lines)}")
        return process.returncode, "".join(lines), ""


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Let Terraform finish what it is at and save its state; a second Ctrl-C does not wait for that."""
    try:
        process.send_signal(signal.SIGINT)
        process.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise


def clean(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` fit for Terraform: without options from elsewhere, without a CLI configuration that is gone."""
    kept = {name: value for name, value in env.items() if not name.startswith(("TF_CLI_ARGS", "TF_VAR_"))}
    if not os.path.exists(kept.get("TF_CLI_CONFIG_FILE", "")):  # noqa: PTH110 - an empty Path is the current folder
        kept.pop("TF_CLI_CONFIG_FILE", None)
    # Where Terraform fetches the provider, it does so once and not for every working copy.
    cache = project.CACHE / "terraform" / "providers"
    cache.mkdir(parents=True, exist_ok=True)
    return {"TF_PLUGIN_CACHE_DIR": str(cache), **kept, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}


def check() -> None:
    """Check the format of terraform/, and that the stack, which holds every module, is valid."""
    terraform = terraform_release.binary()
    source = project.ROOT / "terraform"
    if subprocess.run(
        [terraform, "fmt", "-check", "-recursive", source], env=clean(os.environ), check=False
    ).returncode:
        raise CommandError("these are not formatted: terraform fmt -recursive terraform")
    with tempfile.TemporaryDirectory() as folder:
        Stack.create(Path(folder), working_files("local"), os.environ).validate()


if __name__ == "__main__":
    project.run(check)
