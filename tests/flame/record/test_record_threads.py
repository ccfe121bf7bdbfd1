"""flame record: which threads, and under which names."""

import json
import os
import re
import signal
import sys

import pytest
from watch_helpers import (every_python, flame, folded, judge, running, start, wait_for, wait_for_switches,
                           wait_until_asleep, wait_until_sampled)


THREADS = """\
import threading, time
def spin():
    while True: sum(range(500))
def rest():
    time.sleep(1000)
for work in (spin, rest, rest): threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
"""


def record_threads(python, out, *options):
    with running(python.path, "-c", THREADS) as target:
        wait_until_asleep(target.pid, 3)
        result = flame("record", "-p", target.pid, "-d", "0.4", "-r", "300", "-o", out, *options)
    assert result.returncode == 0, result.stderr
    return folded(out), result.busy


@every_python
def test_idle_threads_are_left_out_unless_asked_for(python, tmp_path):
    working, _ = record_threads(python, tmp_path / "a.folded")
    everyone, kept = record_threads(python, tmp_path / "b.folded", "--idle")
    spinning, resting = "<string>:spin:3", "<string>:rest:5"
    assert any(spinning in s for s in working)
    slept = sum(n for s, n in working.items() if resting in s)
    assert slept <= 0.05 * sum(working.values()), working
    names = {s[0] for s in everyone}
    assert len(names) == 4 and "MainThread" in names, names
    judge(sum(n for s, n in everyone.items() if resting in s) > 10, everyone, kept)


NAMED = """\
import _thread, threading, time
def rest():
    time.sleep(1000)
class Worker(threading.Thread):
    def __init__(self, name):
        self.first, self.second = 1, 2
        super().__init__(name=name, daemon=True)
        self.__dict__["more"] = {str(i): i for i in range(40)}
    def run(self): rest()
class Bag(threading.Thread):
    def __init__(self):
        for i in range(30): setattr(self, "a%d" % i, i)
        super().__init__(name="bag of thirty", daemon=True)
    run = Worker.run
class Slotted(Worker):
    __slots__ = ("slot",)
threads = [threading.Thread(name="reader", target=rest, daemon=True), threading.Thread(target=rest, daemon=True),
           Worker("a worker"), Bag(), Slotted("slotted"), threading.Thread(name="читатель", target=rest, daemon=True)]
threads[1].name = "named later"
for thread in threads: thread.start()
_thread.start_new_thread(rest, ())
print("ready", flush=True)
time.sleep(1000)
"""


@every_python
def test_names_are_those_that_threading_has(python, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, "-c", NAMED) as target:
        wait_until_asleep(target.pid, 8)
        result = flame("record", "--idle", "-p", target.pid, "-d", "0.3", "-r", "100", "-o", out)
        shown = {t["name"] for t in json.loads(flame("dump", "--json", "-p", target.pid).stdout)["threads"]}
    assert result.returncode == 0, result.stderr
    names = {re.sub(r" \(thread \d+\)$", "", s[0]) for s in folded(out)}
    wanted = {"MainThread", "reader", "named later", "a worker", "bag of thirty", "slotted", "читатель"}
    assert {name for name in names if not re.fullmatch(r"thread \d+", name)} == wanted, names
    assert len(names) == len(wanted) + 1, names
    assert shown == wanted | {"thread"}, shown


def test_one_thread_and_no_threads(python, tmp_path):
    together, _ = record_threads(python, tmp_path / "a.folded", "--no-threads", "--idle")
    assert not any(re.match(r"MainThread|thread \d", s[0]) for s in together), together
    named, _ = record_threads(python, tmp_path / "b.folded", "--gil")
    assert any(f.startswith("<string>:spin") for s in named for f in s)


def test_only_one_thread(python, tmp_path):
    out = tmp_path / "p.folded"
    code = "import threading, time\n" + THREADS.replace("print(", "print(threading.main_thread().native_id, ")
    with running(python.path, "-c", code) as target:
        def spinning():
            shown = json.loads(flame("dump", "--json", "-p", target.pid).stdout)
            return [t["tid"] for t in shown["threads"] if any(f["name"] == "spin" for f in t["frames"])]
        wait_for(spinning)
        tid = spinning()[0]
        result = flame("record", "--thread", tid, "--idle", "-p", target.pid, "-d", "0.3", "-o", out)
    assert result.returncode == 0, result.stderr
    assert all(any(":spin:" in f for f in s) for s in folded(out)) and folded(out)


def test_idle_is_not_advised_to_who_gave_it(python, tmp_path):
    """Ticks without a thread, because the one that was asked for has ended."""
    code = ("import os, threading, time\ndef spin():\n  while not os.path.exists('enough'): sum(range(1000))\n"
            "t = threading.Thread(target=spin)\nt.start()\nprint(t.native_id, flush=True)\ntime.sleep(1000)\n")
    for words, advised in ((["--idle"], False), ([], True)):
        with running(python.path, "-c", code, ready=False, cwd=tmp_path) as target:
            tid = target.stdout.readline().strip()
            with start("record", "--thread", tid, *words, "-p", target.pid, "-o", tmp_path / "p.folded") as process:
                wait_until_sampled(process)
                (tmp_path / "enough").touch()
                wait_for(lambda: not os.path.exists(f"/proc/{target.pid}/task/{tid}"))
                wait_for_switches(process, 30)
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=60)
            (tmp_path / "enough").unlink()
        assert "no thread was at work" in said, said
        assert ("--idle shows where" in said) == advised, said


def test_named_even_when_alone(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    flame("record", "--threads", "-o", out, "--", python.path, busy, "0.3")
    assert {s[0] for s in folded(out)} == {"MainThread"}


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
