"""Native frames of Python programs: in calling order with those of Python, on every interpreter."""

import gzip
import json
import math
import os
import re
import signal
from pathlib import Path

import pytest
from watch_helpers import (FLAME, every_python, flame, folded, judge, kept_busy, numbers, running, start, state_of, wait_for,
                           wait_until_asleep, wait_until_sampled)

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
native_calls.start_stranger(0.0)
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


# ---- recordings ----

QUANTILE = 3.29  # of the normal distribution: 99.9 % lie within

# Python, C, the C library, C, Python: all that it ever calls, in this order. The chain of calls is known, so is every
# stack; what a destructor runs is another.
CHAIN = ["<module>", "go", "through", "outer_call", "inner_call", "holds", "generator", "sort", "order", "compare_items",
         "compare", "add"]
ENDING = ["<module>", "go", "through", "outer_call", "inner_call", "__del__", "last"]
CALLS = """\
import sys, time
sys.path.insert(0, %r)
import native_calls
items = list(range(12, 0, -1))
class Dying:
    def __del__(self):
        last()
def last():
    pass
def compare(a, b):
    return add(a, -b)
def add(a, b):
    return a + b
def generator():
    yield sort()
def sort():
    native_calls.order(items, compare)
def holds():
    kept = Dying()
    next(generator())
def go(end):
    while time.process_time() < end:
        for _ in range(100): native_calls.through(holds)
go(float(sys.argv[1]))
""" % str(TESTS)


def function(frame):
    """Its name in the folded file, without file, module and class; None for those of the system's libraries."""
    if frame.endswith(("(native_calls.c)", "(native_calls.abi3.so)")):
        return frame.split(" ")[0]
    native = frame.endswith(")") and "<" not in frame
    return None if native or re.match(r"\S+\+0x[0-9a-f]+$", frame) else frame.rpartition(":")[2].split(".")[-1]


def is_prefix(stack, chain):
    return chain[:len(stack)] == stack


@every_python
def test_every_stack_existed(python, tmp_path):
    """Brief calls between Python and C, stopped anywhere: entering and leaving an evaluation among it."""
    (tmp_path / "calls.py").write_text(CALLS)
    result = flame("record", "--native", "--function", "-o", tmp_path / "p.folded", "--", python.path,
                   tmp_path / "calls.py", "2")
    assert result.returncode == 0, result.stderr
    total, wrong, deepest = 0, [], 0
    for stack, count in folded(tmp_path / "p.folded").items():
        if not any(frame.endswith("calls.py:go") for frame in stack):
            continue  # the program's start and end
        shown = [name for name in map(function, stack) if name and not name.endswith("@plt")]
        total += count
        deepest += count * (shown == CHAIN[:len(shown)] and len(shown) > 9)
        if not is_prefix(shown, CHAIN) and not is_prefix(shown, ENDING):
            wrong.append((shown, count))
    assert not wrong, wrong
    assert "order of native and Python frames unknown" not in result.stderr, result.stderr
    judge(total > 300 and deepest > total / 10, (total, deepest), result.busy)
    wanted, taken, busy = numbers(result.stderr)
    assert taken > 0.95 * (wanted - busy), result.stderr


SHARES = """\
import sys, time
sys.path.insert(0, %r)
import native_calls
def python(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: sum(range(1000))
used = [0, 0, 0]
before = time.thread_time()
for _ in range(150):
    for i, use in enumerate((lambda: native_calls.share(0.002, 0), lambda: native_calls.share(0, 0.005), lambda: python(0.003))):
        use()
        now = time.thread_time()
        used[i] += now - before
        before = now
print(*used)
""" % str(TESTS)


@every_python
def test_shares(python, tmp_path):
    """Of C functions and of Python, by the thread's own clock."""
    (tmp_path / "shares.py").write_text(SHARES)
    result = flame("record", "--native", "-o", tmp_path / "p.folded", "--", python.path, tmp_path / "shares.py")
    assert result.returncode == 0, result.stderr
    used = list(map(float, result.stdout.split()))
    found = [0, 0, 0]
    for stack, count in folded(tmp_path / "p.folded").items():
        for i, kind in enumerate((r"use_quarter \(", r"use_rest \(", r".*:python:")):
            found[i] += count * any(re.match(kind, frame) for frame in stack)
    judge(sum(found) > 500, found, kept_busy(result.stderr))
    for share, count in zip((u / sum(used) for u in used), found):
        allowed = QUANTILE * math.sqrt(share * (1 - share) / sum(found)) + 0.004
        judge(abs(count / sum(found) - share) < allowed, (used, found), kept_busy(result.stderr))


def test_all(python, tmp_path):
    """With the interpreter's own: between each Python frame and the native ones that have called it."""
    (tmp_path / "calls.py").write_text(CALLS)
    result = flame("record", "--native=all", "--function", "-o", tmp_path / "p.folded", "--", python.path,
                   tmp_path / "calls.py", "1")
    assert result.returncode == 0, result.stderr
    stacks = [stack for stack in folded(tmp_path / "p.folded") if any(f.endswith(":compare") for f in stack)]
    assert stacks
    for stack in stacks:
        at = next(i for i, frame in enumerate(stack) if frame.endswith(":compare"))
        assert not stack[at - 1].startswith("compare_items") and any(f.startswith("compare_items") for f in stack[:at]), stack


def test_a_thread_without_python(python, tmp_path):
    (tmp_path / "stranger.py").write_text(SLEEPER + "native_calls.start_stranger(0.5)\nwhile True: time.sleep(0.01)\n")
    result = flame("record", "--native", "-d", "1", "--kill-after", "-o", tmp_path / "p.folded", "--", python.path,
                   tmp_path / "stranger.py")
    stacks = folded(tmp_path / "p.folded")
    working = sum(count for stack, count in stacks.items() if "run_stranger" in " ".join(stack))
    judge(working > 100, (working, result.stderr), result.busy)
    assert not any("run_stranger" in " ".join(stack) and "stranger.py" in " ".join(stack) for stack in stacks), stacks


SIGNALS = SLEEPER + """\
import os, signal, subprocess
seen = 0
def count(number, frame):
    global seen
    seen += 1
signal.signal(signal.SIGUSR1, count)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
alarms = 0
def alarm(number, frame):
    global alarms
    alarms += 1
    os.kill(os.getpid(), signal.SIGUSR1)
signal.signal(signal.SIGALRM, alarm)
while alarms < 500:
    threading.Thread(target=native_calls.through, args=[lambda: sum(range(1000))]).start()
signal.setitimer(signal.ITIMER_REAL, 0)
time.sleep(0.01)
print("seen", seen, "of", alarms, flush=True)
os.execv(sys.executable, [sys.executable, "-c", "import time; e = time.process_time() + 0.2\\nwhile time.process_time() < e: pass"])
"""


@every_python
def test_signals_threads_and_exec(python, tmp_path):
    (tmp_path / "signals.py").write_text(SIGNALS)
    result = flame("record", "--native", "-o", tmp_path / "p.folded", "--", python.path, tmp_path / "signals.py")
    assert result.returncode == 0, result.stderr
    seen = re.search(r"seen (\d+) of (\d+)", result.stdout)
    # Signals of one number that come while one waits are one: Python runs its handlers a little later.
    assert seen and int(seen[1]) > 0.5 * int(seen[2]), result.stdout
    shown = " ".join(" ".join(stack) for stack in folded(tmp_path / "p.folded"))
    assert "signals.py" in shown and "<string>" in shown


def test_nothing_stays_stopped(python, busy):
    with running(python.path, busy) as target:
        for number in (signal.SIGKILL, signal.SIGINT):
            with start("record", "--native", "-p", target.pid, "-o", "/dev/null", "--format", "folded") as recording:
                wait_until_sampled(recording)
                recording.send_signal(number)
                recording.wait(30)
            wait_for(lambda: state_of(target.pid) == "R")
            assert target.poll() is None


def test_in_time(python, tmp_path):
    (tmp_path / "calls.py").write_text(CALLS)
    out = tmp_path / "p.trace.json.gz"
    result = flame("record", "--native", "-o", out, "--", python.path, tmp_path / "calls.py", "0.5")
    assert result.returncode == 0, result.stderr
    with gzip.open(out, "rt") as file:
        assert "compare_items" in file.read()


def test_only_holders_of_the_lock(python, tmp_path):
    (tmp_path / "both.py").write_text(SLEEPER + "native_calls.start_stranger(0.5)\nend = time.thread_time() + 0.5\n"
                                      "while time.thread_time() < end: pass\n")
    result = flame("record", "--native", "--gil", "-o", tmp_path / "p.folded", "--", python.path, tmp_path / "both.py")
    assert result.returncode == 0, result.stderr
    shown = " ".join(" ".join(stack) for stack in folded(tmp_path / "p.folded"))
    assert "both.py" in shown and not re.search(r"\bstranger \(", shown)  # start_stranger may be


def test_live(python, tmp_path):
    (tmp_path / "calls.py").write_text(CALLS)
    with running(python.path, tmp_path / "calls.py", "1000", ready=False) as target:
        def shown():
            result = flame("top", "--native", "--batch", "-n", "1", "--delay", "0.5", "-p", target.pid)
            if "no interpreter in it" in result.stderr:
                return False  # it has not begun
            assert result.returncode == 0, result.stderr
            return "compare_items" in result.stdout and re.search(r"\bcompare  .*calls\.py$", result.stdout, re.M)
        wait_for(shown)


def test_words(tmp_path):
    wrong = flame("dump", "--native=some", "-p", os.getpid())
    assert wrong.returncode == 2 and "--native takes 'all' or nothing, not 'some'" in wrong.stderr
    for word in ("record", "top"):
        wrong = flame(word, "--native=some", "-p", os.getpid())
        assert wrong.returncode == 2 and "--native takes 'all' or nothing, not 'some'" in wrong.stderr
        assert flame(word, "--native", "--freeze", "-p", os.getpid()).returncode == 2
    core = flame("dump", "--native", "core")
    assert core.returncode == 2 and "--native" in core.stderr
    assert "--native[=all]" in flame("dump", "--help").stdout
