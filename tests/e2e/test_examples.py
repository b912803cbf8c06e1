"""Every folder of terraform/examples: applied on a local AWS, planned again and destroyed, each in its own account."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from scripts import project
from scripts.build import package
from scripts.compile.routing.check import compiled
from scripts.local.aws import REGION, LocalAws
from scripts.stacks.working_copy import CATALOGUE, LOCK
from tests.support import terraform
from tests.support.inventory import inventory

SOURCE = project.ROOT / "terraform"
LOCK_FILE = SOURCE / "stacks" / "notifications" / LOCK
ROUTING = ".routing.yaml"
EXAMPLES = sorted(path.parent.name for path in (SOURCE / "examples").glob("*/main.tf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What an example made, by kind, what a second plan would change, and what was left after its end."""

    made: Mapping[str, set[str]]
    second_plan: Sequence[str]
    left: Mapping[str, set[str]]
    state: Sequence[str]


@pytest.fixture(scope="module")
def lives(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Life]]]:
    """The lives of the selected examples, all at a time: Terraform mostly waits for queues."""
    copy = _copy(tmp_path_factory.mktemp("examples"))
    selected = {item.name for item in request.session.items}
    with LocalAws.start() as aws, ThreadPoolExecutor() as pool:
        yield {
            name: pool.submit(_live, copy / name, aws, account=f"{index + 1:012d}")
            for index, name in enumerate(EXAMPLES)
            if f"test_an_example_is_applied_and_leaves_nothing[{name}]" in selected
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_applied_and_leaves_nothing(lives: Mapping[str, Future[Life]], name: str) -> None:
    life = lives[name].result()

    assert {"queues", "topics", "functions"} <= life.made.keys()
    assert life.second_plan == []
    assert life.left == {}
    assert life.state == []


def _copy(folder: Path) -> Path:
    """Write the modules, the examples and what is built into `folder`, and return that of the examples."""
    package.build()
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", "tests", LOCK)
    shutil.copytree(SOURCE, folder / "terraform", ignore=ignored)
    shutil.copytree(project.DIST, folder / "dist")
    shutil.copytree(project.ROOT / CATALOGUE, folder / CATALOGUE)
    for file in (SOURCE / "examples").glob(f"*/*{ROUTING}"):
        project.write(folder / "dist" / "routing" / f"{file.name.removesuffix(ROUTING)}.json", compiled(file))
    return folder / "terraform" / "examples"


def _live(folder: Path, aws: LocalAws, *, account: str) -> Life:
    shutil.copy(LOCK_FILE, folder)
    client = _client(aws, account)
    before = inventory(client)
    root = terraform.Root(folder, {**aws.env(), "AWS_ACCESS_KEY_ID": account})
    root.init()
    root.apply()
    made, second_plan = _more(inventory(client), before), terraform.changes(root.plan())
    root.destroy()
    return Life(made=made, second_plan=second_plan, left=_more(inventory(client), before), state=root.resources())


def _more(now: Mapping[str, set[str]], before: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {kind: more for kind in now if (more := now[kind] - before[kind])}


def _client(aws: LocalAws, account: str) -> Callable[[str], Any]:
    """Return clients of another account: to the local AWS an account's id is its administrator's key."""

    @cache
    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=aws.endpoint,
            region_name=REGION,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            config=Config(proxies={}),
        )

    return client
