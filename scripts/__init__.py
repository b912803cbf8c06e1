"""The command lines of this project, each run as `python -m scripts.<name>` by the Makefile."""

import sys
from pathlib import Path

# The package that every zip carries, and the functions: read from the source tree, as the tests do.
sys.path[:0] = [str(Path(__file__).resolve().parent.parent / folder) for folder in ("shared", "functions")]
