"""Traps as events. traps/*.txt is what the real snmptrapd 5.9.3 gave to its handler."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.read import standardize
from infra_events.wire import v2
from infra_events.wire.custom_event import CustomEvent
from infra_events.wire.fields import Fields
from infra_events_snmp import trap
from tests.support.builders import ACCOUNT, NOON, message, whole_catalogue

TRAPS = sorted((Path(__file__).parent / "traps").glob("*.txt"))
HEAD = "router\nUDP: [192.0.2.7]:5000->[192.0.2.1]:162\n.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.6.3.1.1.5.3\n"


def captured(name: str) -> dict[str, Any]:
    return trap.event((Path(__file__).parent / "traps" / f"{name}.txt").read_bytes(), "key", NOON)


def event(text: str | bytes) -> dict[str, Any]:
    return trap.event(text if isinstance(text, bytes) else text.encode(), "key", NOON)


def test_a_link_that_went_down() -> None:
    assert captured("link-down-v2c") == {
        "source": "snmp.trap",
        "detail-type": "SNMP linkDown",
        "time": "2026-03-01T12:00:00Z",
        "resources": ["snmp://127.0.0.1/ifIndex/3"],
        "detail": {
            "idempotency-key": "key",
            "agent": "127.0.0.1",
            "host": "localhost",
            "origin": "snmp://127.0.0.1",
            "trap": "linkDown",
            "trap-oid": ".1.3.6.1.6.3.1.1.5.3",
            "uptime": "0:0:02:03.45",
            "interface": {
                "index": "3",
                "description": "GigabitEthernet0/3",
                "admin-status": "up",
                "oper-status": "down",
            },
            "message": "GigabitEthernet0/3",
            "varbinds": [
                {"oid": ".1.3.6.1.2.1.2.2.1.1.3", "value": "3"},
                {"oid": ".1.3.6.1.2.1.2.2.1.2.3", "value": "GigabitEthernet0/3"},
                {"oid": ".1.3.6.1.2.1.2.2.1.7.3", "value": "1"},
                {"oid": ".1.3.6.1.2.1.2.2.1.8.3", "value": "2"},
            ],
        },
    }


def test_a_trap_of_version_1_is_about_the_device_that_it_names() -> None:
    event_of_trap = captured("enterprise-v1")
    assert event_of_trap["detail-type"] == "SNMP enterpriseSpecific"
    assert event_of_trap["resources"] == ["snmp://192.0.2.7"]
    assert event_of_trap["detail"] == {
        "idempotency-key": "key",
        "agent": "192.0.2.7",
        "via": "127.0.0.1",
        "origin": "snmp://192.0.2.7",
        "trap": "enterpriseSpecific",
        "trap-oid": ".1.3.6.1.4.1.9.1.0.42",
        "enterprise": ".1.3.6.1.4.1.9.1",
        "uptime": "0:0:00:55.55",
        "message": "power supply 2 failed",
        "varbinds": [{"oid": ".1.3.6.1.4.1.9.1.1", "value": "power supply 2 failed"}],
    }


@pytest.mark.parametrize(
    ("name", "detail_type", "resource"),
    [
        ("link-up-v1", "SNMP linkUp", "snmp://192.0.2.7/ifIndex/3"),
        ("cold-start-v3", "SNMP coldStart", "snmp://127.0.0.1"),
        ("ipv6", "SNMP authenticationFailure", "snmp://[::1]"),
        ("egp-v1", "SNMP egpNeighborLoss", "snmp://127.0.0.1"),
        ("without-numeric-names", "SNMP linkDown", "snmp://127.0.0.1/ifIndex/3"),
        ("odd-values", "SNMP enterpriseSpecific", "snmp://127.0.0.1"),
    ],
)
def test_every_version_and_form_is_read(name: str, detail_type: str, resource: str) -> None:
    event_of_trap = captured(name)
    assert (event_of_trap["detail-type"], event_of_trap["resources"]) == (detail_type, [resource])


@pytest.mark.parametrize("file", TRAPS, ids=lambda file: file.stem)
def test_the_community_is_a_password(file: Path) -> None:
    assert "s3cret" not in json.dumps(trap.event(file.read_bytes(), "key", NOON))


def test_values_of_every_kind_come_through() -> None:
    values = [varbind["value"] for varbind in captured("odd-values")["detail"]["varbinds"]]
    fake = "two lines\n.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.6.3.1.1.5.1"
    assert values == ["FF 00 FE 0A 41", ".1.3.6.1.2.1", "10.1.2.3", "", 'a\\b"c', fake, "größe {{7*7}} <b>"]


def test_the_message_is_the_first_value_with_a_word() -> None:
    values = ("7", ".1.3.6.1", "FF 00 FE 0A 41 ", "10.1.2.3", "", "fan 2", "  power\nsupply  ", "failed")
    lines = "".join(f'.1.2.{number} "{value}"\n' for number, value in enumerate(values))
    assert event(HEAD + lines)["detail"]["message"] == "fan 2"
    assert event(HEAD + lines.replace("fan 2", ""))["detail"]["message"] == "power supply"


def test_names_of_mibs_are_understood() -> None:
    """As snmptrapd writes them where MIBs are installed and its options use them."""
    event_of_trap = event(
        "router\nUDP: [192.0.2.7]:5000->[192.0.2.1]:162\n"
        "DISMAN-EVENT-MIB::sysUpTimeInstance 0:0:02:03.45\n"
        "SNMPv2-MIB::snmpTrapOID.0 IF-MIB::linkDown\n"
        "IF-MIB::ifIndex.3 3\n"
        "IF-MIB::ifDescr.3 Gigabit 0/3\nsecond line\n"
        "IF-MIB::ifOperStatus.3 down\n"
        "SNMP-COMMUNITY-MIB::snmpTrapAddress.0 192.0.2.9\n"
        'SNMP-COMMUNITY-MIB::snmpTrapCommunity.0 "s3cret"\n'
        'SNMPv2-SMI::snmpModules.18.1.4.0 "s3cret"\n'
        "SNMPv2-MIB::snmpTrapEnterprise.0 IF-MIB::something\n"
    )
    assert event_of_trap["detail-type"] == "SNMP linkDown"
    assert event_of_trap["resources"] == ["snmp://192.0.2.9/ifIndex/3"]
    assert event_of_trap["detail"]["interface"] == {
        "index": "3",
        "description": "Gigabit 0/3 second line",
        "oper-status": "down",
    }
    assert "s3cret" not in json.dumps(event_of_trap)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n\n",
        b"\x00\xff\xfe",
        b"a\nb\nc\nd",
        HEAD.encode() + b'.1.2.3 "never ends',
        HEAD.encode() + b'.1.2.3 "' + b"\\" * 100_001,
        HEAD.encode() + b".1.2.3 " + b"\n" * 100_000,
        HEAD.encode() + b".1.2.3 \xff\xfe\x00\xed\xa0\x80\n",
        HEAD.encode() + b'.1.2.3 "' + b"x" * 1_000_000 + b'"\n',
        HEAD.encode() + b'.1.2.3 "x"\n' * 100_000,
        HEAD.encode() + b"." + b".1" * 100_000 + b" 1\n",
        b"x" * 100_000 + b"\nUDP: [" + b"1" * 100_000 + b"]:5000\n",
        HEAD.replace("192.0.2.7", "../../etc/passwd").encode(),
        HEAD.encode() + b".1.3.6.1.2.1.2.2.1.1.3 " + "٣".encode() + b"\n",
        HEAD.encode() + b".1.3.6.1.2.1.2.2.1.1.3 ../../x\n",
        HEAD.encode() + b'.1.3.6.1.2.1.2.2.1.2.3 "\xe2\x80\xae<script>{{7*7}}\r\nSubject: x"\n',
    ],
    ids=range(16),
)
def test_hostile_text_becomes_one_small_event_that_the_bus_takes(text: bytes) -> None:
    event_of_trap = event(text)
    assert len(json.dumps(event_of_trap)) < 64 * 1024
    read = CustomEvent.read(Fields.decode(json.dumps(event_of_trap)), NOON)
    assert read.key == "key"
    (resource,) = event_of_trap["resources"]
    assert resource.isascii()
    assert resource.isprintable()
    assert len(resource) < 100
    (standard,) = standardize(AwsEvent.read(message(event_of_trap | {"account": ACCOUNT})), whole_catalogue())
    assert standard.id == f"{ACCOUNT}:snmp.trap:key"
    assert standard.summary.isprintable()


def test_what_a_trap_is_comes_first() -> None:
    assert event(HEAD + ".1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.6.3.1.1.5.1\n")["detail-type"] == "SNMP linkDown"


def test_a_cut_is_marked() -> None:
    assert "truncated" not in event(HEAD + '.1.2.3 "x"\n')["detail"]
    assert event(HEAD + f'.1.2.3 "{"x" * 1025}"\n')["detail"]["truncated"]
    many = event(HEAD + '.1.2.3 "x"\n' * 5_000)["detail"]
    assert many["truncated"]
    assert 500 < len(many["varbinds"]) < 5_000


def test_the_time_is_when_it_came() -> None:
    assert trap.event(b"", "k", datetime(2026, 3, 1, 12, tzinfo=UTC))["time"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        ("snmp://192.0.2.7", "snmp://192.0.2.7"),
        ("snmp://[2001:db8::7]", "snmp://[2001:db8::7]"),
        ("snmp://a b", "snmp.trap"),
        ("no uri", "snmp.trap"),
        (f"snmp://{'a' * 300}", "snmp.trap"),
        (7, "snmp.trap"),
    ],
)
def test_the_device_is_the_source_of_a_standard_event(origin: Any, source: str) -> None:
    event_of_trap = captured("link-down-v2c")
    event_of_trap["detail"]["origin"] = origin
    (standard,) = standardize(AwsEvent.read(message(event_of_trap | {"account": ACCOUNT})), whole_catalogue())
    assert json.loads(v2.write(standard).body)["source"] == source


def test_what_ends_a_condition_names_it() -> None:
    began, ended = (captured("link-up-v1"), captured("link-up-v1"))
    began["detail-type"] = "SNMP linkDown"
    (down,), (up,) = (
        standardize(AwsEvent.read(message(event_of_trap)), whole_catalogue()) for event_of_trap in (began, ended)
    )
    assert (str(down.status), str(up.status)) == ("open", "resolved")
    assert v2.dedup_key(down) == v2.dedup_key(up)
