"""Profiles fresh from the tools that write them, against what the tools themselves say."""
import collections
import json
import marshal
import os
import pstats
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BIN = Path(os.environ.get("FLAMESCALE_BIN", HERE.parents[2] / "build/release/bin"))

WORK = """
def leaf(n): return sum(i * i for i in range(n))
def middle(n): return leaf(n) + len(("a" * n).replace("a", "b"))
def again(n): return 1 if n < 2 else again(n - 1) + again(n - 2)
def main():
    for i in range(40): middle(100 + i)
    leaf(5000); again(12); sorted(range(2000), key=str)
main()
"""


def collapse(path, *arguments):
    done = subprocess.run([BIN / "flame", "collapse", *arguments, path], capture_output=True, timeout=120, check=True)
    counts = collections.Counter()
    for line in done.stdout.decode().splitlines():
        stack, count = line.rsplit(" ", 1)
        counts[stack] += float(count)
    return counts, done.stderr.decode()


@pytest.mark.parametrize("version", [None, 0, 1, 2, 3, 4])
def test_cprofile(tmp_path, version):
    (tmp_path / "work.py").write_text(WORK)
    dump = tmp_path / "work.pstats"
    subprocess.run([sys.executable, "-m", "cProfile", "-o", dump, tmp_path / "work.py"], check=True, timeout=120)
    if version is not None:
        dump.write_bytes(marshal.dumps(marshal.loads(dump.read_bytes()), version))
    stats = pstats.Stats(str(dump))
    counts, told = collapse(dump, "--lines")
    assert "pairwise" in told
    assert sum(counts.values()) == pytest.approx(stats.total_tt * 1e6, rel=1e-6)
    # Nothing here is on a circle of calls: each function has its own time in all its stacks together.
    own = collections.Counter()
    for stack, count in counts.items():
        own[stack.rsplit(";", 1)[-1]] += count
    for (file, line, name), (_, _, tottime, _, _) in stats.stats.items():
        if name in ("leaf", "middle", "main", "again", "<genexpr>"):
            assert own[f"{file}:{name}:{line}"] == pytest.approx(tottime * 1e6, rel=1e-3)


@pytest.mark.skipif(not shutil.which("node"), reason="node (package nodejs) is not installed")
def test_cpuprofile(tmp_path):
    (tmp_path / "work.js").write_text("function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }\nfib(30)\n")
    subprocess.run(["node", "--cpu-prof", "--cpu-prof-name=work.cpuprofile", "work.js"], cwd=tmp_path, check=True,
                   timeout=120)
    profile = json.loads((tmp_path / "work.cpuprofile").read_text())
    idle = {n["id"] for n in profile["nodes"] if n["callFrame"]["functionName"] == "(idle)"}
    ends = profile["timeDeltas"][1:] + [profile["endTime"] - profile["startTime"] - sum(profile["timeDeltas"])]
    expected = sum(t for s, t in zip(profile["samples"], ends) if s not in idle and t > 0)
    counts, _ = collapse(tmp_path / "work.cpuprofile")
    assert sum(counts.values()) == pytest.approx(expected, rel=1e-9)
    assert any(stack.endswith("fib") for stack in counts)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_callgrind(tmp_path):
    out = tmp_path / "out.callgrind"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "true"], capture_output=True,
                          timeout=300)
    if done.returncode or not out.exists():
        pytest.skip("valgrind cannot run here")
    total = int(re.search(r"^totals: (\d+)", out.read_text(), re.M)[1])
    counts, told = collapse(out)
    assert "pairwise" in told
    assert sum(counts.values()) == pytest.approx(total, rel=1e-9)
