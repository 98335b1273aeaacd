#!/bin/sh
# Writes requirements/*.lock: every package of server, client and dev with its version
# and hashes, for Python 3.11 and newer on every system; and uv's own. Versions stay
# where they may; `make lock` gives --upgrade. Needs uv (UV=/path/to/uv).
set -eu
cd "$(dirname "$0")/.."
compile() {
  name=$1
  shift
  "${UV:-.venv/bin/uv}" pip compile --quiet --universal --python-version 3.11 \
    --generate-hashes --no-strip-extras --no-annotate \
    --custom-compile-command "sh requirements/lock.sh" \
    --output-file "requirements/$name.lock" "$@"
}
project="pyproject.toml requirements/build.in"
compile uv requirements/uv.in "$@"
compile dev $project --extra server --extra summariser --extra dev "$@"
# The same versions as in dev, which is tested.
compile server $project --extra server --constraints requirements/dev.lock
compile client $project --constraints requirements/dev.lock
