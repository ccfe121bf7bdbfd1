"""flame record: what it starts, what it writes, when it ends."""

import ctypes
import gzip
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from watch_helpers import (FLAME, every_python, flame, folded, judge, numbers, running, start, state_of, wait_for,
                           wait_until_sampled)


def busy_while_recording(result):
    """The same of flame and of a program that it started and that never sleeps."""
    away = result.wall - result.cpu
    return result.busy or (f"not on a CPU for {away:.2f} s of {result.wall:.2f} s" if away > 0.05 + 0.05 * result.wall else None)


@every_python
def test_the_hot_line_is_found(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", python.path, busy.name, "0.7", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "ready\n"
    stacks = folded(out)
    total = sum(stacks.values())
    wanted, taken, machine_busy = numbers(result.stderr)
    assert total == taken <= wanted
    hot = sum(n for stack, n in stacks.items() if re.fullmatch(r"busy\.py:hot:[78]", stack[-1]))
    for stack in stacks:
        if stack[-1].startswith("busy.py:hot:"):
            assert stack[-3:-1] == ("busy.py:<module>:17", "busy.py:main:14"), stack
    judge(wanted - taken - machine_busy <= 2 + 0.02 * wanted, result.stderr, busy_while_recording(result))
    judge(hot > 0.6 * total, stacks, busy_while_recording(result))


@every_python
def test_attach(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        result = flame("record", "-p", target.pid, "-d", "0.4", "-r", "500", "-o", out)
        assert target.poll() is None
    assert result.returncode == 0, result.stderr
    wanted, taken, _ = numbers(result.stderr)
    assert wanted <= 201 and taken == sum(folded(out).values()) > 0
    assert "was never stopped" in result.stderr


@every_python
def test_frozen(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        result = flame("record", "--freeze", "-p", target.pid, "-d", "0.4", "-r", "200", "-o", out)
        assert target.poll() is None and state_of(target.pid) in "RS"
    assert result.returncode == 0, result.stderr
    assert "was held still" in result.stderr
    assert sum(folded(out).values()) > 0


def test_frozen_without_the_lock(python, tmp_path):
    """A thread that runs C code without the interpreter lock is at work, though it is stopped to be read."""
    text = ("import hashlib, time\ndata, end = bytes(1 << 24), time.monotonic() + 0.6\n"
            "while time.monotonic() < end: hashlib.sha256(data).digest()")
    result = flame("record", "--freeze", "-r", "200", "-o", tmp_path / "p.folded", "--", python.path, "-c", text)
    assert result.returncode == 0, result.stderr
    idle = re.search(r"at (\d+) of (\d+) ticks no thread was at work", result.stderr)
    assert not idle or int(idle.group(1)) < int(idle.group(2)) / 2, result.stderr


@pytest.mark.parametrize("call, works", [
    ("os.readv(zero, [data])", True), ("select.epoll().poll(0.05)", False), ("select.select([], [], [], 0.05)", False),
    ("time.sleep(0.05)", False), ("threading.Event().wait(0.05)", False), ("os.read(pipe, 1)", False)])
def test_frozen_in_system_calls(python, tmp_path, call, works):
    """A stopped thread is in a system call either way: at work in one, or asleep."""
    text = ("import os, select, threading, time\ndata, zero = bytearray(1 << 20), os.open('/dev/zero', os.O_RDONLY)\n"
            "pipe, other = os.pipe()\nthreading.Timer(0.7, os._exit, (0,)).start()\n"
            f"while True: {call}")
    result = flame("record", "--freeze", "--allow-empty", "-r", "200", "-o", tmp_path / "p.folded", "--",
                   python.path, "-c", text)
    assert result.returncode == 0, result.stderr
    idle, looks = map(int, re.search(r"at (\d+) of (\d+) ticks no thread was at work|$", result.stderr).groups(default="0"))
    if works:
        judge(numbers(result.stderr)[1] > 20 and idle <= looks / 2, result.stderr, result.busy)
    else:
        judge(idle > looks / 2, result.stderr, result.busy)


def test_frozen_to_the_end(python, tmp_path):
    """The program may end while its threads are being stopped: its exit status is still ours to hand on."""
    text = "import sys, time\nend = time.monotonic() + 0.03\nwhile time.monotonic() < end: pass\nsys.exit(7)"
    for _ in range(12):
        result = flame("record", "--freeze", "-r", "4000", "-o", tmp_path / "p.folded", "--", python.path, "-c", text)
        assert result.returncode == 7, result.stderr


POOL = """\
import threading, time
def work():
    while True:
        time.sleep(0.6)
        sum(range(100000))
for _ in range(30):
    threading.Thread(target=work, daemon=True).start()
    time.sleep(0.03)
time.sleep(1.6)
"""


def test_a_thread_that_sleeps_is_the_same_when_it_wakes(python, tmp_path):
    (tmp_path / "pool.py").write_text(POOL)
    result = flame("record", "-r", "4000", "-o", tmp_path / "p.folded", "--", python.path, tmp_path / "pool.py")
    assert result.returncode == 0, result.stderr
    assert int(re.search(r"(\d+) threads", result.stderr).group(1)) <= 31, result.stderr


def test_exit_status_whatever_was_inherited(python, tmp_path):
    """Who ignores SIGCHLD is told nothing of its children; flame must not inherit that."""
    text = "import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.execv(sys.argv[1], sys.argv[1:])"
    result = subprocess.run([sys.executable, "-c", text, FLAME, "record", "-o", tmp_path / "p.folded", "--", python.path,
                             "-c", "sum(range(3000000)); raise SystemExit(7)"], capture_output=True, timeout=60, check=False)
    assert result.returncode == 7, result.stderr


def test_output_without_a_name(python, tmp_path):
    """Found out before the program is started."""
    mark = tmp_path / "mark"
    result = flame("record", "--format", "svg", "-o", "", "--", python.path, "-c", "open({!r}, 'w')".format(str(mark)))
    assert result.returncode != 0 and "empty" in result.stderr, result.stderr
    assert not mark.exists()


KILLS = """\
import subprocess, sys, time
for _ in range(12):
    worker = subprocess.Popen([sys.executable, "-c", "while 1: pass"])
    time.sleep(0.1)
    worker.kill()
    worker.wait(timeout=5)
"""

EXECS = """\
import os, sys, threading, time
who, times = sys.argv[1], int(sys.argv[2])
if times == 0:
    sys.exit(3)
for _ in range(20):
    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
def go():
    time.sleep(0.03)
    os.execv(sys.executable, [sys.executable, __file__, who, str(times - 1)])
if who == "first":
    go()
threading.Thread(target=go).start()
time.sleep(9)
"""


def test_frozen_while_it_is_killed(python, tmp_path):
    """Nobody can wait for a thread that flame holds, so flame must let go of what was killed meanwhile."""
    (tmp_path / "kills.py").write_text(KILLS)
    result = flame("record", "--freeze", "-r", "4000", "--subprocesses", "-o", tmp_path / "p.folded", "--", python.path,
                   tmp_path / "kills.py", timeout=60)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("who", ["first", "other"])
def test_frozen_while_it_calls_exec(who, python, tmp_path):
    """A thread that calls exec waits until the others are gone, which they are only once flame lets go of them."""
    (tmp_path / "execs.py").write_text(EXECS)
    result = flame("record", "--freeze", "-r", "4000", "-o", tmp_path / "p.folded", "--", python.path,
                   tmp_path / "execs.py", who, "25", timeout=60)
    assert result.returncode == 3, result.stderr


def test_frozen_in_another_hand(python, busy, tmp_path):
    """A debugger holds a thread: each sample says so, and it is told without --freeze."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    seize, detach, out = 0x4206, 17, tmp_path / "p.folded"
    with running(python.path, busy) as target:
        if libc.ptrace(seize, target.pid, 0, 0) != 0:
            pytest.skip("this process may not be a tracer: " + os.strerror(ctypes.get_errno()))
        held = flame("record", "--freeze", "-p", target.pid, "-d", "0.3", "-r", "200", "-o", out)
        free = flame("record", "-p", target.pid, "-d", "0.3", "-r", "200", "-o", tmp_path / "free.folded")
        assert target.poll() is None
        target.send_signal(signal.SIGTERM)  # which also lets the tracer let go
        os.waitpid(target.pid, 0)
        libc.ptrace(detach, target.pid, 0, signal.SIGTERM)
    assert held.returncode == 1 and "nothing was recorded" in held.stderr and not out.exists(), held.stderr
    missed = re.search(r"([\d,]+) another program \(a debugger, strace\?\) held a thread of it", held.stderr)
    assert missed and int(missed[1].replace(",", "")) > 0, held.stderr
    judge(sum(folded(tmp_path / "free.folded").values()) > 30, free.stderr, free.busy)


@pytest.mark.parametrize("ending, check", [
    ("svg", lambda b: b"<svg" in b and b"busy.py:hot:" in b),
    ("html", lambda b: b"<!DOCTYPE html>" in b[:100] and b"busy.py" in b),
    ("folded", lambda b: b"busy.py:hot:" in b),
    ("json", lambda b: "busy.py" in json.dumps(json.loads(b)["shared"]["frames"])),
    ("pb.gz", lambda b: b"hot" in gzip.decompress(b)),
])
def test_every_form(python, busy, tmp_path, ending, check):
    out = tmp_path / ("p." + ending)
    result = flame("record", "-o", out, "--", python.path, busy, "0.3", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert check(out.read_bytes())
    samples, ticks = re.search(r"([\d,]+) samples for ([\d,]+) of", result.stderr).groups()
    content = gzip.decompress(out.read_bytes()) if ending == "pb.gz" else out.read_bytes()
    assert f"{samples} samples for {ticks} ticks".encode() in content
    assert f"wrote {out}" in result.stderr
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("p.")] == [out.name]


@pytest.mark.parametrize("word", ["0.6", "0.6 %", "0%", "51%", "nan%", ""])
def test_a_budget_that_makes_no_sense(tmp_path, word):
    result = flame("record", f"--budget={word}", "--", "true", cwd=tmp_path)
    assert result.returncode == 2 and "--budget 0.6%" in result.stderr, result.stderr


def test_default_name_and_format(python, busy, tmp_path):
    result = flame("record", "--", python.path, busy, "0.2", cwd=tmp_path)
    name = re.search(r"wrote (flame-\d+\.svg)", result.stderr).group(1)
    assert b"<svg" in (tmp_path / name).read_bytes()
    result = flame("record", "--format", "folded", "-o", "plain", "--quiet", "--", python.path, busy, "0.2", cwd=tmp_path)
    assert result.stderr == "" and folded(tmp_path / "plain")


def test_standard_output(python, busy):
    code = "def squares(n):\n    t = 0\n    for i in range(n): t += i * i\nsquares(5_000_000)"
    result = flame("record", "-o", "-", "--", python.path, "-c", code)
    assert re.search(r"^<string>:<module>:4;<string>:squares:3 \d+$", result.stdout, re.M), result


def test_merging_lines(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    flame("record", "--function", "-o", out, "--", python.path, busy, "0.3", cwd=tmp_path)
    assert ("busy.py:<module>", "busy.py:main", "busy.py:hot") in folded(out)


def test_the_import_system_is_left_out(python, tmp_path):
    """Between a module and what it imports there are six frames of importlib; tracebacks leave them out too."""
    (tmp_path / "outer.py").write_text("import inner\n")
    (tmp_path / "inner.py").write_text("n = 0\nfor i in range(6_000_000): n += i\n")
    plain, full = tmp_path / "a.folded", tmp_path / "b.folded"
    for out, options in ((plain, []), (full, ["--imports"])):
        result = flame("record", *options, "-o", out, "--", python.path, "-c", "import outer", cwd=tmp_path,
                       env={**os.environ, "PYTHONPATH": str(tmp_path)})
        assert result.returncode == 0, result.stderr
    spinning = [s for s in folded(plain) if s[-1] == "inner.py:<module>:2"]
    assert spinning == [("<string>:<module>:1", "outer.py:<module>:1", "inner.py:<module>:2")]
    assert any("importlib._bootstrap" in s[-2] for s in folded(full) if s[-1] == "inner.py:<module>:2")


# ---- the command is left alone ------------------------------------------------------------------------------

def test_streams_environment_and_arguments(python, tmp_path):
    code = "import os, sys; data = sys.stdin.read(); print(data.upper(), end=''); print(os.environ['COLOUR'], sys.argv[1:], file=sys.stderr)"
    result = flame("record", "-q", "-o", tmp_path / "p.svg", "--", python.path, "-c", code, "-o", "--quiet", "a b",
                   input="some text\n", env={**os.environ, "COLOUR": "vert"})
    assert result.stdout == "SOME TEXT\n"
    assert "vert ['-o', '--quiet', 'a b']" in result.stderr


def test_descriptors_are_not_leaked(python, tmp_path):
    code = "import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))"
    plain = subprocess.run([python.path, "-c", code], capture_output=True, text=True, check=True).stdout
    watched = flame("record", "-o", tmp_path / "p.svg", "--", python.path, "-c", code).stdout
    assert watched == plain


@pytest.mark.parametrize("code, status", [("raise SystemExit(7)", 7), ("1 / 0", 1),
                                          ("import os; os.kill(os.getpid(), 9)", 137), ("pass", 0)])
def test_exit_status(python, tmp_path, code, status):
    spin = "sum(i for i in range(2_000_000)); "
    result = flame("record", "-o", tmp_path / "p.folded", "--", python.path, "-c", spin + code)
    assert result.returncode == status, result.stderr
    assert folded(tmp_path / "p.folded")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_forwarded(python, tmp_path, number):
    """The command decides what a signal means; the profile is written all the same."""
    code = ("import signal, sys, time\n"
            "def on(number, frame):\n    print('got', number, flush=True); sys.exit(5)\n"
            f"signal.signal({int(number)}, on)\n"
            "print('ready', flush=True)\n"
            "while True: sum(range(1000))\n")
    out = tmp_path / "p.folded"
    with start("record", "-o", out, "--", python.path, "-c", code) as process:
        assert process.stdout.readline() == "ready\n"
        wait_until_sampled(process)
        process.send_signal(number)
        said, complained = process.communicate(timeout=60)
    assert said == f"got {int(number)}\n"
    assert process.returncode == 5, complained
    assert folded(out)


def test_signals_that_end_the_command(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    with start("record", "-o", out, "--", python.path, busy) as process:
        assert process.stdout.readline() == "ready\n"
        wait_until_sampled(process)
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert folded(out)


@pytest.mark.parametrize("number", [signal.SIGALRM, signal.SIGRTMIN + 1])
def test_any_ending_signal_is_forwarded_and_the_profile_kept(python, busy, tmp_path, number):
    out = tmp_path / "p.folded"
    with start("record", "-o", out, "--", python.path, busy, 30) as process:
        wait_until_sampled(process)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert folded(out) and sorted(os.listdir(tmp_path)) == ["busy.py", "p.folded"]


def test_a_limit_of_cpu_time_ends_flame_alone(python, busy, tmp_path):
    """The kernel's SIGXCPU is flame's own affair: the command goes on to its end."""
    out = tmp_path / "p.folded"
    with start("record", "-r", "20000", "-o", out, "--", python.path, busy, 3) as process:
        # Not before the command has started: it would inherit the limit.
        wait_for(lambda: Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip())
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (1, resource.RLIM_INFINITY))
        process.communicate(timeout=30)
    assert process.returncode == 0 and folded(out)


def test_usr1_is_forwarded_and_ends_nothing(python, tmp_path):
    code = ("import signal, time\nhits = []\nsignal.signal(signal.SIGUSR1, lambda *a: hits.append(1))\n"
            "print('ready', flush=True)\nfor n in (1, 2):\n    while len(hits) < n: sum(range(1000))\n    print(n, flush=True)\n")
    with start("record", "-o", tmp_path / "p.folded", "--", python.path, "-c", code) as process:
        assert process.stdout.readline() == "ready\n"
        wait_until_sampled(process)
        for n in (1, 2):
            process.send_signal(signal.SIGUSR1)
            assert process.stdout.readline() == f"{n}\n"
        process.communicate(timeout=60)
    assert process.returncode == 0


ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF,
          signal.SIGIO, signal.SIGXCPU, signal.SIGPWR, signal.SIGQUIT, signal.SIGUSR2, signal.SIGRTMIN,
          signal.SIGRTMIN + 5, signal.SIGRTMAX]


@pytest.mark.parametrize("number", ENDING)
def test_interrupting_an_attached_recording(python, busy, tmp_path, number):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        with start("record", "-p", target.pid, "-o", out) as process:
            wait_until_sampled(process)
            process.send_signal(number)
            process.communicate(timeout=60)
        assert target.poll() is None
    assert process.returncode == 0 and folded(out)


def test_duration_leaves_the_command_running(python, tmp_path):
    out, enough = tmp_path / "p.folded", tmp_path / "enough"
    code = f"import os\nwhile not os.path.exists({str(enough)!r}): sum(range(1000))"
    with start("record", "-d", "0.3", "-o", out, "--", python.path, "-c", code) as process:
        wait_for(out.exists)
        assert process.poll() is None, "flame waits for its command"
        enough.touch()
        process.communicate(timeout=60)
    assert process.returncode == 0 and folded(out)


def test_killed_target(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        with start("record", "-p", target.pid, "-o", out) as process:
            wait_until_sampled(process)
            target.kill()
            process.communicate(timeout=60)
    assert process.returncode == 0 and folded(out)


# ---- programs that change ------------------------------------------------------------------------------------

def test_exec_is_followed(python, tmp_path):
    (tmp_path / "second.py").write_text("import time\ndef after():\n    end = time.process_time() + 0.5\n    while time.process_time() < end: pass\nafter()\n")
    (tmp_path / "first.py").write_text("import os, sys, time\ndef before():\n    end = time.process_time() + 0.5\n    while time.process_time() < end: pass\nbefore()\n"
                                       "os.execv(sys.executable, [sys.executable, 'second.py'])\n")
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", python.path, "first.py", cwd=tmp_path)
    text = out.read_text()
    assert "first.py:before:" in text and "second.py:after:" in text, result.stderr


def test_behind_a_shell(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", "sh", "-c", f"sleep 0.2; exec {shlex.join([python.path, str(busy)])} 0.4")
    assert result.returncode == 0 and "busy.py:hot:" in out.read_text(), result.stderr


def test_subprocesses(python, busy, tmp_path):
    code = (f"import subprocess, sys\nps = [subprocess.Popen([sys.executable, {str(busy)!r}, '0.5']) for _ in range(2)]\n"
            "for p in ps: p.wait()\n")
    out = tmp_path / "p.folded"
    result = flame("record", "--subprocesses", "-o", out, "--", python.path, "-c", code)
    assert result.returncode == 0, result.stderr
    roots = {stack[0] for stack in folded(out) if any("busy.py:hot" in f for f in stack)}
    assert len(roots) == 2, roots
    assert "processes" in result.stderr


def test_wrapped_without_subprocesses_says_so(python, busy, tmp_path):
    result = flame("record", "-o", tmp_path / "p.svg", "--", "sh", "-c", f"{shlex.join([python.path, str(busy)])} 0.2; true")
    assert "other programs, which were not watched: --subprocesses" in result.stderr, result.stderr


def test_rates(python, busy, tmp_path):
    with running(python.path, busy) as target:
        for rate in (1, 37.5, 5000):
            result = flame("record", "-p", target.pid, "-d", "0.5", "-r", rate, "-o", tmp_path / "p.folded")
            wanted, _, _ = numbers(result.stderr)
            assert abs(wanted - max(1, rate * 0.5)) <= 2 + 0.05 * rate, result.stderr


def test_help_answers():
    shown = flame("record", "--help").stdout
    for word in ("--subprocesses", "--freeze", ".pb.gz", "Ctrl-C", "flame-PID.svg", "--gil", "127"):
        assert word in shown, word


AT_EXIT = """\
import atexit, sys, time


def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def calls(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        work(0.01)


atexit.register(work, 0.4)
calls(0.4)
"""


@every_python
def test_what_python_called_before_is_called_from_outside(python, tmp_path):
    """To 3.10 a function's frame stands where it stood when it had a caller."""
    (tmp_path / "at_exit.py").write_text(AT_EXIT)
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", python.path, "at_exit.py", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    wanted, taken, machine_busy = numbers(result.stderr)
    by_depth = {0: 0, 2: 0}
    for stack, count in folded(out).items():
        if stack[-1].startswith("at_exit.py:work:"):
            callers = [frame for frame in stack[:-1] if frame.startswith("at_exit.py:")]
            by_depth[len(callers)] += count
    judge(wanted - taken - machine_busy <= 2 + 0.02 * wanted, result.stderr, busy_while_recording(result))
    judge(min(by_depth.values()) > 0.3 * taken, f"{by_depth} of {taken}", busy_while_recording(result))


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
