"""The mark of a drill: a prefix of the event's source. All else about a drill is as in a real event."""

DRILL_PREFIX = "drill."


def split_drill(source: str) -> tuple[str, bool]:
    """Return the source without its mark, and whether it bore one: ``aws.ec2``, True for ``drill.aws.ec2``."""
    return source.removeprefix(DRILL_PREFIX), source.startswith(DRILL_PREFIX)
