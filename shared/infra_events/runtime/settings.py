"""Reading a function's environment: everything that is wrong in one error, at cold start."""

from collections.abc import Mapping


class SettingsError(Exception):
    """The environment of this function is incomplete or malformed."""


def read(environment: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Read variables that must be set and not be empty; name all that are missing at once."""
    missing = [name for name in names if not environment.get(name)]
    if missing:
        message = f"set {', '.join(missing)} in the function's environment (Terraform does, see terraform/modules)"
        raise SettingsError(message)
    return tuple(environment[name] for name in names)
