"""Native frames of Python programs: in calling order with those of Python, on every interpreter."""

import json
import os
from pathlib import Path

import pytest
from watch_helpers import FLAME, every_python, flame, running, wait_until_asleep

TESTS = Path(os.environ.get("FLAMESCALE_TEST_BIN") or Path(FLAME).parents[1] / "tests")

if not list(TESTS.glob("native_calls*.so")):
    pytest.skip("native_calls is not built: it needs Python's headers", allow_module_level=True)

SLEEPER = """\
import sys, threading, time
sys.path.insert(0, %r)
import native_calls


def sleeper():
    print("ready", flush=True)
    while True:
        time.sleep(1000)
""" % str(TESTS)

# Python, C, Python, C and back: calls, a generator, the C library's qsort.
NESTED = SLEEPER + """\
def below():
    return next(generator())
def generator():
    yield plain()
def plain():
    return native_calls.through(sort)
def sort():
    native_calls.order([3, 1], compare)
def compare(a, b):
    return sleeper()
native_calls.through(below)
"""
THROUGH = ["inner_call", "outer_call", "through"]  # functions of C, innermost first
NESTED_FRAMES = ["sleeper", "compare", "compare_items", "order", "sort", *THROUGH, "plain", "generator", "below",
                 *THROUGH, "<module>"]


def dumped(pid, *options):
    result = flame("dump", "--json", *options, "-p", pid)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)["threads"]


def name(frame):
    return frame.get("name", frame["function"])


def is_of(frame, *modules):
    return frame.get("native", False) and frame["module"].startswith(modules)


def names(frames, without=("libc",)):
    return [name(frame) for frame in frames if not is_of(frame, *without)]


def main_thread(pid, *options):
    return next(thread for thread in dumped(pid, *options) if thread["tid"] == pid)["frames"]


@every_python
def test_order(python, tmp_path):
    (tmp_path / "nested.py").write_text(NESTED)
    with running(python.path, tmp_path / "nested.py") as target:
        wait_until_asleep(target.pid)
        frames = main_thread(target.pid, "--native")
        every = main_thread(target.pid, "--native=all")
        text = flame("dump", "--native", "-p", target.pid).stdout
    assert names(frames) == NESTED_FRAMES
    # The C library: the sleep and the sort, not what has started the program.
    sorting = [is_of(frame, "libc") for frame in frames[names(frames, ()).index("compare_items"):][:6]]
    assert sorting[0] is False and sorting[1] is True, frames
    assert is_of(frames[0], "libc") and name(frames[-1]) == "<module>"
    # Each frame says where it is from.
    inner = next(frame for frame in frames if name(frame) == "inner_call")
    assert inner["module"] == "native_calls.abi3.so" and inner["file"] == "native_calls.c" and inner["line"] > 1
    assert "  inner_call                   native_calls.c:%d (native_calls.abi3.so)\n" % inner["line"] in text
    assert "  <module>                     %s:" % (tmp_path / "nested.py") in text
    # With all of the interpreter's own they are the same, and each evaluation has some in it.
    assert names(every, ("libc", "python", "libpython", "ld-")) == NESTED_FRAMES
    after = [is_of(every[i + 1], "python", "libpython") for i, frame in enumerate(every) if name(frame) in ("compare", "sort")]
    assert after == [True, True], every


# What an object's end runs, when its function's frame has been left.
DYING = SLEEPER + """\
class Dying:
    def __del__(self):
        native_calls.through(sleeper)
def holds():
    kept = Dying()
native_calls.through(holds)
"""


@every_python
def test_destructor(python, tmp_path):
    (tmp_path / "dying.py").write_text(DYING)
    with running(python.path, tmp_path / "dying.py") as target:
        wait_until_asleep(target.pid)
        frames = main_thread(target.pid, "--native")
    assert names(frames) == ["sleeper", *THROUGH, "__del__", *THROUGH, "<module>"]


RECURSIVE = SLEEPER + """\
def down(n):
    if n == 0:
        return sleeper()
    return native_calls.through(lambda: down(n - 1)) if n % 2 else down(n - 1)
down(40)
"""


@every_python
def test_many_evaluations(python, tmp_path):
    (tmp_path / "down.py").write_text(RECURSIVE)
    with running(python.path, tmp_path / "down.py") as target:
        wait_until_asleep(target.pid)
        frames = main_thread(target.pid, "--native")
    expected = ["sleeper"]
    for n in range(0, 40):
        expected += ["down"] + (["<lambda>", *THROUGH] if n % 2 == 0 else [])
    assert names(frames) == [*expected, "down", "<module>"]


THREADS = SLEEPER + """\
def wait():
    threading.Event().wait()
native_calls.start_stranger()
for _ in range(3):
    threading.Thread(target=native_calls.through, args=[wait], daemon=True).start()
sleeper()
"""


@every_python
def test_threads(python, tmp_path):
    (tmp_path / "threads.py").write_text(THREADS)
    with running(python.path, tmp_path / "threads.py") as target:
        wait_until_asleep(target.pid, 5)
        threads = dumped(target.pid, "--native")
        text = flame("dump", "--native", "-p", target.pid).stdout
    strangers = [thread for thread in threads if thread["ident"] is None]
    assert len(threads) == 5 and len(strangers) == 1
    assert names(strangers[0]["frames"]) == ["stranger", "run_stranger"] and strangers[0]["activity"] == "idle"
    assert "thread %d: idle, not a thread of Python\n" % strangers[0]["tid"] in text
    for thread in threads:
        if thread in strangers or thread["tid"] == target.pid:
            continue
        shown = names(thread["frames"])
        assert shown[shown.index("inner_call") - 1:][:5] == ["wait", *THROUGH, "run"], thread


def test_running_thread(python, tmp_path):
    """It is stopped at any moment, and goes on."""
    (tmp_path / "busy.py").write_text(SLEEPER + "def spin():\n    print(1, flush=True)\n    while True: native_calls.share(0.01, 0.01)\n"
                                      "native_calls.through(spin)\n")
    with running(python.path, tmp_path / "busy.py") as target:
        for _ in range(20):
            frames = main_thread(target.pid, "--native")
            shown = names(frames)
            assert shown[-5:] == ["spin", *THROUGH, "<module>"], shown
            assert set(shown[:-5]) <= {"share", "use_quarter", "use_rest", "use", "thread_seconds", "clock_gettime",
                                       "__vdso_clock_gettime"} | set(names(f for f in frames if is_of(f, "[vdso]"))), shown
        assert target.poll() is None


def test_with_locals(python, tmp_path):
    (tmp_path / "kept.py").write_text(SLEEPER + "def holds():\n    kept = 42\n    sleeper()\nnative_calls.through(holds)\n")
    with running(python.path, tmp_path / "kept.py") as target:
        wait_until_asleep(target.pid)
        frames = main_thread(target.pid, "--native", "--locals")
    assert names(frames) == ["sleeper", "holds", *THROUGH, "<module>"]
    holder = next(frame for frame in frames if name(frame) == "holds")
    assert holder["locals"] == [{"name": "kept", "value": "42"}]


def test_no_python(tmp_path):
    with running("sleep", "1000", ready=False) as target:
        wait_until_asleep(target.pid)
        frames = main_thread(target.pid, "--native")
        result = flame("dump", "--native", "-p", target.pid)
        plain = flame("dump", "-p", target.pid)
    assert any("nanosleep" in frame["function"] for frame in frames), frames
    assert result.returncode == 0 and "Python" not in result.stdout and "MainThread %d: idle\n" % target.pid in result.stdout
    assert plain.returncode == 1 and not plain.stdout


def test_words(tmp_path):
    wrong = flame("dump", "--native=some", "-p", os.getpid())
    assert wrong.returncode == 2 and "--native takes 'all' or nothing, not 'some'" in wrong.stderr
    core = flame("dump", "--native", "core")
    assert core.returncode == 2 and "--native" in core.stderr
    assert "--native[=all]" in flame("dump", "--help").stdout
