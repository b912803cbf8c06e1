"""AWS events → standard messages."""

from collections.abc import Sequence
from typing import Any

import pytest

from aws_service_event_handler.core import Standardizer
from aws_service_event_handler.stages.enrich import Enrich
from aws_service_event_handler.stages.publish import WRITERS
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode, Parked, Retried, Sent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import Publication
from infra_events.routing.model import Routing
from infra_events.wire import v2
from tests.support.builders import (
    ABSENT,
    ACCOUNT,
    INSTANCE,
    NOON,
    REGION,
    aws_event,
    delivered,
    message,
    routing,
    whole_catalogue,
)
from tests.support.fakes import BrokenPublisher, FakePublisher, FakeTagReader, FakeTagSnapshots

STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")


def standardizer(publisher: FakePublisher, **more: FakePublisher) -> Standardizer:
    publishers = {"1": publisher} | {version.removeprefix("v"): other for version, other in more.items()}
    return Standardizer(catalogue=whole_catalogue(), publishers=publishers)


def standardized(**overrides: Any) -> FakePublisher:
    publisher = FakePublisher()
    outcomes = standardizer(publisher)([message(aws_event(**overrides))])
    assert outcomes == [Sent()]
    return publisher


@pytest.mark.parametrize("state", STATES)
def test_each_state_of_an_instance_is_one_record(state: str) -> None:
    (written,) = standardized(detail={"instance-id": "i-1", "state": state}).published
    assert written.body == f"aws.ec2,{INSTANCE},{state}"
    assert written.attributes["type"] == "infra.aws.ec2.instance.state_changed"
    assert written.attributes["severity"] == ("WARN" if state in {"stopped", "terminated"} else "INFO")
    assert written.attributes["id"] == aws_event()["id"]


def test_a_drill_is_the_same_event_with_a_mark() -> None:
    (written,) = standardized(source="drill.aws.ec2").published
    assert written.body == f"drill.aws.ec2,{INSTANCE},stopped"
    assert written.attributes["drill"] == "true"
    assert written.attributes["type"] == "infra.aws.ec2.instance.state_changed"


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_a_bare_instance_id_becomes_an_arn_of_its_partition(region: str, partition: str) -> None:
    (written,) = standardized(resources=[], region=region).published
    assert written.body == f"aws.ec2,arn:{partition}:ec2:{region}:{ACCOUNT}:instance/i-0abc1234def567890,stopped"


@pytest.mark.parametrize("missing", ["account", "region"])
def test_an_arn_is_never_invented(missing: str) -> None:
    (written,) = standardized(resources=[], **{missing: ABSENT}).published
    assert written.body == "aws.ec2,i-0abc1234def567890,stopped"


def test_several_resources_are_several_messages_with_stable_ids() -> None:
    other = INSTANCE.replace("i-0abc", "i-0def")
    published = standardized(resources=[INSTANCE, other, INSTANCE]).published
    event_id = aws_event()["id"]
    assert [p.attributes["id"] for p in published] == [f"{event_id}#1", f"{event_id}#2"]
    assert [p.body.split(",")[1] for p in published] == [INSTANCE, other]


@pytest.mark.parametrize(
    ("overrides", "body"),
    [
        ({"source": "aws.s3", "resources": [], "detail": {}}, f"aws.s3,arn:aws:iam::{ACCOUNT}:root,Thing Happened"),
        ({"source": "aws.rds", "detail": {"status": "ok"}}, f"aws.rds,{INSTANCE},ok"),
        (
            {"source": "aws.rds", "detail": ABSENT, "resources": ABSENT, "account": ABSENT},
            "aws.rds,aws.rds,Thing Happened",
        ),
    ],
)
def test_an_event_nobody_described_still_yields_a_record(overrides: dict[str, Any], body: str) -> None:
    (written,) = standardized(detail_type="Thing Happened", **overrides).published
    assert written.body == body
    assert str(written.attributes["type"]).endswith(".unmapped")


def test_an_event_without_an_id_gets_the_same_one_each_time() -> None:
    first, second = (standardized(id=ABSENT).published[0].attributes["id"] for _ in range(2))
    assert first == second
    assert first != standardized(id=ABSENT, region="eu-west-2").published[0].attributes["id"]


@pytest.mark.parametrize("time", [ABSENT, None, "", "noon", "yyyy-mm-ddThh:mm:ssZ", "0001-01-01T00:00:00+23:00"])
def test_an_event_without_a_readable_time_has_the_one_of_its_arrival(time: Any) -> None:
    assert standardized(time=time).published[0].attributes["time"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ("", ParkCode.NOT_JSON, "line 1"),
        ("hello", ParkCode.NOT_JSON, "line 1"),
        ("[]", ParkCode.WRONG_TYPE, "object"),
        ("null", ParkCode.WRONG_TYPE, "object"),
        (aws_event(source=ABSENT), ParkCode.MISSING_FIELD, "source"),
        (aws_event(source=7), ParkCode.WRONG_TYPE, "source"),
        (aws_event(detail_type=""), ParkCode.MISSING_FIELD, "detail-type"),
        (aws_event(detail="text"), ParkCode.WRONG_TYPE, "detail"),
        (aws_event(resources="one"), ParkCode.WRONG_TYPE, "resources"),
        (aws_event(resources=[None]), ParkCode.WRONG_TYPE, "resources"),
        (aws_event(account=111122223333), ParkCode.WRONG_TYPE, "account"),
        (aws_event(time=1772366400), ParkCode.WRONG_TYPE, "time"),
        ('{"source": "aws.x", "detail-type": "T", "detail": {"n": 1e999}}', ParkCode.NOT_JSON, "a number"),
    ],
)
def test_what_cannot_be_read_is_parked_with_the_field(body: Any, code: ParkCode, named: str) -> None:
    publisher = FakePublisher()
    (outcome,) = standardizer(publisher)([message(body)])
    assert isinstance(outcome, Parked)
    assert outcome.code is code
    assert named in outcome.reason
    assert publisher.published == []


def test_one_failing_resource_brings_back_only_its_own_message() -> None:
    publisher = FakePublisher(
        errors={"i-late": TransientError("throttled"), "i-bad": PermanentError(ParkCode.REFUSED, "no")}
    )
    outcomes = standardizer(publisher)(
        [
            message(aws_event(resources=["i-good"])),
            message(aws_event(resources=["i-good", "i-late", "i-bad"])),
            message("poison"),
            message(aws_event(resources=["i-bad"])),
            message(aws_event(resources=["i-good"])),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [Sent, Retried, Parked, Parked, Sent]


def test_each_version_is_published_to_its_own_topic_with_the_same_ids() -> None:
    first, second = FakePublisher(), FakePublisher()
    other = INSTANCE.replace("i-0abc", "i-0def")
    assert standardizer(first, v2=second)([message(aws_event(resources=[INSTANCE, other]))]) == [Sent()]
    ids = [[p.attributes["id"] for p in topic.published] for topic in (first, second)]
    assert ids[0] == ids[1]
    assert [p.attributes["schema_version"] for p in (first.published[0], second.published[0])] == ["1", "2.0"]
    assert first.published[0].body.startswith("aws.ec2,")
    assert second.published[0].body.startswith("{")


def test_a_version_that_fails_brings_the_message_back() -> None:
    failing = FakePublisher(errors={"stopped": TransientError("throttled")})
    (outcome,) = standardizer(FakePublisher(), v2=failing)([message(aws_event())])
    assert isinstance(outcome, Retried)


def test_a_client_that_raises_fails_its_call_and_no_other() -> None:
    work = Standardizer(catalogue=whole_catalogue(), publishers={"1": BrokenPublisher()})
    outcomes = work([message(aws_event(id=f"event-{number}")) for number in range(15)])
    assert [type(outcome) for outcome in outcomes] == [Sent] * 10 + [Retried] * 5


def test_an_event_that_cannot_be_written_does_not_touch_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(event: ResourceEvent) -> Publication:
        if "i-bad" in event.resource:
            raise RecursionError
        return v2.write(event)

    monkeypatch.setitem(WRITERS, "2", write)
    publisher = FakePublisher()
    messages = [message(aws_event(resources=[f"i-{name}"])) for name in ["good"] * 12 + ["bad"] + ["good"] * 12]
    outcomes = standardizer(publisher, v2=FakePublisher())(messages)
    assert [type(outcome) for outcome in outcomes] == [Sent] * 12 + [Retried] + [Sent] * 12


def test_no_more_is_held_in_writing_than_one_call_takes() -> None:
    sizes: list[int] = []

    class Counting(FakePublisher):
        def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
            sizes.append(len(publications))
            return super().publish(publications)

    standardizer(Counting())([message(aws_event(id=str(n))) for n in range(25)])
    assert sizes == [10, 10, 5]


def test_many_resources_share_no_copy_of_their_detail_each() -> None:
    second = FakePublisher()
    resources = [f"i-{number:08x}" for number in range(30)]
    assert standardizer(FakePublisher(), v2=second)([message(aws_event(resources=resources))]) == [Sent()]
    assert len(second.published) == 30
    assert all('"raw":{},"truncated":true' in publication.body for publication in second.published)


def test_an_event_of_thousands_of_resources_is_parked() -> None:
    publisher = FakePublisher()
    (outcome,) = standardizer(publisher)([message(aws_event(resources=[str(number) for number in range(24_000)]))])
    assert isinstance(outcome, Parked)
    assert outcome.code is ParkCode.TOO_LARGE
    assert publisher.published == []


@pytest.mark.parametrize("blank", [" ", "\t"])
def test_a_blank_field_is_an_absent_one(blank: str) -> None:
    (written,) = standardized(id=blank, account=blank, region=blank).published
    assert all(written.attributes.values())
    assert len(str(written.attributes["id"])) == 64


def test_lists_in_lists_are_no_state_and_no_trouble() -> None:
    nested: Any = "stopped"
    for _ in range(900):
        nested = [nested]
    assert len(standardized(detail={"instance-id": "i-1", "state": nested}).published) == 1


OTHER = INSTANCE.replace("i-0abc", "i-0def")
OWNERS = {
    "payments": {"aliases": ["Payments"], "queue": False, "topic": True, "consumers": []},
    "search": {"aliases": [], "queue": False, "topic": False, "consumers": []},
}


class Enriching:
    """A standardizer that publishes both versions, to all and to the owners that have a topic."""

    def __init__(self, tags: Any, errors: dict[str, Exception] | None = None) -> None:
        self.reader, self.snapshots = FakeTagReader(tags), FakeTagSnapshots()
        self.first, self.second, self.payments = FakePublisher(), FakePublisher(), FakePublisher(errors)
        enricher = Enricher(
            readers={},
            others=self.reader,
            snapshots=self.snapshots,
            account_id=ACCOUNT,
            region=REGION,
            clock=lambda: NOON,
        )
        self.work = Standardizer(
            catalogue=whole_catalogue(),
            publishers={"1": self.first, "2": self.second},
            enrich=Enrich(enricher=enricher, routing=routing(owners=OWNERS)),
            owner_publishers={"payments": self.payments},
        )

    def read(self) -> list[ResourceEvent]:
        return [v2.read(delivered(publication)) for publication in self.second.published]


def tag_change(tags: Any, **overrides: Any) -> dict[str, Any]:
    detail = {"changed-tag-keys": ["Owner"], "service": "ec2", "resource-type": "instance", "version": 3, "tags": tags}
    return aws_event(**({"source": "aws.tag", "detail_type": "Tag Change on Resource", "detail": detail} | overrides))


def test_a_batch_is_one_look_up_and_every_message_names_its_owner() -> None:
    world = Enriching({INSTANCE: {"Name": "web-1", "owner": " Payments "}, OTHER: {"Owner": "nobody known"}})
    batch = [message(aws_event()), message("poison"), message(aws_event(resources=[OTHER, INSTANCE]))]
    assert [type(outcome) for outcome in world.work(batch)] == [Sent, Parked, Sent]
    assert world.reader.calls == [[INSTANCE, OTHER]]
    read = world.read()
    assert [(event.resource, event.owner, event.name) for event in read] == [
        (INSTANCE, "payments", "web-1"),
        (OTHER, "", ""),
        (INSTANCE, "payments", "web-1"),
    ]
    assert read[1].tags == Tags(values={"Owner": "nobody known"}, status=TagsStatus.LIVE, as_of=NOON)
    for topic in (world.first, world.second):
        assert [publication.attributes.get("owner") for publication in topic.published] == [
            "payments",
            None,
            "payments",
        ]
        assert max(len(publication.attributes) for publication in topic.published) <= 9


def test_an_owner_s_own_topic_gets_its_events_and_no_others() -> None:
    world = Enriching({INSTANCE: {"Owner": "payments"}, OTHER: {"Owner": "search"}})
    assert world.work([message(aws_event(resources=[OTHER, INSTANCE]))]) == [Sent()]
    assert world.payments.published == world.second.published[1:]


def test_an_owner_s_topic_that_fails_brings_back_that_owner_s_messages_alone() -> None:
    world = Enriching(
        {INSTANCE: {"Owner": "payments"}, OTHER: {"Owner": "search"}}, errors={INSTANCE: TransientError("throttled")}
    )
    outcomes = world.work([message(aws_event(resources=[arn])) for arn in (OTHER, INSTANCE, OTHER)])
    assert [type(outcome) for outcome in outcomes] == [Sent, Retried, Sent]


def test_tags_that_cannot_be_read_stop_nothing_and_are_noted() -> None:
    world = Enriching(TimeoutError("slow"))
    note = Note(code=NoteCode.TAGS_UNAVAILABLE, reason="TimeoutError: slow")
    assert world.work([message(aws_event())]) == [Sent(notes=(note,))]
    assert world.read()[0].tags.status is TagsStatus.UNAVAILABLE


def test_a_routing_that_fails_on_an_event_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_routing: Routing, _event: ResourceEvent) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(Routing, "name_of", fail)
    world = Enriching({INSTANCE: {"Owner": "payments"}})
    assert world.work([message(aws_event())]) == [Sent()]
    assert world.read()[0].tags.status is TagsStatus.NOT_REQUESTED


def test_a_change_of_tags_is_itself_the_newest_that_is_known_of_them() -> None:
    world = Enriching({INSTANCE: {"Owner": "search"}})
    changes = [tag_change({"Owner": "payments"}), tag_change({"Owner": "old"}, time="2026-03-01T11:00:00Z")]
    assert world.work([message(one) for one in (aws_event(), *changes)]) == [Sent()] * 3
    assert world.reader.calls == []
    assert {event.owner for event in world.read()} == {"payments"}
    assert world.snapshots.rows[INSTANCE].values == {"Owner": "payments"}


@pytest.mark.parametrize(
    "forged",
    [{"account": "444455556666"}, {"account": ABSENT}, {"resources": [INSTANCE.replace(ACCOUNT, "444455556666")]}],
)
def test_a_tag_change_from_elsewhere_neither_silences_nor_takes_over_a_resource(forged: dict[str, Any]) -> None:
    world = Enriching({INSTANCE: {"Owner": "search"}})
    world.work([message(one) for one in (tag_change({"Owner": "payments"}, **forged), aws_event())])
    assert world.read()[-1].owner == "search"
    assert "payments" not in {tags.values.get("Owner") for tags in world.snapshots.rows.values()}


@pytest.mark.parametrize("tags", [ABSENT, None, [], "Owner", {"Owner": 7}])
def test_a_tag_change_without_tags_stops_nothing(tags: Any) -> None:
    world = Enriching({INSTANCE: {"Owner": "search"}})
    assert world.work([message(tag_change(None if tags is ABSENT else tags))]) == [Sent()]
    assert len(world.read()) == 1


def test_only_texts_of_a_tag_change_are_tags() -> None:
    world = Enriching({})
    assert world.work([message(tag_change({"Owner": 7, "": "x", "Name": "web-1"}))]) == [Sent()]
    assert world.snapshots.rows[INSTANCE].values == {"Name": "web-1"}


def test_a_drill_of_a_change_changes_nothing_that_is_known() -> None:
    world = Enriching({INSTANCE: {"Owner": "search"}})
    assert world.work([message(tag_change({"Owner": "payments"}, source="drill.aws.tag"))]) == [Sent()]
    assert world.read()[0].owner == "search"
    assert world.snapshots.rows[INSTANCE].values == {"Owner": "search"}
