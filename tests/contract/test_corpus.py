"""A person agrees with what becomes of sample events of many services.

The folder `corpus` beside this file holds a few, in the form that tests/support/corpus.py describes. The environment
variable INFRA_EVENTS_CORPUS may name a folder of published ones: hundreds, which are other people's and therefore
never copied here. docs/catalogue.md describes such a folder.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aws_service_event_handler import generic
from scripts.compile import catalogue
from tests.support.corpus import RESOURCES_JUDGED, STATES_JUDGED, Corpus, Row, judged
from tests.support.written import check_written

OWN = Path(__file__).parent / "corpus"
PUBLISHED = os.environ.get("INFRA_EVENTS_CORPUS", "")
WITHOUT = "INFRA_EVENTS_CORPUS names no folder of published samples (docs/catalogue.md)"

RESOURCES_RIGHT, STATES_RIGHT = 0.98, 0.95
PUBLISHED_AND_MAPPED = 100

UNMAPPED = {"rds/cloudtrail-createdomain.json", "s3/api-call.json"}
"""No service of AWS sends these: a call of CloudSearch's as RDS's, and an example made up for a rule."""


@pytest.fixture(scope="module", params=["own", "published"])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    if request.param == "own":
        return Corpus(OWN)
    if not PUBLISHED:
        pytest.skip(WITHOUT)
    return Corpus(Path(PUBLISHED))


def test_every_event_has_an_outcome(corpus: Corpus) -> None:
    for row in corpus.rows:
        assert corpus.events(row), row["file"]
        for event in corpus.events(row):
            check_written(event)


@pytest.mark.skipif(not PUBLISHED, reason=WITHOUT)
def test_published_samples_of_listed_services_are_mapped() -> None:
    corpus = Corpus(Path(PUBLISHED))
    listed = {source for entry in catalogue.compiled()["entries"] for source in entry["sources"]}
    rows = [row for row in corpus.rows if row["source"] in listed and row["kind"] != "synthetic"]
    assert {row["file"] for row in rows if corpus.events(row)[0].type.endswith(generic.UNMAPPED)} <= UNMAPPED
    assert len(rows) > PUBLISHED_AND_MAPPED


@pytest.mark.parametrize(
    ("agrees", "judgements", "least"),
    [
        (Corpus.resources_agree, RESOURCES_JUDGED, RESOURCES_RIGHT),
        (Corpus.state_agrees, STATES_JUDGED, STATES_RIGHT),
    ],
    ids=["resources", "states"],
)
def test_a_person_agrees(
    corpus: Corpus, agrees: Callable[[Corpus, Row], bool], judgements: Mapping[str, str], least: float
) -> None:
    wrong = [row["file"] for row in corpus.rows if not agrees(corpus, row) and not judged(row, judgements)]
    assert 1 - len(wrong) / len(corpus.rows) >= least, "\n".join(wrong)


def test_a_state_is_the_detail_type_only_where_nothing_else_names_it(corpus: Corpus) -> None:
    wrong = [
        row["file"]
        for row in corpus.rows
        if not row["state_action_path"].startswith("implied")
        and corpus.events(row)[0].state == corpus.document(row)["detail-type"]
        and not judged(row, STATES_JUDGED)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "column", "path"),
    [
        ("ec2/instance-stopped.json", "state_action_path", "$.detail.instance-id"),
        ("ec2/volume-lost.json", "resource_id_path_if_empty", "$.detail-type"),
        ("ec2/run-instances-denied.json", "resource_id_path_if_empty", "$.detail.eventName"),
        ("custom/order-failed.json", "state_action_path", "$.source"),
    ],
)
def test_who_expects_something_else_does_not_agree(file: str, column: str, path: str) -> None:
    corpus = Corpus(OWN)
    (row,) = (row for row in corpus.rows if row["file"] == file)
    assert corpus.resources_agree(row)
    assert corpus.state_agrees(row)
    other = {**row, column: path}
    assert not (corpus.resources_agree(other) and corpus.state_agrees(other))
