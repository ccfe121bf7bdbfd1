"""Free-threaded builds (tests/flame/python/make_free_threaded.sh): threads that run Python at once, without a lock."""

import sys
from pathlib import Path

import pytest
from watch_helpers import flame, folded, judge, running

PYTHONS = sorted(Path(__file__).resolve().parents[3].glob("build/free-threaded/*/bin/python3"))
PROGRAM = """\
import threading
def one():
    while True: sum(range(1000))
def two():
    while True: sum(range(1000))
for work in (one, two):
    threading.Thread(target=work, name=work.__name__, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
"""

free_threaded = pytest.mark.parametrize(
    "path", PYTHONS or [pytest.param(None, marks=pytest.mark.skip("no free-threaded Python (make_free_threaded.sh)"))])


@free_threaded
@pytest.mark.parametrize("options", [(), ("--freeze",), ("--native",)], ids=["beside", "freeze", "native"])
def test_record(path, tmp_path, options):
    (tmp_path / "threads.py").write_text(PROGRAM)
    out = tmp_path / "p.folded"
    with running(path, "threads.py", cwd=tmp_path) as target:
        result = flame("record", *options, "-p", target.pid, "-d", "1", "-o", out)
    assert result.returncode == 0, result.stderr
    counts = dict.fromkeys(("one", "two"), 0)
    for stack, count in folded(out).items():
        own = [frame for frame in stack if frame.startswith("threads.py:")]
        name = stack[0].split(" ")[0]
        if own and name != "MainThread":  # which works until it waits
            assert own == [f"threads.py:{name}:{3 if name == 'one' else 5}"], stack
            counts[name] += count
    judge(min(counts.values()) > 0.2 * sum(counts.values()) > 20, counts, result.busy)


@free_threaded
def test_what_is_refused_by_name(path, tmp_path):
    (tmp_path / "threads.py").write_text(PROGRAM)
    with running(path, "threads.py", cwd=tmp_path) as target:
        lock = flame("record", "--gil", "-p", target.pid, "-d", "1", "-o", tmp_path / "p.folded")
        tasks = flame("dump", "--tasks", "-p", target.pid)
        plain = flame("dump", "--locals", "-p", target.pid)
    assert lock.returncode == 1 and "is a free-threaded build: it has no interpreter lock" in lock.stderr
    assert tasks.returncode == 1 and "tasks of a free-threaded build are not read" in tasks.stderr
    assert plain.returncode == 0 and "\none " in plain.stdout and "\ntwo " in plain.stdout, plain.stdout
    assert "holds the interpreter lock" not in plain.stdout


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
