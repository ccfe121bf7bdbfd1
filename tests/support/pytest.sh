#!/bin/sh
# pytest.sh VENV SUITE ARGUMENT...: pytest of the virtual environment; without it the suite is skipped. Nothing that
# its tests start outlives it (contain.py).
set -eu
venv=$1 suite=$2
shift 2
[ -x "$venv/bin/pytest" ] || { echo "skipped: no pytest in build/venv; ./run test $suite makes it"; exit 77; }
exec "$venv/bin/python" "$(dirname "$0")/contain.py" "$venv/bin/python" -m pytest -q -rs "$@"
