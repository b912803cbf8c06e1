"""Which channels the sender names, and which destinations each of these channels delivers to: nobody is left out."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infra_events.delivery.recipients import channels_of, recipients_of
from infra_events.domain.errors import TransientError
from infra_events.domain.outcome import NoteCode
from infra_events.routing.model import Routing
from tests.support.builders import routing

FIELDS: Mapping[str, Sequence[str]] = {
    "mailed": ["emails"],
    "paged": ["pagers"],
    "both": ["emails", "pagers"],
    "none": [],
    "empty": [],
}


def with_fallback(*fields: str) -> Routing:
    known = {name: {field: [f"{name} {field}"] for field in of} for name, of in FIELDS.items()}
    known["empty"] = {"emails": [], "pagers": []}
    fallback = {field: [f"fallback {field}"] for field in fields}
    return routing(
        channels={"emails": "email", "pagers": "pager"},
        fallback="fallback",
        destinations=known | {"fallback": fallback},
    )


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("mailed", ("email",)),
        ("paged", ("pager",)),
        ("both", ("email", "pager")),
        ("none", ("email",)),
        ("empty", ("email",)),
        ("unknown", ("email",)),
    ],
)
def test_a_notification_names_the_channels_of_its_destination(name: str, channels: Sequence[str]) -> None:
    assert channels_of(name, with_fallback("emails", "pagers")) == channels


@pytest.mark.parametrize(
    ("names", "named", "here", "noted"),
    [
        (["mailed", "both"], ["email", "pager"], ["mailed", "both"], ""),
        (["both", "mailed", "both"], ["email"], ["both", "mailed"], ""),
        (["mailed", "paged"], ["email", "pager"], ["mailed"], ""),
        (["paged"], ["email", "pager"], [], ""),
        (["paged"], ["email"], ["fallback"], "destination paged has no email address"),
        (
            ["paged", "mailed"],
            ["email", "sms"],
            ["mailed", "fallback"],
            "destination paged has no email or sms address",
        ),
        (["none"], ["email", "pager"], ["fallback"], "destination none has no email or pager address"),
        (
            ["empty", "unknown"],
            ["email"],
            ["fallback"],
            "destination empty has no email address, unknown destination unknown",
        ),
        ([], ["email"], ["fallback"], "no recipient named"),
        (["fallback", "unknown"], ["email"], ["fallback"], "unknown destination unknown"),
        (["mailed"], [], ["mailed"], ""),
        (["mailed", "paged"], [], ["mailed", "fallback"], "destination paged has no email address"),
        ([], [], ["fallback"], "no recipient named"),
    ],
)
def test_a_channel_delivers_to_its_own_and_the_fallback_receives_what_reaches_nobody(
    names: Sequence[str], named: Sequence[str], here: Sequence[str], noted: str
) -> None:
    found = recipients_of(names, "email", with_fallback("emails"), named)
    assert (found.names, found.error) == (here, None)
    assert [(note.code, note.reason) for note in found.notes] == ([(NoteCode.FALLBACK_USED, noted)] if noted else [])


@pytest.mark.parametrize(
    ("fallback", "named", "by"),
    [
        (["emails", "pagers"], ["email", "pager"], "email"),
        (["emails", "pagers"], ["pager", "email"], "pager"),
        (["emails", "pagers"], ["sms", "pager"], "pager"),
        (["pagers"], ["email", "pager"], "pager"),
    ],
)
def test_one_channel_delivers_to_the_fallback(fallback: Sequence[str], named: Sequence[str], by: str) -> None:
    rules = with_fallback(*fallback)
    found = {channel: recipients_of(["none"], channel, rules, named) for channel in named}
    assert {channel: one.names for channel, one in found.items()} == {
        channel: ["fallback"] if channel == by else [] for channel in named
    }
    assert [channel for channel, one in found.items() if one.notes] == [by]


@pytest.mark.parametrize("named", [["email", "sms"], []])
def test_where_no_channel_reaches_the_fallback_each_reports_it_and_delivers_the_rest(named: Sequence[str]) -> None:
    rules = with_fallback("pagers")
    for channel in named or ["email"]:
        found = recipients_of(["mailed", "unknown"], channel, rules, named)
        assert found.names == (["mailed"] if channel == "email" else [])
        assert "unknown destination unknown, and the fallback has no email" in str(found.error)


CHANNELS = {"emails": "email", "pagers": "pager", "phones": "sms", "chats": "chat"}
NAMES = ("payments", "search", "web", "fallback")
targets = st.dictionaries(st.sampled_from(sorted(CHANNELS)), st.lists(st.just("somebody"), max_size=1))
routings = st.dictionaries(st.sampled_from(NAMES), targets).map(
    lambda known: routing(channels=CHANNELS, fallback="fallback", destinations=known)
)
some_names = st.lists(st.sampled_from((*NAMES, "unknown")), max_size=4)
some_channels = st.lists(st.sampled_from((*CHANNELS.values(), "telex")), max_size=4)


@settings(max_examples=300)
@given(rules=routings, names=some_names, named=some_channels, unfiltered=st.sampled_from(sorted(CHANNELS.values())))
def test_whoever_is_named_is_notified_or_the_fallback_once_or_it_is_an_error_everywhere(
    rules: Routing, names: Sequence[str], named: Sequence[str], unfiltered: str
) -> None:
    receiving = set(named) or {unfiltered}
    found = {channel: recipients_of(names, channel, rules, named) for channel in receiving}
    for channel, one in found.items():
        assert len(set(one.names)) == len(one.names)
        assert all(rules.destinations[name].targets[channel] for name in one.names)
    wanted = set(names) or {"nobody"}
    unreached = {name for name in wanted if not any(name in one.names for one in found.values())}
    errors = {channel for channel, one in found.items() if one.error}
    by_fallback = [channel for channel, one in found.items() if one.notes]
    if unreached:
        assert (errors, len(by_fallback)) in ((receiving, 0), (set(), 1))
    assert len(by_fallback) <= 1
    assert errors in (set(), receiving)
    for channel in by_fallback:
        assert "fallback" in found[channel].names
    uninvited = {name for one in found.values() for name in one.names} - wanted
    assert uninvited <= ({"fallback"} if by_fallback else set())


def channels_with_targets(name: str, rules: Routing) -> list[str]:
    known = rules.destinations.get(name)
    return [channel for channel, targets in known.targets.items() if targets] if known else []


@given(rules=routings, name=st.sampled_from((*NAMES, "unknown")))
def test_what_the_sender_addresses_to_a_destination_reaches_it_in_all_its_channels(rules: Routing, name: str) -> None:
    assume(channels_with_targets("fallback", rules))
    named = channels_of(name, rules)
    found = {channel: recipients_of([name], channel, rules, named).names for channel in named}
    if own := channels_with_targets(name, rules):
        assert found == {channel: [name] for channel in own}
    else:
        assert list(found.values()) == [["fallback"]]


SUBSETS: Sequence[Sequence[str]] = ([], ["emails"], ["pagers"], ["emails", "pagers"], ["pagers", "emails"])


def test_a_rollout_of_the_routing_loses_no_notification_of_the_sender() -> None:
    """Whichever of the two routings the sender and each channel have: somebody delivers it, or reports an error."""
    routings = [
        routing(
            channels={field: CHANNELS[field] for field in (*fallback, *FIELDS["both"])},
            fallback="fallback",
            destinations={
                name: {field: ["somebody"] for field in fields}
                for name, fields in (("moved", own), ("fallback", fallback))
            },
        )
        for own, fallback in product(SUBSETS, SUBSETS[1:])
    ]
    for of_sender, other in product(routings, routings):
        named = channels_of("moved", of_sender)
        for of_channels in product((of_sender, other), repeat=len(named)):
            found = [recipients_of(["moved"], *one, named) for one in zip(named, of_channels, strict=True)]
            assert any(one.names or one.error for one in found), (of_sender, of_channels)


def test_a_notification_that_no_channel_reaches_is_not_published() -> None:
    with pytest.raises(TransientError, match="any channel"):
        channels_of("none", with_fallback())
