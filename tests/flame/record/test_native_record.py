"""Native programs: what they themselves measure, their threads, signals, exec, and what is told of them."""

import gzip
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from watch_helpers import (FLAME, flame, folded, judge, kept_busy, running, start, state_of, switches_of, wait_for,
                           wait_until_asleep, wait_until_sampled)

SHARES = Path(os.environ.get("FLAMESCALE_TEST_BIN") or Path(FLAME).parents[1] / "tests") / "native_shares"
KINDS = ("tenth", "third", "rest")
QUANTILE = 3.29  # of the normal distribution: 99.9 % lie within

if not SHARES.exists():
    pytest.skip(f"{SHARES} is not built", allow_module_level=True)


def measured(stdout):
    """The shares that the program has measured, and the signals it has seen, and those that were sent to it."""
    words = stdout.split()
    return dict(zip(words[0:6:2], map(float, words[1:6:2]))), int(words[7]), int(words[9])


def counts(path):
    """Samples by which of the three functions is on the stack."""
    found = dict.fromkeys(KINDS, 0)
    for stack, count in folded(path).items():
        for kind in KINDS:
            if any(re.match(rf"{kind} \(", frame) for frame in stack):
                found[kind] += count
    return found


def agrees(path, shares, report):
    found = counts(path)
    total = sum(found.values())
    judge(total > 300, found, kept_busy(report))
    for kind, share in shares.items():
        allowed = QUANTILE * math.sqrt(share * (1 - share) / total) + 0.002
        judge(abs(found[kind] / total - share) < allowed, (kind, share, found), kept_busy(report))


def test_shares(tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", SHARES, "1.5")
    assert result.returncode == 0, result.stderr
    shares, *_ = measured(result.stdout)
    agrees(out, shares, result.stderr)
    for stack in folded(out):
        if stack[-1].startswith("rest "):
            assert [re.sub(r":\d+", "", frame) for frame in stack[-3:]] == [
                "main (native_shares.c)", "turns (native_shares.c)", "rest (native_shares.c)"], stack
            assert re.search(r":\d+\)$", stack[-1]), stack
    assert "was held still" in result.stderr, result.stderr
    # The dynamic linker's first instructions have no call-frame information, on a slow start for some ticks.
    outermost = {stack[1].split()[0] for stack in folded(out) if stack[0] == "[unknown callers]"}
    assert outermost <= {"_dl_start_user", "_start"}, outermost


def test_threads(tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "--threads", "-o", out, "--", SHARES, "0.5", "4")
    assert result.returncode == 0, result.stderr
    shares, *_ = measured(result.stdout)
    agrees(out, shares, result.stderr)
    roots = {stack[0] for stack in folded(out)}
    assert len(roots) == 4 and "MainThread" in roots, roots


def test_signals(tmp_path):
    """A thousand a second: each one arrives."""
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", SHARES, "1", "signals")
    assert result.returncode == 0, result.stderr
    shares, arrived, sent = measured(result.stdout)
    assert arrived == sent and sent > 50
    agrees(out, shares, result.stderr)


def test_exec(tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", SHARES, "1", "exec")
    assert result.returncode == 0 and result.stdout.startswith("tenth"), result.stderr
    judge(sum(counts(out).values()) > 100, folded(out), kept_busy(result.stderr))
    assert len({stack[0] for stack in folded(out)} & {"MainThread"}) == 0, folded(out)  # one process, one thread


def test_exec_by_another_thread(tmp_path):
    """It takes the first one's number, waits for the others to end, and may be held meanwhile."""
    for _ in range(4):
        result = flame("record", "-r", "5000", "-o", tmp_path / "p.folded", "--", SHARES, "0.5", "thread-exec")
        assert result.returncode == 0 and result.stdout == "over\n", result.stderr
        assert " processes" not in result.stderr, result.stderr


def test_end_of_the_recording_lets_all_threads_go(tmp_path):
    """Most of them wait for a CPU just then, and were asked to stop."""
    result = flame("record", "-d", "0.1", "-o", tmp_path / "p.folded", "--", SHARES, "0.05", "40")
    assert result.returncode == 0 and result.stdout.startswith("tenth"), result.stderr


def test_stopped_and_continued(tmp_path):
    """By the user, again and again, while it is recorded: it stays stopped, and goes on."""
    with running(SHARES, "60", ready=False) as target, start("record", "-r", "5000", "-o", tmp_path / "p.folded",
                                                             "-p", target.pid) as watcher:
        wait_until_sampled(watcher)
        for _ in range(100):
            target.send_signal(signal.SIGSTOP)
            wait_for(lambda: state_of(target.pid) == "T")
            target.send_signal(signal.SIGCONT)
            wait_for(lambda: state_of(target.pid) != "T")
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(60) == 0, watcher.stderr.read()
        wait_for(lambda: state_of(target.pid) == "R")
    assert sum(counts(tmp_path / "p.folded").values()) > 0


TRACER = """\
import ctypes, os, sys, time
trace, pid = ctypes.CDLL(None).ptrace, int(sys.argv[1])
assert trace(16, pid, None, None) == 0  # PTRACE_ATTACH
os.waitpid(pid, 0)
assert trace(7, pid, None, None) == 0  # PTRACE_CONT
print("ready", flush=True)
time.sleep(60)
"""


def test_debugger(tmp_path):
    """What a debugger holds is missed, with that reason, and read again when it has gone."""
    with running(SHARES, "60", ready=False) as target:
        with running(sys.executable, "-c", TRACER, target.pid):
            result = flame("record", "-d", "0.2", "-o", tmp_path / "p.folded", "-p", target.pid)
            assert result.returncode == 1 and "nothing was recorded" in result.stderr, result.stderr
            assert "another program (a debugger, strace?) held a thread" in result.stderr, result.stderr
        result = flame("record", "-d", "0.2", "-o", tmp_path / "p.folded", "-p", target.pid)
        assert result.returncode == 0, result.stderr


def test_lines(tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "-o", out, "--", SHARES, "0.3")
    assert result.returncode == 0, result.stderr
    source = (Path(__file__).resolve().parents[1] / "native" / "native_shares.c").read_text().splitlines()
    said = {"turns": "kinds[i]();", "main": "turns(&accounts[0]);", **{kind: f"WORK({kind}," for kind in KINDS}}
    seen = set()
    for stack in folded(out):
        if not any(re.match(rf"({'|'.join(KINDS)}) \(", frame) for frame in stack):
            continue  # inlined code has lines of its own
        for frame in stack:
            name, _, line = frame.rpartition(" (native_shares.c:")
            if name in said:
                assert said[name] in source[int(line[:-1]) - 1], stack
                seen.add(name)
    assert seen == set(said), seen


def test_stripped(tmp_path):
    """Without symbols a frame is a place in its file, and callers are found still."""
    if not shutil.which("strip"):
        pytest.skip("strip (binutils) is not installed")
    out, bare = tmp_path / "p.folded", tmp_path / "bare"
    subprocess.run(["strip", "-s", "-o", bare, SHARES], check=True)
    result = flame("record", "-o", out, "--", bare, "0.3")
    assert result.returncode == 0 and "callers not found" not in result.stderr, result.stderr
    assert any(sum(frame.startswith("bare+0x") for frame in stack) >= 3 for stack in folded(out)), folded(out)


def test_over_at_once(tmp_path):
    result = flame("record", "-o", tmp_path / "p.folded", "--", "true")
    assert result.returncode in (0, 1) and "Python" not in result.stderr, result.stderr


def test_native_child_of_python(python, tmp_path):
    out = tmp_path / "p.folded"
    program = f"import subprocess\nsubprocess.run(['{SHARES}', '0.3'], check=True)\nsum(range(10_000_000))\n"
    result = flame("record", "--subprocesses", "-o", out, "--", python.path, "-c", program)
    assert result.returncode == 0 and result.stdout.startswith("tenth"), result.stderr
    roots = {stack[0] for stack in folded(out) if any(frame.startswith("turns (") for frame in stack)}
    assert len(roots) == 1 and roots.pop().startswith("native_shares"), folded(out)
    assert any(frame == "<string>:<module>:3" for stack in folded(out) for frame in stack), folded(out)


def test_python_child_of_a_native_program(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "--subprocesses", "-o", out, "--", "sh", "-c",
                   f"'{SHARES}' 0.2; '{python.path}' '{busy}' 0.3; true")
    assert result.returncode == 0, result.stderr
    found = [frame for stack in folded(out) for frame in stack]
    judge(any(frame.startswith("rest (native_shares.c") for frame in found), result.stderr, kept_busy(result.stderr))
    judge(any(re.search(r"busy\.py:hot:\d", frame) for frame in found), result.stderr, kept_busy(result.stderr))


@pytest.mark.parametrize("form", ["svg", "html", "json", "pb.gz", "trace.json", "cpuprofile", "firefox.json", "folded.gz"])
def test_forms(form, tmp_path):
    out = tmp_path / f"p.{form}"
    result = flame("record", "-o", out, "--", SHARES, "0.1", "2")
    assert result.returncode == 0 and out.stat().st_size > 0, result.stderr
    content = out.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    assert form == "html" or b"native_shares.c" in content  # a page's data is packed


def test_killed_flame_leaves_nothing_stopped(tmp_path):
    with running(SHARES, "60", ready=False) as target:
        for i in range(10):
            watcher = subprocess.Popen([FLAME, "record", "-r", "5000", "-o", tmp_path / "p.folded", "-p", str(target.pid)],
                                       stderr=subprocess.DEVNULL)
            time.sleep(0.05 + 0.01 * i)
            watcher.send_signal(signal.SIGKILL)
            watcher.wait()
            wait_for(lambda: state_of(target.pid) == "R")


def test_a_shell_and_its_children(tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "--subprocesses", "-o", out, "--", "sh", "-c", f"'{SHARES}' 0.3; '{SHARES}' 0.3")
    assert result.returncode == 0, result.stderr
    roots = {stack[0] for stack in folded(out) if stack[0].startswith("native_shares")}
    assert len(roots) == 2, roots


def test_a_sleeper_is_left_asleep(tmp_path):
    """It is stopped once, not at each tick: each stop interrupts its system call."""
    with running("sleep", "1000", ready=False) as target:
        wait_until_asleep(target.pid)
        before = switches_of(target.pid)
        result = flame("record", "--idle", "-r", "200", "-d", "0.5", "-o", tmp_path / "p.folded", "-p", target.pid)
        woken = switches_of(target.pid) - before
    assert result.returncode == 0, result.stderr
    samples = sum(folded(tmp_path / "p.folded").values())
    judge(samples > 30, result.stderr, result.busy)
    judge(woken < samples / 2, (woken, samples), result.busy)


def test_idle_threads(tmp_path):
    with running("sleep", "60", ready=False) as target:
        out = tmp_path / "p.folded"
        result = flame("record", "--idle", "-d", "0.5", "-o", out, "-p", target.pid)
        assert result.returncode == 0, result.stderr
        assert any("nanosleep" in frame for stack in folded(out) for frame in stack), folded(out)


def test_inlines(tmp_path):
    """With --inlines the same time, and never fewer frames."""
    out = tmp_path / "p.folded"
    result = flame("record", "--inlines", "-o", out, "--", SHARES, "0.5")
    assert result.returncode == 0, result.stderr
    agrees(out, measured(result.stdout)[0], result.stderr)


def test_top(tmp_path):
    with running(SHARES, "60", ready=False) as target:
        result = flame("top", "--batch", "-n", "1", "-p", target.pid)
        assert result.returncode == 0 and re.search(r"\brest\b.*native_shares\.c", result.stdout), result.stdout
