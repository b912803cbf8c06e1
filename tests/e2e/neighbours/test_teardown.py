"""The end of the fresh deployments: by its name this module comes last, for nothing is there after it."""

from concurrent.futures import ThreadPoolExecutor

from scripts.stacks import waiting
from tests.e2e.conftest import Neighbours
from tests.support.inventory import inventory


def test_destroy_leaves_nothing(neighbours: Neighbours) -> None:
    there = inventory(neighbours.left.client)
    kinds = {kind for kind, names in there.items() if names != neighbours.before[kind]}
    assert kinds == there.keys() - {"alarms", "policies"}, "else the comparison below means nothing"

    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda pipeline: pipeline.deployment.stack.destroy(), neighbours.both))

    assert inventory(neighbours.left.client) == neighbours.before
    assert [waiting.existing(pipeline.deployment.stack.show()) for pipeline in neighbours.both] == [[], []]
