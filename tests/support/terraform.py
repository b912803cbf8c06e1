"""Terraform run in any folder against a local AWS, its plans in JSON, and what plans lose or change."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.stacks import release
from scripts.stacks.working_copy import LOCK, PARALLELISM, clean

DRIFTS = {"aws_cloudwatch_metric_alarm"}
"""Types of which the local AWS loses fields, so that every plan would restore them."""

PLAN = "test.tfplan"


class Root:
    """A root module in `folder`, which needs a lock file there, and the environment of its Terraform runs."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self._env = clean(env)

    def init(self) -> None:
        """Run `terraform init` with exactly the locked provider."""
        mirror = release.provider_mirror(self.folder / LOCK)
        self._run("init", "-lockfile=readonly", *([f"-plugin-dir={mirror}"] if mirror else []))

    def plan(self) -> Any:
        """Plan, and return the plan as `terraform show -json` prints it."""
        self._run("plan", f"-out={PLAN}")
        return json.loads(self._run("show", "-json", PLAN))

    def apply(self) -> None:
        self._run("apply", "-auto-approve", f"-parallelism={PARALLELISM}")

    def destroy(self) -> None:
        self._run("destroy", "-auto-approve", f"-parallelism={PARALLELISM}")

    def resources(self) -> list[str]:
        """Return the addresses in the state."""
        return self._run("state", "list").split()

    def outputs(self) -> dict[str, Any]:
        """Return the outputs by name."""
        return {name: output["value"] for name, output in json.loads(self._run("output", "-json")).items()}

    def dependencies(self) -> set[tuple[str, str]]:
        """Return pairs of addresses without indices: the first is read, created or updated after the second."""
        return set(re.findall(r'^ *"([^"]+)" -> "([^"]+)"', self._run("graph"), re.MULTILINE))

    def test_plans(self) -> list[Any]:
        """Run `terraform test`, and return the plan of each run as `terraform show -json` would print it."""
        lines = map(json.loads, self._run("test", "-json", "-verbose").splitlines())
        return [line["test_plan"] for line in lines if line["type"] == "test_plan"]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [release.binary(), *arguments], cwd=self.folder, env=self._env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"terraform {arguments[0]} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout


def changes(plan: Mapping[str, Any]) -> list[str]:
    """Return a line for each resource that a plan changes, but for those of which the local AWS loses something."""
    return [
        line(change)
        for change in plan["resource_changes"]
        if change["change"]["actions"] != ["no-op"] and change["type"] not in DRIFTS
    ]


def losses(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return what a plan deletes, replaces or forgets: address without indices → a line about one such resource."""
    return {
        without_index(change["address"]): line(change)
        for change in plan["resource_changes"]
        if change["mode"] == "managed" and not {"delete", "forget"}.isdisjoint(change["change"]["actions"])
    }


def line(change: Mapping[str, Any]) -> str:
    """Return a resource's change in one line: actions, address, former address, and what forces a replacement."""
    actions = "+".join(change["change"]["actions"])
    moved = f" (was {change['previous_address']})" if "previous_address" in change else ""
    forced = f" because of {change['change']['replace_paths']}" if change["change"].get("replace_paths") else ""
    return f"{actions} {change['address']}{moved}{forced}"


def calls(module: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, str]]:
    """Return the module calls in a plan's configuration: each one's address without indices, and its module's name.

    Modules of values alone are left out: nothing of them is in a state.
    """
    for name, call in module.get("module_calls", {}).items():
        address = f"{parent}module.{name}"
        if call["module"].keys() & {"resources", "module_calls"}:
            yield address, call["source"].rpartition("/")[2]
        yield from calls(call["module"], f"{address}.")


def instances(module: Mapping[str, Any]) -> Iterator[str]:
    """Return the addresses without indices of all modules below one that have resources."""
    for child in module.get("child_modules", []):
        yield without_index(child["address"])
        yield from instances(child)


def without_index(address: str) -> str:
    """Return `module.bus.this` for `module.bus["a"].this["b"]`."""
    plain, inside = "", False
    for character in address:
        inside = character == "[" or (inside and character != "]")
        plain += "" if inside or character == "]" else character
    return plain
