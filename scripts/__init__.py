"""What builds, deploys, shows and checks this project: one command line, ``python -m scripts VERB``, rooms by job."""

import sys
from pathlib import Path

# The package that every zip carries, and the functions: read from the source tree, as the tests do.
sys.path[:0] = [str(Path(__file__).resolve().parent.parent / folder) for folder in ("shared", "functions")]
