"""Which channels the sender names, and which destinations each of these channels delivers to: nobody is left out."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest

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
    ("names", "channels"),
    [
        (["mailed"], ("email",)),
        (["paged"], ("pager",)),
        (["both"], ("email", "pager")),
        (["paged", "mailed", "both"], ("pager", "email")),
        (["none"], ("email",)),
        (["unknown", "paged"], ("email", "pager")),
        ([], ("email",)),
    ],
)
def test_a_notification_names_the_channels_of_its_destinations(names: Sequence[str], channels: Sequence[str]) -> None:
    assert channels_of(names, with_fallback("emails")) == channels


@pytest.mark.parametrize(
    ("names", "reached", "noted"),
    [
        (["mailed", "both"], ["mailed", "both"], []),
        (["mailed", "paged"], ["mailed"], []),
        (["paged"], ["fallback"], ["destination paged has no email address"]),
        (["mailed", "none"], ["mailed", "fallback"], ["destination none has no email address"]),
        (["mailed", "paged", "unknown"], ["mailed", "fallback"], ["unknown destination unknown"]),
        ([], ["fallback"], ["no recipient named"]),
        (["fallback", "unknown"], ["fallback"], ["unknown destination unknown"]),
    ],
)
def test_a_channel_leaves_to_other_channels_what_only_they_reach(
    names: Sequence[str], reached: Sequence[str], noted: Sequence[str]
) -> None:
    found = recipients_of(names, "email", with_fallback("emails"))
    assert found.names == reached
    assert [(note.code, note.reason) for note in found.notes] == [(NoteCode.FALLBACK_USED, reason) for reason in noted]


@pytest.mark.parametrize("fallback", [["emails"], ["pagers"], ["emails", "pagers"]])
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_the_channels_of_a_notification_reach_all_its_destinations_and_no_other(
    fallback: Sequence[str], number: int
) -> None:
    rules = with_fallback(*fallback)
    for names in product([*FIELDS, "unknown"], repeat=number):
        delivered = {
            (name, channel)
            for channel in channels_of(names, rules)
            for name in recipients_of(names, channel, rules).names
        }
        nowhere = not names or bool({"none", "empty", "unknown"} & set(names))
        wanted = [*(name for name in names if name in FIELDS), *(["fallback"] if nowhere else [])]
        assert delivered == {
            (name, channel)
            for name in wanted
            for channel, targets in rules.destinations[name].targets.items()
            if targets
        }, names


def test_a_notification_that_no_channel_reaches_is_not_published() -> None:
    with pytest.raises(TransientError, match="any channel"):
        channels_of(["none"], with_fallback())


def test_a_channel_that_reaches_somebody_leaves_an_unknown_name_to_the_channels_of_the_fallback() -> None:
    found = recipients_of(["mailed", "unknown"], "email", with_fallback("pagers"))
    assert (found.names, found.notes) == (["mailed"], ())
