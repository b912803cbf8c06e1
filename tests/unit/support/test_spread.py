import pytest

from tests.conftest import TESTS
from tests.support import spread


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/unit/test_x.py::test_a[tests/e2e/y]", "tests/unit/test_x.py"),
        ("tests/unit/shared/domain/test_x.py::test_a", "tests/unit/shared/domain/test_x.py"),
        ("tests/e2e/test_x.py::test_a", "tests/e2e/test_x.py"),
        ("tests/e2e/pipeline/test_x.py::test_a", "tests/e2e/pipeline"),
        ("tests/e2e/pipeline/test_y.py::test_b", "tests/e2e/pipeline"),
        ("tests/infra/test_x.py::test_a[modules/blocks/queue]", "tests/infra/test_x.py::test_a[modules/blocks/queue]"),
    ],
)
def test_what_shares_a_deployment_or_a_file_is_a_group(nodeid: str, group: str) -> None:
    assert spread.group(nodeid) == group


def test_every_test_has_a_place_in_the_order_and_every_place_a_test() -> None:
    files = [f"tests/{file.relative_to(TESTS).as_posix()}" for file in TESTS.rglob("test_*.py")]
    assert sorted({spread.start(file) for file in files}) == list(range(len(spread.LONGEST)))
