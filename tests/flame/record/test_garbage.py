"""Garbage collection as a frame of recordings."""

import re
import sys

import pytest
from watch_helpers import PYFLAME, every_python, flame, folded, judge, running

COLLECTION = "<garbage collection>"
PROGRAM = """\
import gc
gc.disable()
kept = [[] for _ in range(200000)]
def work():
    return sum(range(500000))
def collect(size=len(kept)):
    return gc.collect()
print("ready", flush=True)
while True:
    work()
    collect()
"""


def check(stacks, native, busy):
    """Collections are called by line 7 and by nothing else; so is nearly all that passes in that line."""
    collects, within = 0, 0
    for stack, count in stacks.items():
        place = [frame for frame in stack if re.match(r"garbage\.py:|<garbage", frame)]
        if COLLECTION in place:
            assert place == ["garbage.py:<module>:11", "garbage.py:collect:7", COLLECTION], stack
            assert native or stack[-1] == COLLECTION, stack
            collects += count
        within += count if place[-1] == "garbage.py:collect:7" else 0
    total = sum(stacks.values())
    worked = any(re.match(r"garbage\.py:work:5", stack[-1]) for stack in stacks)
    judge(worked and collects > 0.1 * total and within <= 2 + 0.02 * total, stacks, busy)


@every_python
@pytest.mark.parametrize("options", [(), ("--freeze",), ("--native",)], ids=["beside", "freeze", "native"])
def test_record(python, tmp_path, options):
    path, out = tmp_path / "garbage.py", tmp_path / "p.folded"
    path.write_text(PROGRAM)
    with running(python.path, "garbage.py", cwd=tmp_path) as target:
        result = flame("record", *options, "-p", target.pid, "-d", "0.5", "-r", "500", "-o", out)
    assert result.returncode == 0, result.stderr
    check(folded(out), "--native" in options, result.busy)


FINALIZER = """\
import gc, threading, time
class Slow:
    def __del__(self): time.sleep(0.01)
def collect():
    while True:
        one = Slow()
        one.itself = one
        del one
        gc.collect()
def work():
    while True: sum(range(1000))
threading.Thread(target=collect, daemon=True).start()
print("ready", flush=True)
work()
"""


@every_python
@pytest.mark.parametrize("option", ["--idle", "--gil", "--cpu", "--budget=0.6%"], ids=["idle", "gil", "cpu", "default"])
def test_another_thread_collects(python, tmp_path, option):
    """It has called a finalizer, which sleeps: who holds the lock meanwhile does not collect."""
    path, out = tmp_path / "slow.py", tmp_path / "p.folded"
    path.write_text(FINALIZER)
    with running(python.path, "slow.py", cwd=tmp_path) as target:
        result = flame("record", option, "-p", target.pid, "-d", "0.5", "-r", "500", "-o", out)
    assert result.returncode == 0, result.stderr
    works = {stack: n for stack, n in folded(out).items() if any(":work:" in frame for frame in stack)}
    assert not any(COLLECTION in stack for stack in works), works
    judge(sum(works.values()) > 20, works, result.busy)


def test_pyflame_has_none(python, tmp_path):
    """Its readers know `file:function:line` alone."""
    out = tmp_path / "p.txt"
    (tmp_path / "garbage.py").write_text(PROGRAM)
    with running(python.path, "garbage.py", cwd=tmp_path) as target:
        result = flame("-s", "0.5", "-o", out, "-p", target.pid, program=PYFLAME)
    assert result.returncode == 0, result.stderr
    assert "garbage.py:collect:7" in out.read_text() and COLLECTION not in out.read_text()


def test_no_variables_of_the_collection(python, tmp_path):
    """Those of its caller stand below its caller."""
    path = tmp_path / "garbage.py"
    path.write_text(PROGRAM)
    with running(python.path, "garbage.py", cwd=tmp_path) as target:
        for _ in range(100):
            text = flame("dump", "--locals", "-p", target.pid).stdout
            if COLLECTION in text:
                break
    assert re.search(r"\n    <garbage collection>\n    collect  [^\n]*\n        size = 200000\n    <module>", text), text


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
