"""What the demo expects of an event, and what it finds wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from scripts.demo.observer import Observer
from scripts.demo.scenarios import Scenario
from scripts.demo.verdict import SentEvent, judge, passed
from scripts.local.aws import SentMail

ARN = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc"
RECORD = f"drill.aws.ec2,{ARN},stopped"
REASONS = {"event-1": "tag Owner=payments"}
MAIL = SentMail(sender="", to=("payments@example.org",), subject="[DRILL] it has stopped", text="id: event-1", html="")


class FakeObserver:
    """An observer that saw given mails, reasons and suppressed events."""

    def __init__(
        self, mails: Sequence[SentMail] = (), reasons: Mapping[str, str] = {}, suppressed: Mapping[str, str] = {}
    ) -> None:
        self.mails, self.reasons, self.suppressed = lambda: mails, lambda: reasons, lambda: suppressed

    def latency(self, *_: str) -> float:
        return 0.5


def sent(*notified: str) -> SentEvent:
    return SentEvent(
        id="event-1",
        label="web-1 stopped",
        source="aws.ec2",
        arn=ARN,
        state="stopped",
        subject="it has stopped",
        notified=notified,
    )


def verdict(notified: Sequence[str], *, records: Sequence[str] = (RECORD,), **seen: Any) -> Any:
    scenario = Scenario(title="stop", instance="web-1", calls=[], notified=notified)
    return judge(scenario, [sent(*notified)], records, cast("Observer", FakeObserver(**seen)))


def test_what_was_expected_is_right() -> None:
    notified = verdict(["payments"], mails=[MAIL], reasons=REASONS)
    assert notified.wrong == []
    assert passed({"stop": notified}, [MAIL])
    assert verdict([], suppressed=REASONS).wrong == []


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        ({"mails": [], "reasons": REASONS}, "the mails are not those expected"),
        ({"mails": [MAIL, MAIL], "reasons": REASONS}, "the mails are not those expected"),
        ({"mails": [MAIL], "reasons": REASONS, "records": []}, "the messages in OrgResourceEvents are not those"),
        ({"mails": [MAIL], "reasons": {}}, "the notifications do not state why they were sent"),
        ({"mails": [MAIL], "reasons": REASONS, "suppressed": REASONS}, "the log does not state what was suppressed"),
    ],
)
def test_each_difference_is_wrong(seen: Mapping[str, Any], wrong: str) -> None:
    found = verdict(["payments"], **seen)
    assert [one.startswith(wrong) for one in found.wrong] == [True]
    assert not passed({"stop": found}, seen["mails"])


def test_a_mail_of_nobodys_fails_the_demo() -> None:
    assert not passed({"stop": verdict(["payments"], mails=[MAIL], reasons=REASONS)}, [MAIL, MAIL])
