"""What Terraform's files contain, read with python-hcl2."""

from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from scripts import project
from scripts.project import CommandError

_PLAIN = SerializationOptions(with_comments=False, strip_string_quotes=True)


def parse(file: Path) -> dict[str, Any]:
    """Return a file's attributes by name, and its blocks: per type a list of {label: content}.

    Strings are without quotes, expressions are text in ``${...}``. Raises CommandError for a file that is not HCL.
    """
    try:
        return dict(hcl2.loads(file.read_text(), serialization_options=_PLAIN))
    # Its parser's exceptions have no base class of python-hcl2.
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise CommandError(f"{project.shown(file)} is not HCL: {reason}") from error


def variables(file: Path) -> set[str]:
    """Return the names of the input variables that a file declares."""
    return {name for block in parse(file).get("variable", []) for name in block}
