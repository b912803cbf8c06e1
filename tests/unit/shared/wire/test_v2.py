"""Version 2 of the standard message."""

import json
from typing import Any

import pytest

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import ResourceEvent, Severity, Status
from infra_events.domain.parent import Parent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.wire import standard, v1, v2
from tests.support.builders import (
    ABSENT,
    ACCOUNT,
    INSTANCE,
    NOON,
    REGION,
    delivered,
    full_event,
    message,
)


def document(event: ResourceEvent) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(v2.write(event).body)
    return body


def foreign(**overrides: Any) -> dict[str, Any]:
    """The smallest message that a foreign producer may send."""
    event = {
        "specversion": "1.0",
        "id": "trap-1",
        "source": "snmp://192.0.2.7",
        "type": "infra.snmp.link.down",
        "data": {"resource": {"uid": "switch-7/eth0"}, "change": {"to": "down"}},
    } | overrides
    return {name: value for name, value in event.items() if value is not ABSENT}


def tagged(**resource: Any) -> dict[str, Any]:
    """A foreign message with these fields of its resource."""
    return {"data": {"resource": {"uid": "switch-7/eth0"} | resource, "change": {"to": "down"}}}


def test_what_is_written_is_read_back() -> None:
    event = full_event()
    read = standard.read(delivered(v2.write(event)))
    assert read == full_event(
        origin=f"aws://{ACCOUNT}/{REGION}/ec2",
        dedup_key=f"infra.aws.ec2.instance.state_changed|{INSTANCE}",
    )


def test_both_versions_carry_the_same_id_and_attributes() -> None:
    first, second = (dict(write(full_event()).attributes) for write in (v1.write, v2.write))
    assert (first.pop("schema_version"), second.pop("schema_version")) == ("1", "2.0")
    assert first == second


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("https://shop.example.com/orders/7?a=b#c", "https://shop.example.com/orders/7?a=b#c"),
        ("https://shop.example.com:8443", "https://shop.example.com:8443"),
        ("https://[x", ""),
        ("https://console.aws.amazon.com@evil.example/", ""),
        ("https://shop.example.com/ x", ""),
        ("http://shop.example.com/", ""),
        (f"https://shop.example.com/{'x' * 2000}", ""),
    ],
)
def test_only_a_plain_https_link_is_accepted(href: str, link: str) -> None:
    data = foreign()["data"] | {"links": [{"rel": "console", "href": href}]}
    assert v2.read(message(foreign(data=data))).link == link


@pytest.mark.parametrize(
    ("labels", "read"),
    [
        ({"product": "Inspector", "Any key": "a\nb"}, {"product": "Inspector", "Any key": "a b"}),
        ({"a": 1, "b": None, "c": "", "d": " ", "x" * 257: "e", "f": "g"}, {"f": "g"}),
        ({str(number): "a" for number in range(60)}, {str(number): "a" for number in range(50)}),
        ({"a": "x" * 2000}, {"a": "x" * 1023 + "…"}),
        (["a"], {}),
        (None, {}),
    ],
)
def test_labels_that_fit_are_read_and_others_cost_no_event(labels: Any, read: dict[str, str]) -> None:
    data = foreign()["data"] | {"labels": labels}
    assert v2.read(message(foreign(data=data))).labels == read


def test_a_foreign_producer_needs_few_fields() -> None:
    read = standard.read(message(foreign()))
    assert (read.id, read.resource, read.state, read.origin) == ("trap-1", "switch-7/eth0", "down", "snmp://192.0.2.7")
    assert (read.time, read.severity, read.status, read.drill) == (NOON, Severity.INFO, Status.EVENT, False)


def test_a_later_minor_version_is_read_all_the_same() -> None:
    read = standard.read(message(foreign(status="escalated", tenant="x", severitytext="WARN")))
    assert (read.status, read.severity) == (Status.EVENT, Severity.WARN)


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"specversion": "0.3"}, ParkCode.BAD_VALUE, "specversion"),
        ({"specversion": ABSENT}, ParkCode.MISSING_FIELD, "specversion"),
        ({"id": ""}, ParkCode.MISSING_FIELD, "id"),
        ({"source": ABSENT}, ParkCode.MISSING_FIELD, "source"),
        ({"type": 7}, ParkCode.WRONG_TYPE, "type"),
        ({"data": ABSENT}, ParkCode.MISSING_FIELD, "data"),
        ({"data": "text"}, ParkCode.WRONG_TYPE, "data"),
        ({"data": {"resource": {"uid": "x"}}}, ParkCode.MISSING_FIELD, "data.change"),
        ({"data": {"resource": {}, "change": {"to": "x"}}}, ParkCode.MISSING_FIELD, "data.resource.uid"),
        ({"data": {"resource": {"uid": "x"}, "change": {"to": ""}}}, ParkCode.MISSING_FIELD, "data.change.to"),
        ({"severitytext": "LOUD"}, ParkCode.BAD_VALUE, "severitytext"),
        ({"time": "noon"}, ParkCode.BAD_VALUE, "time"),
        (tagged(tags=["Name"]), ParkCode.WRONG_TYPE, "data.resource.tags"),
        (tagged(tags={"Name": 7}), ParkCode.WRONG_TYPE, "data.resource.tags"),
        (tagged(tags_status=1), ParkCode.WRONG_TYPE, "data.resource.tags_status"),
        (tagged(tags_as_of="noon"), ParkCode.BAD_VALUE, "data.resource.tags_as_of"),
        (tagged(owner={}), ParkCode.WRONG_TYPE, "data.resource.owner"),
        (tagged(parents={}), ParkCode.WRONG_TYPE, "data.resource.parents"),
        (tagged(parents=[{}]), ParkCode.MISSING_FIELD, "data.resource.parents[0].uid"),
        (tagged(parents=[{"uid": "x", "tags": 7}]), ParkCode.WRONG_TYPE, "data.resource.parents[0].tags"),
        (tagged(tags_from=[]), ParkCode.WRONG_TYPE, "data.resource.tags_from"),
        (
            {"data": {"resource": {"uid": "x"}, "change": {"to": "x"}, "links": ["x"]}},
            ParkCode.WRONG_TYPE,
            "data.links",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(change: dict[str, Any], code: ParkCode, named: str) -> None:
    with pytest.raises(PermanentError) as refused:
        standard.read(message(foreign(**change)))
    assert refused.value.code is code
    assert named in refused.value.reason


def test_raw_is_kept_while_it_fits_and_its_loss_is_marked() -> None:
    kept = document(full_event(raw={"text": "x" * 200_000}))["data"]
    assert (len(kept["raw"]["text"]), kept["truncated"]) == (200_000, False)
    lost = v2.write(full_event(raw={"text": "ü" * 200_000}))
    assert len(lost.body.encode()) < 10_000
    assert json.loads(lost.body)["data"]["raw"] == {}
    assert json.loads(lost.body)["data"]["truncated"] is True


def test_what_is_too_deep_to_write_is_left_out() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    data = json.loads(v2.write(full_event(raw=deep)).body)["data"]
    assert (data["raw"], data["truncated"]) == ({}, True)
    while deep:  # taken apart by hand, for Python would nest as deep to free it
        deep = deep.pop("x")


@pytest.mark.parametrize("nasty", ["nul\x00", "half \ud800", 'quo"te', "a,b\r\nc", "=1+1", "x" * 5_000])
def test_any_text_makes_a_message(nasty: str) -> None:
    event = full_event(resource=nasty, state=nasty, summary=nasty, reason=nasty, raw={"x": nasty})
    written = v2.write(event)
    assert written.body.encode()
    assert len(json.loads(written.body)["data"]["summary"]) <= 256
    assert standard.read(delivered(written)).id == "event-1"


def test_a_long_condition_has_a_short_key_of_its_own() -> None:
    keys = {document(full_event(resource=prefix + "x" * 300))["dedupkey"] for prefix in "ab"}
    assert len(keys) == 2
    assert all(len(key) <= 255 for key in keys)


def test_an_own_application_is_its_own_source() -> None:
    assert document(full_event(source='com.example.shop "1"'))["source"] == "com.example.shop%20%221%22"


@pytest.mark.parametrize(
    ("stated", "status"),
    [
        ({}, TagsStatus.NOT_REQUESTED),
        ({"tags": None}, TagsStatus.NOT_REQUESTED),
        ({"tags": {}}, TagsStatus.NOT_REQUESTED),
        ({"tags": {"Owner": "network"}}, TagsStatus.LIVE),
        ({"tags": {"Owner": "network"}, "tags_status": "of a later version"}, TagsStatus.LIVE),
        ({"tags": {"Owner": "network"}, "tags_status": "cached"}, TagsStatus.CACHED),
        ({"tags": {}, "tags_status": "live"}, TagsStatus.LIVE),
    ],
)
def test_tags_of_a_foreign_producer_are_live_unless_it_states_otherwise(
    stated: dict[str, Any], status: TagsStatus
) -> None:
    read = standard.read(message(foreign(**tagged(**stated))))
    assert read.tags == Tags(values=stated.get("tags") or {}, status=status)


def test_unavailable_tags_are_unavailable_to_the_next_reader_too() -> None:
    written = v2.write(full_event(tags=Tags(status=TagsStatus.UNAVAILABLE, unavailable="denied")))
    assert standard.read(delivered(written)).tags == Tags.unknown("denied")
    assert v2.read(message(foreign(**tagged(tags_status="unavailable")))).tags.unavailable


def test_parents_and_their_tags_are_read_back() -> None:
    parents = (
        Parent(resource="arn:1", tags=Tags(values={"Owner": "Payments"}, status=TagsStatus.CACHED, as_of=NOON)),
        Parent(resource="arn:2", tags=Tags.unknown("denied")),
    )
    read = standard.read(delivered(v2.write(full_event(parents=parents, tags_from="arn:1"))))
    assert (read.parents, read.tags_from) == (parents, "arn:1")


def test_what_has_no_parents_is_written_as_ever() -> None:
    fields = {"uid", "type", "id", "name", "owner", "tags", "tags_status", "tags_as_of"}
    assert set(document(full_event())["data"]["resource"]) == fields


def test_a_foreign_producer_may_name_parents_for_others_to_look_up() -> None:
    read = v2.read(message(foreign(**tagged(parents=[{"uid": f"arn:{number}"} for number in range(99)]))))
    assert read.parents == tuple(Parent(resource=f"arn:{number}") for number in range(10))


def test_no_number_of_parents_makes_a_message_too_large() -> None:
    most = {f"{number:03}" + "\x01" * 125: "\x01" * 256 for number in range(50)}
    parents = tuple(Parent(resource=f"arn:{number}" + "\x01" * 1000, tags=Tags.live(most)) for number in range(10))
    written = v2.write(full_event(tags=Tags.live(most), parents=parents, raw={"text": "x" * 200_000}))
    assert len(written.body.encode()) < 238 * 1024
    data = json.loads(written.body)["data"]
    assert (len(data["resource"]["tags"]), len(data["resource"]["parents"]), data["truncated"]) == (50, 10, True)


def test_all_the_tags_that_aws_can_give_are_carried() -> None:
    most = {f"{number:03}" + "\x01" * 125: "\x01" * 256 for number in range(50)}
    data = document(full_event(tags=Tags(values=most, status=TagsStatus.LIVE)))["data"]
    assert (len(data["resource"]["tags"]), data["truncated"]) == (50, False)


@pytest.mark.parametrize("tags", [{str(n): "" for n in range(50_000)}, {"a": "b", "c": "\x00" * 300_000, "e": "f"}])
def test_no_number_of_tags_makes_a_message_too_large_and_their_loss_is_marked(tags: dict[str, str]) -> None:
    written = v2.write(full_event(tags=Tags(values=tags, status=TagsStatus.LIVE), raw={"text": "x" * 200_000}))
    assert len(written.body.encode()) < 238 * 1024
    data = json.loads(written.body)["data"]
    assert 0 < len(data["resource"]["tags"]) < len(tags)
    assert data["truncated"] is True
