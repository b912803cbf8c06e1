"""``terraform test`` of every module and stack: its tests lie beside it, in tests/*.tftest.hcl."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scripts import environments, project
from scripts.build import package
from scripts.stacks import release as terraform_release
from scripts.stacks.working_copy import CATALOGUE, INIT_LOCK, clean
from tests.support import provider

SOURCE = project.ROOT / "terraform"
LOCK = environments.STACKS / environments.NOTIFICATIONS / ".terraform.lock.hcl"
FOLDERS = sorted(
    (
        str(file.parent.relative_to(SOURCE))
        for file in SOURCE.rglob("versions.tf")
        if {"tests", "examples", ".terraform"}.isdisjoint(file.relative_to(SOURCE).parts)
    ),
    key=lambda folder: (-sum(file.stat().st_size for file in (SOURCE / folder / "tests").glob("*.tftest.hcl")), folder),
)
"""Every module and stack: a folder with a versions.tf; those with the most tests come first, since they take longest.
Examples are applied by tests/e2e/test_examples.py."""


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of terraform/ beside what its tests read of this checkout: zips and catalogue, freshly built."""
    copy = tmp_path_factory.mktemp("infra") / "terraform"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf"))
    package.build()
    for folder in ("dist", CATALOGUE):
        shutil.copytree(project.ROOT / folder, copy.parent / folder)
    return copy


@pytest.fixture(scope="session")
def env(copy: Path) -> Iterator[Mapping[str, str]]:
    """Return the environment of Terraform runs that share one process of the provider that is locked for the stack."""
    folder, env = copy / "stacks" / environments.NOTIFICATIONS, clean(os.environ)
    mirror = terraform_release.provider_mirror(LOCK)
    with project.locked(INIT_LOCK):
        initialised = _run(folder, env, "init", "-lockfile=readonly", *([f"-plugin-dir={mirror}"] if mirror else []))
    assert "successfully initialized" in initialised, initialised
    with provider.attached(folder, env) as attached:
        yield attached


@pytest.mark.parametrize("folder", FOLDERS)
def test_terraform(copy: Path, env: Mapping[str, str], folder: str) -> None:
    output = terraform_test(copy / folder, env)

    assert " passed, 0 failed." in output, output
    assert "Success! 0 passed" not in output, f"{folder} has no tests"


CHANNEL = """
    telex = {
      description = "Delivers by telex"
      permissions = jsonencode({ Version = "2012-10-17", Statement = [] })
      environment = { EXCHANGE = "value" }
      rate        = 1
    }
"""
"""All that a channel with a function takes: an entry in the notifier's channels."""


def test_a_channel_is_one_folder_and_one_entry(copy: Path, env: Mapping[str, str], tmp_path: Path) -> None:
    for folder in ("modules", "stacks", "fixtures"):
        shutil.copytree(copy / folder, tmp_path / "terraform" / folder, ignore=shutil.ignore_patterns(".terraform"))
    for folder in ("dist", CATALOGUE):
        shutil.copytree(copy.parent / folder, tmp_path / folder)
    shutil.copy(tmp_path / "dist/email_notification_sender.zip", tmp_path / "dist/telex_notification_sender.zip")
    notifier = tmp_path / "terraform/modules/notifier/main.tf"
    entries = "  channels = {\n"
    assert entries in notifier.read_text()
    notifier.write_text(notifier.read_text().replace(entries, entries + CHANNEL, 1))
    stack = tmp_path / "terraform/stacks" / environments.NOTIFICATIONS
    (tests,) = (stack / "tests").iterdir()
    start, _ = tests.read_text().split('run "', 1)
    tests.write_text(
        start
        + """
run "the_channel_has_a_queue_and_a_function" {
  command = plan

  variables {
    heartbeat = { channel = "telex" }
  }

  assert {
    condition = [
      for key in ["channel", "dlq", "worker"] : output.queues.OrgResourceEventsNotificationTelex[key]
    ] == ["telex", "OrgResourceEventsNotificationTelexDLQ", "TelexNotificationSender"]
    error_message = jsonencode(output.queues)
  }

  assert {
    condition = { for name, queue in output.queues : name => queue.filter_policy if queue.channel == "telex" } == {
      OrgResourceEventsNotificationTelex       = tomap({ channels = tolist(["telex"]) })
      OrgResourceEventsNotificationTelexUrgent = tomap({ channels = tolist(["telex"]), severity = tolist(["FATAL"]) })
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition     = output.functions.TelexNotificationSender.name == "TelexNotificationSender"
    error_message = jsonencode(output.functions)
  }
}
"""
    )

    output = terraform_test(stack, env)

    assert "Success! 1 passed, 0 failed." in output, output


def terraform_test(folder: Path, env: Mapping[str, str]) -> str:
    """Run the tests in ``folder``, and return Terraform's output."""
    return _run(folder, env, "init") + _run(folder, env, "test")


def _run(folder: Path, env: Mapping[str, str], command: str, *options: str) -> str:
    return subprocess.run(
        [terraform_release.binary(), command, "-no-color", *options],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout
