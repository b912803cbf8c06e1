"""A stack's working copy, and Terraform run in it through python-terraform.

A stack has neither provider nor backend, so that anybody can use it as a module. A working copy gets both, the zips
and the variables, in files; what Terraform will read is therefore known, and comparable, before anything runs.
"""

import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import python_terraform
from python_terraform import IsFlagged

from scripts import environments, project
from scripts.compile.routing.check import compiled
from scripts.project import CommandError
from scripts.stacks import hcl
from scripts.stacks import progress as terraform_progress
from scripts.stacks import release as terraform_release

PACKAGE_DIR = "../../../dist"
"""Where a working copy has the zips, from its stack: a path that is the same on every machine, so plans agree."""

ROUTING = {"source": "../../../routing/routing.yaml", "compiled": f"{PACKAGE_DIR}/routing.json"}
"""Where a working copy has its environment's routing, as people wrote it and as Terraform and the functions read it."""

CATALOGUE = "functions/aws_service_event_handler/catalogue"
"""What Terraform never parses, but hashes, to know whether the compiled catalogue is that of these files."""

LOCK = ".terraform.lock.hcl"
"""Where a stack pins its providers."""

INIT_LOCK = project.CACHE / "terraform" / "init.lock"
"""The lock that a process holds while it runs ``terraform init``."""

CHANGES = 2
"""The exit status of ``terraform plan -detailed-exitcode`` when something would change."""

PARALLELISM = min(40, 10 * (os.cpu_count() or 1))
"""How many resources are made at a time: the provider sleeps 25 seconds for every queue, and Terraform's default is 10.

Per core, since each also costs work: a local AWS on one or two cores would answer all of them late.
"""

LOCK_TIMEOUT = "5m"
"""How long a run waits for another one that holds the state's lock, before it fails and names that run."""

Files = dict[str, bytes]


def working_files(
    stack: str,
    environment: str,
    variables: Mapping[str, object] | None = None,
    backend: str = "",
    *,
    routing: Path | None = None,
) -> Files:
    """Return the files of a stack's working copy by name: its sources, the build results, and a generated root.

    The root has a provider, a backend (``backend`` is the body of a terraform block) and variables: those of the
    environment, those of ``variables``, which override them, and the places of the zips and of the routing where the
    stack declares such inputs. ``routing`` replaces the environment's routing file. Raises CommandError when there is
    none, or when it has errors.
    """
    files = _sources("modules") | _sources(f"stacks/{stack}")
    own: dict[str, object] = {}
    inputs = hcl.variables(environments.STACKS / stack / "variables.tf")
    if "package_dir" in inputs:
        files |= _built()
        own["package_dir"] = PACKAGE_DIR
    if "routing" in inputs:
        files |= _routing(routing or environments.files(environment).routing)
        own["routing"] = ROUTING
    tags = json.dumps({"project": "infra-events", "environment": environment})
    root = f'provider "aws" {{\n  default_tags {{\n    tags = {tags}\n  }}\n}}\n\nterraform {{\n  {backend}\n}}\n'
    folder = f"terraform/stacks/{stack}"
    return files | {
        # Terraform reads these two in this order, the later wins.
        f"{folder}/environment.auto.tfvars": environments.files(environment).variables(stack).read_bytes(),
        f"{folder}/own.auto.tfvars.json": json.dumps(own | dict(variables or {}), indent=2).encode(),
        f"{folder}/root.tf": root.encode(),
    }


def state_files(stack: str, backend: str) -> Files:
    """Return the files of a working copy that only reads the state in ``backend``: a root that names the providers."""
    source, folder = environments.STACKS / stack, f"terraform/stacks/{stack}"
    locked = {f"{folder}/{name}": (source / name).read_bytes() for name in ("versions.tf", LOCK)}
    return locked | {f"{folder}/root.tf": f"terraform {{\n  {backend}\n}}\n".encode()}


def digest(files: Files) -> str:
    """Return one hash of all that Terraform will read; the provider's version is in it, in the lock file."""
    state = hashlib.sha256()
    for name in sorted(files):
        state.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return state.hexdigest()[:16]


def _sources(folder: str) -> Files:
    """Return what Terraform reads of a folder of terraform/: no tests, no pages, nothing of a run by hand."""
    terraform = project.ROOT / "terraform"
    names = (file.relative_to(terraform) for file in sorted((terraform / folder).rglob("*")) if file.is_file())
    return {
        f"terraform/{name.as_posix()}": (terraform / name).read_bytes()
        for name in names
        if {".terraform", "tests", "backend.tf"}.isdisjoint(name.parts)
        and ".tfstate" not in name.name
        and name.suffix != ".md"
    }


def _built() -> Files:
    """Return the zips and the catalogue, compiled and as its sources."""
    built = [*sorted(project.DIST.glob("*.zip")), *project.DIST.glob("catalogue.json")]
    source = sorted((project.ROOT / CATALOGUE).glob("*.yaml"))
    return {f"dist/{file.name}": file.read_bytes() for file in built} | {
        f"{CATALOGUE}/{file.name}": file.read_bytes() for file in source
    }


def _routing(file: Path) -> Files:
    """Return a routing file, compiled and as its source."""
    if not file.exists():
        example = project.shown(environments.files(environments.EXAMPLE).routing)
        raise CommandError(f"there is no {project.shown(file)}, which decides who receives which event: copy {example}")
    return {"dist/routing.json": compiled(file), "routing/routing.yaml": file.read_bytes()}


class Stack:
    """A stack in a working copy, seen through the variables of one process (an endpoint, credentials)."""

    def __init__(self, name: str, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder / "terraform" / "stacks" / name
        self._terraform = _Terraform(self.folder, clean(env))

    @classmethod
    def create(
        cls, name: str, folder: Path, files: Files, env: Mapping[str, str], *, backend_config: tuple[str, ...] = ()
    ) -> Self:
        """Write the working copy into ``folder`` and initialise it with exactly the locked provider.

        ``backend_config`` completes the backend's block: files, or settings such as ``key=a.tfstate``.
        """
        for file, content in files.items():
            project.write(folder / file, content)
        stack = cls(name, folder, env)
        stack.init(backend_config)
        return stack

    def init(self, backend_config: tuple[str, ...] = ()) -> None:
        """Run ``terraform init``, one at a time: Terraform does not share its cache of providers safely."""
        mirror = terraform_release.provider_mirror(self.folder / LOCK)
        with project.locked(INIT_LOCK):
            self._terraform.init(
                var=None,
                backend_config=list(backend_config),
                lockfile="readonly",
                plugin_dir=str(mirror) if mirror else None,
            )

    def plan(self, out: Path | None = None, on_line: Callable[[str], None] | None = None) -> bool:
        """Plan into the file ``out``, show each line to ``on_line``, and return whether anything would change.

        Planning writes no state, so it takes no lock: who may only plan needs no right to write or remove one. A plan
        of a state that has changed since is refused when it is applied.
        """
        code, _, _ = self._terraform.plan(var=None, out=str(out) if out else None, lock=False, on_line=on_line)
        return bool(code == CHANGES)

    def apply(self, plan: Path | None = None) -> None:
        """Apply a saved plan, or else all changes, and show the progress."""
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
            # python_terraform's destroy() passes -force, which Terraform no longer takes.
            self._terraform.cmd(
                "destroy", "-auto-approve", "-json", "-input=false", lock_timeout=LOCK_TIMEOUT, on_line=show
            )

    def show(self, plan: Path | None = None) -> dict[str, Any]:
        """Return a saved plan, or else the state, as ``terraform show -json`` writes it."""
        _, output, _ = self._terraform.cmd("show", "-json", *([str(plan)] if plan else []))
        return dict(json.loads(output))

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs by name."""
        _, output, _ = self._terraform.cmd("output", "-json")
        return {name: value["value"] for name, value in json.loads(output).items()}


class _Terraform(python_terraform.Terraform):  # type: ignore[misc] # it has no types
    """python-terraform, with an environment per instance and with output as it comes.

    Its own ``cmd`` passes os.environ, returns output only at the end (its ``synchronous`` leaks into the command line),
    and leaves Terraform running when Ctrl-C ends the script.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__(working_dir=str(folder), terraform_bin_path=str(terraform_release.binary()))
        self._env = env

    def cmd(
        self, cmd: str, *args: str, on_line: Callable[[str], None] | None = None, **options: object
    ) -> tuple[int, str, str]:
        """Run a command and return its exit code and output; a failure raises CommandError with Terraform's message."""
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
    """Return ``env`` fit for Terraform: without options from elsewhere, without a CLI configuration that is gone."""
    kept = {name: value for name, value in env.items() if not name.startswith(("TF_CLI_ARGS", "TF_VAR_"))}
    if not os.path.exists(kept.get("TF_CLI_CONFIG_FILE", "")):  # noqa: PTH110 - an empty Path is the current folder
        kept.pop("TF_CLI_CONFIG_FILE", None)
    # Where Terraform fetches the provider, it does so once and not for every working copy.
    cache = project.CACHE / "terraform" / "providers"
    cache.mkdir(parents=True, exist_ok=True)
    # By default the provider spends a fifth of its time on collecting garbage; for 40 MB more it spends little.
    frugal = {"GOGC": "400", "TF_PLUGIN_CACHE_DIR": str(cache)}
    return {**frugal, **kept, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
