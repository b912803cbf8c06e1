"""Facts of one event: times, links, mute hints, tags of a snapshot."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra_events.domain.outcome import Sent, Suppressed
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.routing.decision import Result, decide
from infra_events.wire import v2
from tests.support.builders import ACCOUNT, INSTANCE, REGION, SECURITY, delivered, resource_event, routing
from tests.support.sender import Sender, siblings, tagged

PROTECTED = "infra.aws.guardduty.finding.reported"


@pytest.mark.parametrize(
    ("arn", "link"),
    [
        (
            INSTANCE.replace("arn:aws:", "arn:aws-cn:").replace(REGION, "cn-north-1"),
            "https://cn-north-1.console.amazonaws.cn/",
        ),
        (
            INSTANCE.replace("arn:aws:", "arn:aws-us-gov:").replace(REGION, "us-gov-west-1"),
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
        (INSTANCE.replace(REGION, "evil.example/"), None),
        (INSTANCE.replace("arn:aws:", "arn:aws-moon:"), None),
        (INSTANCE.replace("arn:aws:", "arn:aws-iso-e:").replace(REGION, "eu-isoe-west-1"), None),
        (INSTANCE.replace("arn:aws:", "arn:aws-iso-f:").replace(REGION, "us-isof-south-1"), None),
    ],
)
def test_links_lead_to_the_partitions_console_or_nowhere(arn: str, link: str | None) -> None:
    sender = Sender({})
    sender.send(resource_event(resource=arn))
    text = sender.document()["text"]
    assert (link in text) if link else ("https://" not in text)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/\n\nAccount  000",
        "javascript:alert(1)",
        "https://x.example/" + "y" * 5000,
        "http://x.example",
    ],
)
def test_a_link_that_is_not_https_is_left_out(link: str) -> None:
    sender = Sender({})
    event = delivered(v2.write(resource_event(resource="switch-7", link=link)))
    sender.deliver([event])
    assert link[:30] not in sender.document()["text"]
    assert "Open in" not in sender.document()["html"]


def test_a_link_elsewhere_names_its_host() -> None:
    sender = Sender({})
    sender.deliver([delivered(v2.write(resource_event(resource="switch-7", link="https://noc.example/switch-7")))])
    assert "Open in noc.example" in sender.document()["html"]
    assert "AWS console" not in sender.document()["text"]


@pytest.mark.parametrize(
    ("time", "zone"),
    [
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "Europe/Berlin"),
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York"),
    ],
)
def test_the_edge_of_the_calendar_costs_the_local_time_only(time: datetime, zone: str) -> None:
    sender = Sender({"Name": "web-1"}, zone=zone)
    assert sender.send(resource_event(time=time)) == [Sent()]
    assert "UTC" in sender.document()["text"]


@pytest.mark.parametrize(
    ("most", "offered"), [(30, "2026-03-08"), (8, "2026-03-08"), (7, "2026-03-07"), (1, "2026-03-01"), (0, None)]
)
def test_the_mute_that_a_mail_offers_is_one_that_is_followed(most: int, offered: str | None) -> None:
    bounds = {"max_mute_days": most, "least_severity": "DEBUG", "most_severity": "FATAL", "protected": SECURITY}
    sender = Sender({}, bounds=bounds)
    sender.send(resource_event())
    assert ("To mute" in sender.document()["text"]) == ("To mute" in sender.document()["html"]) == bool(offered)
    if offered:
        assert f"tag it notify:mute-until={offered}." in sender.document()["text"]
        (outcome,) = Sender({"notify:mute-until": offered}, bounds=bounds).send(resource_event())
        assert isinstance(outcome, Suppressed)


def test_the_mute_that_a_mail_offers_is_followed_in_the_week_with_an_hour_more() -> None:
    """An event of 00:30 in Berlin: the date of a week later lasts seven days, 23 hours and 30 minutes, and one more."""
    bounds = {"max_mute_days": 8, "least_severity": "DEBUG", "most_severity": "FATAL", "protected": SECURITY}
    event = resource_event(time=datetime(2026, 10, 20, 22, 30, tzinfo=UTC))
    sender = Sender({}, zone="Europe/Berlin", bounds=bounds)
    sender.send(event)
    assert "tag it notify:mute-until=2026-10-28." in sender.document()["text"]
    by = routing(timezone="Europe/Berlin", bounds=bounds)
    muted = replace(event, tags=Tags(values={"notify:mute-until": "2026-10-28"}, status=TagsStatus.LIVE))
    assert decide(by, muted, event.time).result is Result.SUPPRESS


@pytest.mark.parametrize("html", [False, True])
def test_an_account_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch, *, html: bool) -> None:
    accounts = {ACCOUNT: {"name": "<prod>", "environment": "", "default_owner": ""}}
    sender = Sender({"Name": "web-1"}, accounts=accounts)
    assert sender.send(resource_event()) == [Sent()]
    assert sender.document()["subject"] == f"EC2 instance web-1 has stopped (<prod>, {REGION})"
    named = f"&lt;prod&gt; ({ACCOUNT})" if html else f"Account  <prod> ({ACCOUNT})"
    assert named in sender.document()["html" if html else "text"]
    sender = Sender({}, accounts=accounts)
    sender.send_as_is(monkeypatch, *siblings(2))
    assert f"<prod> ({ACCOUNT})" in sender.document()["text"], "of several resources too"


def test_a_mute_that_would_not_be_followed_is_not_offered() -> None:
    sender = Sender({"notify:ignore": "true"})
    sender.send(resource_event(type=PROTECTED))
    document = sender.document()
    assert "To mute" not in document["text"]
    assert "To mute" not in document["html"]
    assert f"tag notify:ignore=true is not followed: {PROTECTED} is protected" in document["reason"]


def test_a_resource_outside_aws_is_headed_by_its_summary_and_cannot_be_tagged() -> None:
    port = resource_event(resource="snmp://192.0.2.7/ifIndex/3", source="snmp.trap", summary="Gi0/3 of core-1 is down")
    sender = Sender({})
    sender.deliver([delivered(v2.write(port))])
    document = sender.document()
    assert document["subject"] == f"Gi0/3 of core-1 is down ({ACCOUNT})"
    assert document["text"].startswith("Gi0/3 of core-1 is down.\n")
    assert document["reason"].endswith("it is no AWS resource, so no tag names one")
    assert not [words for words in ("Name ", "\nARN ", "To mute") if words in document["text"]]
    assert not [words for words in (">Name<", ">ARN<", "To mute") if words in document["html"]]


def test_tags_of_a_snapshot_are_dated(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({}, zone="Europe/Berlin")
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    sender.send_as_is(
        monkeypatch, tagged({}, tags=Tags(values={"Name": "web-1"}, status=TagsStatus.CACHED, as_of=late))
    )
    assert "Name and owner as of 01 Mar 2026." in sender.document()["text"]
    assert "Name and owner as of 01 Mar 2026." in sender.document()["html"]


def test_fresh_tags_are_not_dated(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    sender.send_as_is(monkeypatch, tagged({"Name": "web-1"}))
    assert "as of" not in sender.document()["text"]


def test_of_many_resources_some_are_named_and_every_event_is(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    events = siblings(60)
    sender.send_as_is(monkeypatch, *events)
    document = sender.document()
    for body in (document["text"], document["html"]):
        assert "and 10 more" in body
        assert all(event.id in body for event in events)
    assert len(document["subject"]) <= 200
