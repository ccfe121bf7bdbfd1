"""Native programs: what they themselves measure, their threads, signals, exec, and what is told of them."""

import math
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from watch_helpers import FLAME, flame, folded, judge, running, state_of, wait_for

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


def kept_busy(report):
    """What keeps the samples from telling of the program's own time: on a busy machine one stands for a long wait."""
    waited = float(re.search(r"waited for a CPU [\d.]+ s \(([\d.]+)%\)", report)[1])
    return f"the program waited for a CPU for {waited} % of its time" if waited > 3 else None


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
    assert "was held still" in result.stderr and "callers not found" not in result.stderr, result.stderr


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
