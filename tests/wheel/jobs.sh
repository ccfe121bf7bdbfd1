#!/usr/bin/env bash
# The demo's jobs with an installed wheel, as a new user would do them, in a system without a compiler:
#
#   jobs.sh DIST SOURCE VERSION [--ladder]
#
# DIST holds the wheels, SOURCE the tree's data/ and ladders/.
set -euo pipefail
dist=$1 source=$2 version=$3
fail() { echo "jobs.sh: $*" >&2; exit 1; }

! command -v cc gcc clang || fail "there is a compiler: this proves nothing"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
find venv | sort >before
venv/bin/pip install -q --only-binary :all: --find-links "$dist" "flamescale==$version"
export PATH="$folder/venv/bin:$PATH"

flamescale >listed
for program in flame mdscale pyflame flamegraph; do
  grep -q "^  $program " listed || fail "flamescale does not list $program"
  [ "$($program --version | head -n 1)" = "$program $version" ] || fail "$program --version: $($program --version)"
  [ -s "venv/share/man/man1/$program.1" ] || fail "no man page of $program"
done
python3 -m flamescale | cmp - listed
info=$(echo venv/lib/python3*/site-packages/flamescale-"$version".dist-info)
for part in zlib cjson pcre2 libelf ncurses; do
  [ -s "$info/licenses/parts/$part" ] || fail "no licence of $part"
done

cat >slow.py <<'END'
import time


def slow():
    end = time.monotonic() + 2
    count = 0
    while time.monotonic() < end:
        count += 1
    return count


def quick():
    return sum(range(1000))


quick()
slow()
END
flame record --quiet -o slow.folded -- python3 slow.py
# How much of the samples stands on slow().
share=$(awk '{n = $NF; all += n; if ($0 ~ /slow/ && $0 ~ /slow[.]py/) slow += n} END {print all ? int(100 * slow / all) : 0}' slow.folded)
[ "$share" -ge 80 ] || fail "slow() has $share % of the samples: $(cat slow.folded)"
flame graph slow.folded -o slow.svg
grep -q '<svg' slow.svg || fail "no picture"
flame record --quiet -o slow.html -- python3 slow.py
grep -q 'slow' slow.html || fail "no page"

# A terminal's description is found where this system keeps it.
TERM=xterm python3 slow.py &
TERM=xterm script -qec "timeout --foreground -s INT 1 flame top -p $!" /dev/null </dev/null >top.out || true
wait $!
grep -q 'slow' top.out || fail "flame top shows: $(cat -v top.out)"

mdscale fit "$source/data/eurodist.csv" -o map.csv --plot map.svg --json fit.json --quiet
[ "$(wc -l <map.csv)" = 22 ] || fail "map.csv: $(wc -l <map.csv) lines"
python3 - "$version" <<'END'
import json
import sys

import mdscale
import numpy as np

assert mdscale.__version__ == sys.argv[1], mdscale.__version__
x = np.random.default_rng(1).normal(size=(60, 2))
d = np.sqrt(((x[:, None] - x) ** 2).sum(-1))
result = mdscale.pattern_search(d, dims=2, seed=3)
assert result.stress <= 1e-3 * (d**2).sum(), result
assert json.load(open("fit.json"))["n"] == 21
END

if [ "${4:-}" = --ladder ]; then # the same job as Python, NumPy, kernels and C takes a while
  cp -r "$source/ladders" "$source/data" .
  mkdir build
  flame ladder ladders/pattern_search/ladder.json --quick -o report >ladder.log 2>&1 || { cat ladder.log >&2; fail "the ladder"; }
  [ -s report/index.html ] || fail "no report"
fi

pip uninstall -q -y flamescale
for program in flamescale flame mdscale pyflame flamegraph; do
  [ ! -e "venv/bin/$program" ] || fail "$program is left"
done
[ -z "$(find venv -name '*flame*' -o -name 'mdscale*')" ] || fail "left: $(find venv -name '*flame*' -o -name 'mdscale*')"
# shellcheck source=/dev/null
echo "installed, profiled ($share % in the slow function), embedded, removed: $(python3 --version), $(. /etc/os-release && echo "$PRETTY_NAME")"
