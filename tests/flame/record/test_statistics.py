"""What the report of flame record says, against the kernel's own accounting.

A number is read from the kernel twice: over an interval that lies within flame's (after its first tick and before its
end), and over one that holds it. What flame says lies between the two, however busy the machine is.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from watch_helpers import (PYTHONS, as_other_user, every_python, flame, folded, judge, judgement, numbers, running, start,
                           state_of, wait_for, wait_for_switches, wait_until_asleep, wait_until_sampled)

ROUNDING = 0.006  # two digits are shown

WORKERS = """\
import sys, threading, time
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
print("ready", flush=True)
for line in sys.stdin:
    threads = [threading.Thread(target=burn, args=(0.2,)) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print("done", flush=True)
"""


def cpu_clock(pid):
    """Seconds of CPU of a process, its ended threads included."""
    return time.clock_gettime(~pid << 3 | 2)


def told(report, pattern):
    found = re.search(pattern, report)
    assert found, report
    return float(found[1].replace(",", ""))


@every_python
def test_cpu_of_threads_that_have_ended(python):
    """Each lives shorter than flame's readings of CPU times are apart."""
    with running(python.path, "-c", WORKERS, stdin=subprocess.PIPE) as target:
        wait_until_asleep(target.pid)
        outer = cpu_clock(target.pid)
        with start("record", "--allow-empty", "-p", target.pid, "-o", "-") as process:
            wait_until_sampled(process)
            inner = cpu_clock(target.pid)
            target.stdin.write("go\n")
            target.stdin.flush()
            assert target.stdout.readline() == "done\n"
            inner = cpu_clock(target.pid) - inner
            process.send_signal(signal.SIGINT)
            _, complained = process.communicate(timeout=60)
        outer = cpu_clock(target.pid) - outer
    ran = told(complained, r"the program ran ([\d.]+) s")
    assert 0.6 <= inner and inner - ROUNDING <= ran <= outer + ROUNDING, (inner, outer, complained)


def test_cpu_of_a_command(python):
    """To its very end, for flame reaps it: never more than getrusage has."""
    code = ("import threading, time, resource\ndef f():\n while time.process_time() < 1: pass\n"
            "start = time.process_time()\nt = threading.Thread(target=f); t.start(); t.join()\n"
            "u = resource.getrusage(resource.RUSAGE_SELF); print(start, u.ru_utime + u.ru_stime)")
    result = flame("record", "-o", "/dev/null", "--format", "folded", "--", python.path, "-S", "-c", code)
    began, used = map(float, result.stdout.split())
    ran = told(result.stderr, r"the program ran ([\d.]+) s")
    assert ran <= used + 0.1, (used, result.stderr)  # and what the interpreter's end takes
    judge(used - began - ROUNDING <= ran, (began, used, result.stderr), result.busy)


def waited(pid):
    return judgement.waited(pid)


def test_waiting_for_a_cpu(python, busy):
    """Two programs share a processor."""
    where = min(os.sched_getaffinity(0))
    with contextlib.ExitStack() as stack:
        target, _ = [stack.enter_context(running(python.path, busy,
                                                 preexec_fn=lambda: os.sched_setaffinity(0, {where}))) for _ in range(2)]
        outer = waited(target.pid)
        process = stack.enter_context(start("record", "-p", target.pid, "-o", "-"))
        wait_until_sampled(process)
        inner = waited(target.pid)
        wait_for(lambda: waited(target.pid) - inner > 0.5)
        inner = waited(target.pid) - inner
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
        outer = waited(target.pid) - outer
    assert inner - ROUNDING <= told(complained, r"waited for a CPU ([\d.]+) s") <= outer + ROUNDING, (inner, outer, complained)


def test_what_flame_used(python, busy):
    with running(python.path, busy) as target, start("record", "-p", target.pid, "-o", "-") as process:
        began = time.monotonic()
        wait_until_sampled(process)
        sampled, inner = time.monotonic(), cpu_clock(process.pid)
        wait_for_switches(process, 300)
        inner, lasted = cpu_clock(process.pid) - inner, time.monotonic() - sampled
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
    ended, seconds = time.monotonic(), told(complained, r"in ([\d.]+) s at")
    assert lasted - 0.06 <= seconds <= ended - began + 0.06, complained
    used = told(complained, r"flame used ([\d.]+)% of a core") / 100 * seconds
    assert inner * 0.5 <= used <= ended - began, (inner, complained)


def test_a_stopped_program_is_told(python, busy, tmp_path):
    """It never says more than the kernel's state has lasted."""
    with running(python.path, busy) as target, start("record", "-p", target.pid, "-o", tmp_path / "p.folded") as process:
        wait_until_sampled(process)
        machine, began = judgement.Machine(process.pid), time.monotonic()
        target.send_signal(signal.SIGSTOP)
        wait_for(lambda: state_of(target.pid) == "T")
        inner = time.monotonic()
        wait_for_switches(process, 1)
        time.sleep(1.2)  # what is measured
        inner = time.monotonic() - inner
        target.send_signal(signal.SIGCONT)
        outer = time.monotonic() - began
        kept = machine.busy()
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
    halted = told(complained, r"stopped by a signal or a debugger for about ([\d.]+) s")
    assert "was never stopped by flame" in complained, complained  # the two lines do not contradict each other
    assert halted <= outer + 0.06, complained
    judge(halted >= inner - 0.6, complained, kept)


@pytest.mark.parametrize("work", ["time.sleep(100)", "while True: pass"])
def test_a_program_that_is_stopped_all_along(python, tmp_path, work):
    with running(python.path, "-c", f"import time; print('ready', flush=True)\n{work}") as target:
        if work.startswith("time"):
            wait_until_asleep(target.pid)
        target.send_signal(signal.SIGSTOP)
        wait_for(lambda: state_of(target.pid) == "T")
        result = flame("record", "-d", "0.7", "-p", target.pid, "-o", tmp_path / "p.folded")
        assert state_of(target.pid) == "T"
    assert result.returncode == 1 and "kill -CONT" in result.stderr, result.stderr
    assert "nothing was recorded" in result.stderr and "the program was stopped" in result.stderr, result.stderr


FOUR = """\
import threading, time
def burn():
    end = time.process_time() + 1
    while time.process_time() < end: pass
threads = [threading.Thread(target=burn) for _ in range(3)]
for thread in threads: thread.start()
burn()
"""


def test_how_many(python, tmp_path):
    """Threads, and stacks: one line of the profile each, when none is left out."""
    out = tmp_path / "p.folded"
    result = flame("record", "--threads", "--imports", "-o", out, "--", python.path, "-c", FOUR)
    stacks = folded(out)
    assert told(result.stderr, r"; ([\d,]+) distinct stacks") == len(stacks), result.stderr
    shown = {stack[0] for stack in stacks}
    assert told(result.stderr, r"; (\d+) threads") == len(shown), (shown, result.stderr)
    judge(len(shown) == 4, shown, result.busy)


WAITS = """\
import subprocess, sys
ps = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"]) for _ in range(3)]
for p in ps: p.wait()
"""


def test_ticks_without_work(python, tmp_path):
    """Those of each process: there are as many as it was looked at, and each shows work or none."""
    out = tmp_path / "p.folded"
    result = flame("record", "--subprocesses", "-o", out, "--", python.path, "-c", WAITS)
    assert result.returncode == 0, result.stderr
    empty, looks = (int(n.replace(",", "")) for n in
                    re.search(r"at ([\d,]+) of ([\d,]+) ticks \(those of each process added up\)", result.stderr).groups())
    wanted, taken, late = numbers(result.stderr)
    assert 0 < empty <= looks
    assert empty + wanted - late == looks, result.stderr  # one thread each
    assert sum(folded(out).values()) == taken


def hold(process, seconds):
    """Keep flame from its work for so long: ticks go by."""
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: state_of(process.pid) == "T")
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def test_an_idle_program_misses_nothing(python, tmp_path):
    out = tmp_path / "p.folded"
    code = "import time; print('ready', flush=True); time.sleep(100)"
    with running(python.path, "-c", code) as target:
        wait_until_asleep(target.pid)
        for words in ((), ("--allow-empty",)):
            with start("record", *words, "-p", target.pid, "-o", out) as process:
                wait_until_sampled(process)
                hold(process, 0.2)
                wait_for_switches(process, 30)
                process.send_signal(signal.SIGINT)
                _, complained = process.communicate(timeout=60)
            assert "missed" not in complained and "--idle" in complained, complained
            assert ("there was nothing to record in" if words else "every thread slept") in complained, complained


def test_ticks_that_go_by_count_as_the_others(python, busy, tmp_path):
    """Of a program that works at every tick, each one that goes by is a sample missed."""
    with running(python.path, busy) as target, start("record", "-p", target.pid, "-o", tmp_path / "p.folded") as process:
        wait_until_sampled(process)
        hold(process, 0.3)
        wait_for_switches(process, 30)
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
    _, _, late = numbers(complained)
    seconds = told(complained, r"in ([\d.]+) s at")
    assert 280 <= late <= 1000 * (seconds + 0.06), complained


FIRST_ENDS = """\
import ctypes, os, sys, threading, time
def work():
    while not os.path.exists(sys.argv[1]):
        for i in range(1000): pass
threading.Thread(target=work).start()
print("ready", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


@every_python
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_first_thread_that_has_ended(python, tmp_path, before):
    """Before flame comes, or while it records: the program goes on, and so does the recording."""
    (tmp_path / "first_ends.py").write_text(FIRST_ENDS)
    end, out = tmp_path / "end", tmp_path / "p.folded"
    words = [python.path, tmp_path / "first_ends.py", end]
    if before:
        with running(*words) as target:
            wait_for(lambda: state_of(target.pid) == "Z")
            result = flame("record", "-d", "0.4", "-p", target.pid, "-o", out)
            assert "work" in flame("dump", "-p", target.pid).stdout
            end.touch()
            target.wait()
        complained, status = result.stderr, result.returncode
    else:
        with start("record", "-o", out, "--", *words) as process:
            assert process.stdout.readline() == "ready\n"
            wait_until_sampled(process, 200)
            end.touch()
            _, complained = process.communicate(timeout=60)
        status = process.returncode
    assert status == 0, complained
    stacks = folded(out)
    working = sum(n for stack, n in stacks.items() if any("first_ends.py:work:" in frame for frame in stack))
    assert working > 0, stacks
    assert told(complained, r"the program ran ([\d.]+) s") > 0, complained


BARRED = """\
import ctypes, select, sys, time
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]: sum(range(10000))
sys.stdin.readline()
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
print("barred", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]: sum(range(10000))
"""


def test_a_program_that_bars_its_readers(others_flame):
    found = [p.path for p in PYTHONS if subprocess.run(as_other_user("env", p.path, "-c", ""), check=False, cwd="/",
                                                       capture_output=True).returncode == 0]
    if not found:
        pytest.skip("there is no Python that another user may run")
    words = as_other_user(others_flame, "record", "-o", "-", "--", found[0], "-c", BARRED)
    with running(*words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/") as process:
        wait_until_sampled(process)
        process.stdin.write("go\n")
        process.stdin.flush()
        complaint = process.stderr.readline()
        said, rest = process.communicate("end\n", timeout=60)
    assert re.search(r"process \d+ could not be read any longer after [\d.]+ s: it asked the kernel not to be dumpable",
                     complaint), complaint + rest
    assert process.returncode == 1 and "<string>:<module>:3 " in said, (said, rest)


DEEP = """\
import os, sys, threading
sys.setrecursionlimit(10**6)
threading.stack_size(1 << 29)
def down(n):
    if n: return down(n - 1)
    print("ready", flush=True)
    while True: pass
threading.Thread(target=down, args=(25000,), daemon=True).start()
threading.Event().wait()
"""


def test_a_stack_too_deep_is_cut_and_marked(python, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, "-c", DEEP) as target:
        result = flame("record", "-d", "0.5", "-r", "50", "-p", target.pid, "-o", out, "--no-threads")
    assert result.returncode == 0 and "memory" not in result.stderr, result.stderr
    (stack, *others) = folded(out)
    assert not others and stack[0] == "[stack truncated]" and len(stack) == 20001
    assert stack[1] == "<string>:down:5" and stack[-1] == "<string>:down:7"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
