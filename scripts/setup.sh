#!/usr/bin/env bash
# Makes a virtual environment from a file of hashed requirements: setup.sh VENV REQUIREMENTS [COMMAND]
# COMMAND, a file of this project, is linked into VENV/bin.
# The stamp VENV/.ready is written last, so that the next run starts over where one was interrupted.
set -euo pipefail
venv=$1 requirements=$2 command=${3-}

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

python=$(find_python) || fail "Python 3.11 or newer is needed, and none is on PATH. Install python3."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "$python has no venv module. Install it (on Debian and Ubuntu: apt-get install python3-venv)."

echo "setup: installing $requirements into $venv (half a minute or so)"
rm -rf "$venv"
"$python" -m venv "$venv"
# Without --no-compile pip would compile all of botocore; what is imported is compiled then.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --retries 2 \
  --require-hashes --requirement "$requirements" 2>"$venv/pip.log" ||
  fail "pip could not install $requirements: $(grep '^ERROR' "$venv/pip.log" | tail -n 1) (all of it: $venv/pip.log; is the package index reachable?)"
[[ -z $command ]] || ln -sf "$(realpath "$command")" "$venv/bin/"
touch "$venv/.ready"
