"""A trap, as snmptrapd describes it, becomes an event. A trap is hostile input: any trap becomes one small event.

snmptrapd gives a traphandle program this text: https://net-snmp.sourceforge.io/docs/man/snmptrapd.conf.html. There a
trap of version 1 has the form of version 2 (RFC 3584). Names are understood with and without their MIBs.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from infra_events.domain.text import carriable, one_line
from infra_events.domain.time import format_time
from infra_events.wire import IDEMPOTENCY_KEY

SOURCE = "snmp.trap"

VALUE_LIMIT = 1024
VARBINDS_LIMIT = 32 * 1024
"""Bytes of all variables as JSON: so the event stays far below the limits of a bus and a topic."""

_UPTIME = ".1.3.6.1.2.1.1.3.0"
_TRAP_OID = ".1.3.6.1.6.3.1.1.4.1.0"
_ENTERPRISE = ".1.3.6.1.6.3.1.1.4.3.0"
_AGENT_ADDRESS = ".1.3.6.1.6.3.18.1.3.0"
_COMMUNITY = ".1.3.6.1.6.3.18.1.4."
_ENVELOPE = {_UPTIME, _TRAP_OID, _ENTERPRISE, _AGENT_ADDRESS}

_TRAPS = ".1.3.6.1.6.3.1.1.5."
_GENERIC = {
    f"{_TRAPS}1": "coldStart",
    f"{_TRAPS}2": "warmStart",
    f"{_TRAPS}3": "linkDown",
    f"{_TRAPS}4": "linkUp",
    f"{_TRAPS}5": "authenticationFailure",
    f"{_TRAPS}6": "egpNeighborLoss",
}
_OTHER = "enterpriseSpecific"

_INTERFACE = {
    ".1.3.6.1.2.1.2.2.1.1": "index",
    ".1.3.6.1.2.1.2.2.1.2": "description",
    ".1.3.6.1.2.1.2.2.1.7": "admin-status",
    ".1.3.6.1.2.1.2.2.1.8": "oper-status",
    ".1.3.6.1.2.1.31.1.1.1.1": "name",
    ".1.3.6.1.2.1.31.1.1.1.18": "alias",
}
_STATUS = {
    "1": "up",
    "2": "down",
    "3": "testing",
    "4": "unknown",
    "5": "dormant",
    "6": "notPresent",
    "7": "lowerLayerDown",
}

_SYMBOLS = {
    "iso": ".1",
    "DISMAN-EVENT-MIB::sysUpTimeInstance": _UPTIME,
    "SNMPv2-MIB::sysUpTime": ".1.3.6.1.2.1.1.3",
    "SNMPv2-MIB::snmpTrapOID": ".1.3.6.1.6.3.1.1.4.1",
    "SNMPv2-MIB::snmpTrapEnterprise": ".1.3.6.1.6.3.1.1.4.3",
    "SNMP-COMMUNITY-MIB::snmpTrapAddress": ".1.3.6.1.6.3.18.1.3",
    "SNMP-COMMUNITY-MIB::snmpTrapCommunity": ".1.3.6.1.6.3.18.1.4",
    "SNMPv2-SMI::mib-2": ".1.3.6.1.2.1",
    "SNMPv2-SMI::enterprises": ".1.3.6.1.4.1",
    "SNMPv2-SMI::snmpModules": ".1.3.6.1.6.3",
    "IF-MIB::ifIndex": ".1.3.6.1.2.1.2.2.1.1",
    "IF-MIB::ifDescr": ".1.3.6.1.2.1.2.2.1.2",
    "IF-MIB::ifAdminStatus": ".1.3.6.1.2.1.2.2.1.7",
    "IF-MIB::ifOperStatus": ".1.3.6.1.2.1.2.2.1.8",
    "IF-MIB::ifName": ".1.3.6.1.2.1.31.1.1.1.1",
    "IF-MIB::ifAlias": ".1.3.6.1.2.1.31.1.1.1.18",
} | {f"{mib}::{name}": oid for oid, name in _GENERIC.items() for mib in ("SNMPv2-MIB", "IF-MIB")}

_OID = r"(?:\.\d|iso\.|[A-Za-z][\w-]*::)\S*"
# A quoted value may have any number of lines. A value without quotes ends where the next variable begins.
_VARBIND = re.compile(
    rf'^({_OID})[ \t]+(?:"([^"\\]*(?:\\.[^"\\]*)*)"[ \t]*$|([^\n]*(?:\n(?!{_OID}[ \t])[^\n]*)*))',
    re.MULTILINE | re.DOTALL,
)
_HEXADECIMAL = re.compile(r"(?:[0-9A-F]{2}[ \n]+)+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{3}")
_INDEX = re.compile(r"[0-9]{1,10}")
_ADDRESS = re.compile(r"\[+([0-9A-Fa-f:.]{2,45})(?:%\w+)?\]")
_OID_LIMIT = 512


def event(text: bytes, key: str, time: datetime) -> dict[str, Any]:
    """Return the event of the trap that ``text`` describes, with ``key`` as its idempotency key. Raises nothing."""
    host, transport, variables = _parts(text.decode("utf-8", errors="backslashreplace"))
    found = list(_varbinds(variables))
    first: dict[str, str] = {}
    for oid, value in found:
        first.setdefault(oid, value)
    sender = next(iter(_ADDRESS.findall(transport)), "")
    agent = _agent(first.get(_AGENT_ADDRESS, ""), sender)
    trap_oid = _numeric(first.get(_TRAP_OID, ""))
    name = _GENERIC.get(trap_oid, _OTHER)
    interface = _interface(found)
    varbinds, truncated = _kept(found)
    named = sender == agent and host not in {"", "<UNKNOWN>", agent}
    origin = f"snmp://{f'[{agent}]' if ':' in agent else agent}"
    detail = {
        IDEMPOTENCY_KEY: key,
        "agent": agent,
        "host": one_line(host, 255) if named else "",
        "via": sender if sender != agent else "",
        "origin": origin,
        "trap": name,
        "trap-oid": trap_oid[:_OID_LIMIT],
        "enterprise": _numeric(first.get(_ENTERPRISE, ""))[:_OID_LIMIT],
        "uptime": one_line(first.get(_UPTIME, ""), 40),
        "interface": interface,
        "message": _message(value for oid, value in found if _is_payload(oid)),
        "varbinds": varbinds,
        "truncated": truncated,
    }
    return {
        "source": SOURCE,
        "detail-type": f"SNMP {name}",
        "time": format_time(time),
        "resources": [f"{origin}/ifIndex/{interface['index']}" if "index" in interface else origin],
        "detail": {field: value for field, value in detail.items() if value},
    }


def _parts(text: str) -> tuple[str, str, str]:
    """Return the sender's name, its address as snmptrapd writes it, and the variables."""
    host, _, rest = text.partition("\n")
    transport, _, variables = rest.partition("\n")
    return host.strip(), transport, variables


def _varbinds(text: str) -> Iterator[tuple[str, str]]:
    for oid, quoted, plain in _VARBIND.findall(text):
        yield _numeric(oid), carriable(_readable(_ESCAPED.sub(r"\1", quoted)) if quoted else plain.strip())


def _readable(value: str) -> str:
    """Return the text of hexadecimal bytes, as which text comes that is not ASCII; other bytes stay hexadecimal."""
    if not _HEXADECIMAL.fullmatch(value):
        return value
    try:
        text = bytes.fromhex(value).decode()
    except UnicodeDecodeError:
        text = ""
    return text if text.isprintable() and text else " ".join(value.split())


def _numeric(name: str) -> str:
    """Return the number of an OID: ``.1.3.6.1.2.1.2.2.1.1.3`` for ``IF-MIB::ifIndex.3``; an unknown name as it is."""
    symbol, dot, rest = name.strip().partition(".")
    return f"{_SYMBOLS[symbol]}{dot}{rest}" if symbol in _SYMBOLS else name.strip()


def _agent(named: str, sender: str) -> str:
    """Return the address of the device: the one named in the trap, which a relay may have sent, else the sender's."""
    is_address = _ADDRESS.fullmatch(f"[{named}]") and named != "0.0.0.0"  # noqa: S104 - a trap that names none has this
    return (named if is_address else sender) or "unknown"


def _interface(found: list[tuple[str, str]]) -> Mapping[str, str]:
    """Return what a trap contains about its interface; the index is a value, or the end of the OIDs of the row."""
    interface: dict[str, str] = {}
    for oid, value in found:
        column, _, row = oid.rpartition(".")
        field = _INTERFACE.get(column)
        if field and value:
            text = _STATUS.get(value, value) if field.endswith("status") else value
            interface.setdefault(field, one_line(text, 128))
            if _INDEX.fullmatch(row):
                interface.setdefault("index", row)
    if not _INDEX.fullmatch(interface.get("index", "0")):
        del interface["index"]
    return interface


def _is_payload(oid: str) -> bool:
    """Return whether a variable is payload, not envelope; the community, which is a password, never is."""
    return oid not in _ENVELOPE and not oid.startswith(_COMMUNITY)


def _message(values: Iterable[str]) -> str:
    """Return the first value that contains a word: people can read it at once."""
    return one_line(next(filter(_WORD.search, values), ""), 256)


def _kept(found: list[tuple[str, str]]) -> tuple[list[dict[str, str]], bool]:
    """Return the payload's variables as far as they fit, and whether any was cut or left out."""
    kept: list[dict[str, str]] = []
    size, truncated = 0, False
    for oid, value in found:
        if not _is_payload(oid):
            continue
        varbind = {"oid": oid[:_OID_LIMIT], "value": value[:VALUE_LIMIT]}
        size += len(json.dumps(varbind))
        if size > VARBINDS_LIMIT:
            return kept, True
        truncated |= varbind != {"oid": oid, "value": value}
        kept.append(varbind)
    return kept, truncated
