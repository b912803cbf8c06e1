"""A function's settings: environment variables, whose errors are all reported at once, at cold start."""

from collections.abc import Mapping


class SettingsError(Exception):
    """The environment of this function is incomplete or malformed."""


def read(environment: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return the values of variables, in order. Raises SettingsError, which names all that are unset or empty."""
    missing = [name for name in names if not environment.get(name)]
    if missing:
        message = f"set {', '.join(missing)} in the function's environment (Terraform does, see terraform/modules)"
        raise SettingsError(message)
    return tuple(environment[name] for name in names)
