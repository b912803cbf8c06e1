"""Where the inputs of a deployment are: a stack is a folder of terraform/stacks, an environment one of environments."""

from dataclasses import dataclass
from pathlib import Path

from scripts import project

ENVIRONMENTS = project.ROOT / "terraform" / "environments"
STACKS = project.ROOT / "terraform" / "stacks"

ACCOUNTS = "accounts.yaml"
"""The file beside a routing file that names the accounts; there need not be one."""

LOCAL = "local"
"""The environment of the local AWS."""

EXAMPLE = "example"
"""The environment that people copy."""

NOTIFICATIONS = "notifications"
"""The stack that a verb means when no other is named; the local AWS runs it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one environment, whether they exist or not."""

    folder: Path

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.folder.name

    @property
    def routing(self) -> Path:
        """The routing file."""
        return self.folder / "routing.yaml"

    @property
    def backend(self) -> Path:
        """The place of the states in S3, without their keys; without this file the states are in this folder."""
        return self.folder / "backend.hcl"

    def variables(self, stack: str) -> Path:
        """Return the file with a stack's variables; where there is none, the stack is not part of the environment."""
        return self.folder / f"{stack}.tfvars"

    def state(self, stack: str) -> Path:
        """Return the file with a stack's state, where that is on this machine."""
        return self.folder / state_key(stack)


def files(environment: str) -> Files:
    """Return the files of an environment by its name."""
    return Files(ENVIRONMENTS / environment)


def names() -> list[str]:
    """Return the names of all environments, ``local`` and ``example`` among them."""
    return _folders(ENVIRONMENTS)


def stacks() -> list[str]:
    """Return the names of all stacks."""
    return _folders(STACKS)


def state_key(stack: str) -> str:
    """Return the name of a stack's state in the environment's backend."""
    return f"{stack}.tfstate"


def _folders(parent: Path) -> list[str]:
    return sorted(folder.name for folder in parent.iterdir() if folder.is_dir())
