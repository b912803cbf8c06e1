"""Texts with ``*`` compared with each other."""

from infra_events.routing.rules import ANY


def sample_of(pattern: str) -> str:
    """Return a text that a pattern matches, and another pattern only where it covers this one."""
    return pattern.replace(ANY, "\0")


def overlap(one: str, other: str) -> bool:
    """Return whether both patterns match some text: ``one`` is read character by character along ``other``.

    ``reached`` holds the positions in ``other`` at which its pattern may be once ``one`` is read so far.
    """
    reached = _past_stars({0}, other)
    for character in one:
        if character == ANY:
            # Any text may stand here, so that everything behind the least position may be passed.
            reached = set(range(min(reached), len(other) + 1))
            continue
        before_end = {position for position in reached if position < len(other)}
        passed = {position + 1 for position in before_end if other[position] == character}
        at_stars = {position for position in before_end if other[position] == ANY}
        reached = _past_stars(passed | at_stars, other)
        if not reached:
            return False
    return len(other) in reached


def _past_stars(positions: set[int], pattern: str) -> set[int]:
    """Return the positions, and those that follow them over ``*`` alone, which may match no character."""
    reached = set(positions)
    for position in positions:
        rest = pattern[position:]
        reached.update(position + stars for stars in range(1, len(rest) - len(rest.lstrip(ANY)) + 1))
    return reached
