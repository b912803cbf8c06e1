"""CloudTrail: services whose events need a trail, and types that come up in other regions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from scripts import environments
from scripts.operate.doctor import trails
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import ACCOUNT, OUTPUTS, REGION, Answer, found, patient

SERVICES = {
    "ec2": {"regions": [], "elsewhere": {}, "trail": "some"},
    "rds": {"regions": [], "elsewhere": {}, "trail": "none"},
    "signin": {"regions": [], "elsewhere": {"infra.aws.signin.root.signed_in": ["us-east-1"]}, "trail": "all"},
}
TRAIL = {"Name": "all", "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all", "HomeRegion": REGION}
MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}


def advanced(**fields: Sequence[str]) -> dict[str, Any]:
    selectors = [{"Field": name, "Equals": list(values)} for name, values in fields.items()]
    return {"AdvancedEventSelectors": [{"FieldSelectors": selectors}]}


@pytest.mark.parametrize(
    ("trails_", "logging", "selectors", "logged"),
    [
        ([], False, {}, False),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT]}, True),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT | {"ReadWriteType": "WriteOnly"}]}, True),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT | {"ReadWriteType": "ReadOnly"}]}, False),
        ([TRAIL], True, {"EventSelectors": [MANAGEMENT | {"IncludeManagementEvents": False}]}, False),
        ([TRAIL], True, advanced(eventCategory=["Management"]), True),
        ([TRAIL], True, advanced(eventCategory=["Management"], readOnly=["false"]), True),
        ([TRAIL], True, advanced(eventCategory=["Management"], readOnly=["true"]), False),
        ([TRAIL], True, advanced(eventCategory=["Data"]), False),
        ([TRAIL], False, {"EventSelectors": [MANAGEMENT]}, False),
        ([TRAIL | {"HomeRegion": "us-east-1"}], True, {"EventSelectors": [MANAGEMENT]}, False),
        (
            [TRAIL | {"HomeRegion": "us-east-1", "IsMultiRegionTrail": True}],
            True,
            {"EventSelectors": [MANAGEMENT]},
            True,
        ),
    ],
)
def test_services_that_need_a_trail_are_named_where_none_logs(
    trails_: Sequence[Any], selectors: Mapping[str, Any], *, logging: bool, logged: bool
) -> None:
    answers: list[Answer] = [("describe_trails", {"trailList": trails_})]
    if trails_ and (trails_[0]["HomeRegion"] == REGION or "IsMultiRegionTrail" in trails_[0]):
        answers.append(("get_trail_status", {"IsLogging": logging}))
        answers.append(("get_event_selectors", selectors))
    asked = patient(OUTPUTS | {"services": SERVICES}, cloudtrail=answers)
    findings = list(trails.logging(asked))
    assert found(iter(findings)) == ([] if logged else [(Level.WARNING, Code.NO_TRAIL)])
    assert all("ec2, signin" in finding.what for finding in findings)


def test_no_trail_is_asked_for_where_none_is_needed_or_an_older_release_is_deployed() -> None:
    assert found(trails.logging(patient(OUTPUTS | {"services": {"rds": SERVICES["rds"]}}))) == []
    assert found(trails.logging(patient(OUTPUTS))) == []
    (note,) = trails.logging(replace(patient(OUTPUTS | {"services": SERVICES}), environment=environments.LOCAL))
    assert note.level is Level.OK


def test_types_that_come_up_elsewhere_are_named() -> None:
    (finding,) = trails.elsewhere(patient(OUTPUTS | {"services": SERVICES}))
    assert (finding.level, finding.code) == (Level.OK, None)
    assert "infra.aws.signin.root.signed_in comes up in us-east-1" in finding.what
    assert found(trails.elsewhere(patient(OUTPUTS))) == []
