#!/usr/bin/env python3
"""Run the benches and gather their JSON.

    ./run bench              all of them
    ./run bench pattern      those whose name contains a word
    ./run bench --list

C benches are build/release/bench/bench_*; Python benches are bench/bench_*.py. Each gets the path of its JSON
file, build/bench/NAME.json, and prints its own table.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "bench"


def benches():
    found = {}
    for program in sorted((ROOT / "build" / "release" / "bench").glob("bench_*")):
        if program.is_file() and program.stat().st_mode & 0o111:
            found[program.name.removeprefix("bench_")] = [program]
    for script in sorted((ROOT / "bench").glob("bench_*.py")):
        found[script.stem.removeprefix("bench_")] = [sys.executable, script]
    return found


def main(words):
    found = benches()
    if "--list" in words:
        print("\n".join(found))
        return 0
    chosen = {name: command for name, command in found.items() if not words or any(w in name for w in words)}
    if not chosen:
        print(f"no bench is called {' or '.join(words)}; there are: {', '.join(found)}", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    failed = []
    for name, command in chosen.items():
        print(f"\n==> {name}", flush=True)
        began = time.monotonic()
        if subprocess.run([*map(str, command), str(OUT / f"{name}.json")]).returncode != 0:
            failed.append(name)
        print(f"    ({time.monotonic() - began:.0f} s; {(OUT / f'{name}.json').relative_to(ROOT)})")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
