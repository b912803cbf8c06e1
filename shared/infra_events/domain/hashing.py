"""Hashes of JSON values, equal for equal content."""

import hashlib
import json
from typing import Any


def json_sha256(value: Any) -> str:
    """Return the SHA-256 (hex) of a value's canonical JSON: sorted keys, no spaces. Raises RecursionError."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode(errors="backslashreplace")).hexdigest()
