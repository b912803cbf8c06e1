"""Message attributes as SQS takes them: ten at most, and none empty."""

from collections.abc import Mapping

_MAX_ATTRIBUTES = 10
# Dropped first when there are too many attributes: the type contains it.
_FIRST_TO_GO = "service"
# Dropped last: without it the channel of this queue takes the place of all that it names.
_LAST_TO_GO = "channels"


def extended(attributes: Mapping[str, str], added: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """Return a message's attributes and those in ``added``, which are never dropped, for SendMessage."""
    others = sorted(
        (name for name in attributes if name not in added), key=lambda name: (name == _FIRST_TO_GO, name != _LAST_TO_GO)
    )
    kept = {name: attributes[name] for name in others[: _MAX_ATTRIBUTES - len(added)]}
    return {name: {"DataType": "String", "StringValue": value} for name, value in (kept | dict(added)).items() if value}
