"""flame record in scripts: signals, names of files, what it adds to, what it leaves running."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from watch_helpers import (FLAME, RELAY, flame, folded, judge, numbers, running, start, wait_for, wait_for_switches,
                           wait_until_sampled, without_comments)

HANDLER = """\
import signal
def on(number, frame): print("got it", flush=True)
signal.signal(signal.SIGUSR1, on)
print("ready", flush=True)
while True: sum(range(1000))
"""


def in_background(*command):
    """A shell that starts the command in the background, and so lets it ignore SIGINT and SIGQUIT; prints its number."""
    return subprocess.Popen(["sh", "-c", '"$@" & echo $!; wait $!', "sh", *map(str, command)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def ignored(pid):
    mask = re.search(r"^SigIgn:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1]
    return {number for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP) if int(mask, 16) >> (number - 1) & 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_background_job_ends_and_writes(python, busy, tmp_path, number):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        with in_background(FLAME, "record", "-p", target.pid, "-o", out) as shell:
            job = SimpleNamespace(pid=int(shell.stdout.readline()))
            wait_until_sampled(job)
            os.kill(job.pid, number)
            _, complained = shell.communicate(timeout=60)
        assert target.poll() is None
    assert shell.returncode == 0 and folded(out), complained


def test_a_command_in_the_background_ignores_what_it_would(python, tmp_path):
    code = "import signal; print(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGQUIT))"
    said = []
    for watcher in ((), (FLAME, "record", "-q", "-o", tmp_path / "p.folded", "--allow-empty", "--")):
        with in_background(*watcher, python.path, "-c", code) as shell:
            shell.stdout.readline()
            said.append(shell.communicate(timeout=60)[0])
    assert said[0] == said[1] and "SIG_IGN" in said[0] or said[0] == said[1] == "1 1\n", said


def test_what_nohup_ignores_stays_ignored(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        with start("record", "-p", target.pid, "-o", out,
                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
            wait_until_sampled(process)
            assert ignored(process.pid) == {signal.SIGHUP}
            process.send_signal(signal.SIGHUP)
            wait_for_switches(process, 30)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode == 0 and folded(out)


def test_usr1_writes_and_goes_on(python, busy, tmp_path):
    """The same file each time, whole; nothing is lost of the recording."""
    out, counts = tmp_path / "p.folded", []
    with running(python.path, busy) as target:
        with start("record", "-p", target.pid, "-o", out) as process:
            wait_until_sampled(process)
            for _ in range(2):
                out.unlink(missing_ok=True)
                process.send_signal(signal.SIGUSR1)
                wait_for(out.exists)
                counts.append(sum(folded(out).values()))
                wait_for_switches(process, 30)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, complained = process.communicate(timeout=60)
    counts.append(sum(folded(out).values()))
    assert process.returncode == 0 and 0 < counts[0] < counts[1] < counts[2] == numbers(complained)[1], complained
    assert re.findall(r"wrote .*: [\d,]+ samples for ([\d,]+) ticks so far", complained) == [f"{n:,}" for n in counts[:2]]
    assert sorted(os.listdir(tmp_path)) == ["busy.py", "p.folded"]


def test_usr1_needs_a_file(python, busy):
    with running(python.path, busy) as target:
        with start("record", "-p", target.pid, "-o", "-") as process:
            wait_until_sampled(process)
            process.send_signal(signal.SIGUSR1)
            assert "only a file can be written before the end" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "busy.py:hot" in said


@pytest.mark.parametrize("handles", [False, True])
def test_usr1_does_not_kill_the_command(python, busy, tmp_path, handles):
    """A command that handles it gets it too; it would be the end of one that does not."""
    out = tmp_path / "p.folded"
    words = ["-c", HANDLER] if handles else [busy]
    with start("record", "-o", out, "--", python.path, *words) as process:
        assert process.stdout.readline() == "ready\n"
        wait_until_sampled(process)
        process.send_signal(signal.SIGUSR1)
        wait_for(out.exists)
        if handles:
            assert process.stdout.readline() == "got it\n"
        wait_for_switches(process, 30)
        assert process.poll() is None
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM


STUBBORN = """\
import signal, sys
signal.signal(signal.SIGTERM, {})
print("ready", flush=True)
while True: sum(range(1000))
"""


@pytest.mark.parametrize("on_term, status", [("signal.SIG_DFL", 0), ("lambda *a: sys.exit(3)", 3), ("signal.SIG_IGN", 0)])
def test_kill_after(python, tmp_path, on_term, status):
    out = tmp_path / "p.folded"
    result = flame("record", "-d", "1", "--kill-after", "-o", out, "--", python.path, "-S", "-c", STUBBORN.format(on_term))
    late = None if "ready" in result.stdout else "the command was not ready in time"
    judge(result.returncode == status, (result.returncode, result.stderr), late)
    assert folded(out)


def test_kill_after_needs_something_to_kill(python, busy):
    for words in (("-d", 1, "-p", 1), ("--", python.path, busy)):
        result = flame("record", "--kill-after", *words)
        assert result.returncode == 2 and "--kill-after needs" in result.stderr, result.stderr


def test_names_with_number_and_time(python, busy, tmp_path):
    with running(python.path, busy) as target:
        before = time.strftime("%Y%m%d-%H%M%S")
        result = flame("record", "-d", "0.1", "-p", target.pid, "-o", "{x}-{pid}-{time}.folded.gz", cwd=tmp_path)
        after = time.strftime("%Y%m%d-%H%M%S")
    assert result.returncode == 0, result.stderr
    (name,) = [n for n in os.listdir(tmp_path) if n != "busy.py"]
    found = re.fullmatch(r"\{x\}-" + str(target.pid) + r"-(\d{8}-\d{6})\.folded\.gz", name)
    assert found and before <= found[1] <= after, name
    assert b"busy.py:hot" in gzip.decompress((tmp_path / name).read_bytes())
    with start("record", "-o", "{pid}.folded", "--", python.path, busy, 0.2, cwd=tmp_path) as process:
        process.communicate(timeout=60)
    assert folded(tmp_path / f"{process.pid}.folded"), "a script knows flame's number as $!"


@pytest.mark.parametrize("name", ["all.folded", "all.folded.gz"])
def test_adding_to_a_file(python, busy, tmp_path, name):
    out, taken = tmp_path / name, 0
    for _ in range(3):
        result = flame("record", "--append-to", out, "--", python.path, busy, 0.2)
        assert result.returncode == 0 and f"added to {out}" in result.stderr, result.stderr
        taken += numbers(result.stderr)[1]
    text = gzip.decompress(out.read_bytes()).decode() if name.endswith("gz") else out.read_text()
    assert sum(int(line.rpartition(" ")[2]) for line in without_comments(text)) == taken
    shown = flame("collapse", out).stdout
    assert sum(int(line.rpartition(" ")[2]) for line in shown.splitlines()) == taken


def test_adding_to_what_is_no_folded_file(python, busy, tmp_path):
    for words in (("--append-to", "x.svg"), ("--append-to", "x.folded", "-o", "y.folded")):
        result = flame("record", *words, "--", python.path, busy, 0.1, cwd=tmp_path)
        assert result.returncode == 2 and ("only folded" in result.stderr or "not both" in result.stderr), result.stderr
    assert os.listdir(tmp_path) == ["busy.py"]


def test_nothing_recorded_adds_nothing(python, tmp_path):
    (tmp_path / "all.folded").write_text("a;b 1\n")
    result = flame("record", "--gil", "--append-to", "all.folded", "--", "true", cwd=tmp_path)
    assert result.returncode == 1 and (tmp_path / "all.folded").read_text() == "a;b 1\n"
    result = flame("record", "--gil", "--append-to", "new.folded", "--", "true", cwd=tmp_path)
    assert result.returncode == 1 and not (tmp_path / "new.folded").exists()


def test_a_name_that_is_taken_at_the_end(python, busy, tmp_path):
    out = tmp_path / "p.folded"
    with running(python.path, busy) as target:
        with start("record", "-p", target.pid, "-o", out) as process:
            wait_until_sampled(process)
            out.mkdir()
            process.send_signal(signal.SIGINT)
            _, complained = process.communicate(timeout=60)
    kept = re.search(r"cannot write .*p\.folded: .*\n  what was to be there is whole in (\S+)", complained)
    assert process.returncode == 1 and kept, complained
    assert any("busy.py:hot" in stack[-1] for stack in folded(kept[1]))


DAEMON = """\
import os, sys, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def daemon():
    with open(sys.argv[1] + ".new", "w") as file: file.write(str(os.getpid()))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    while not os.path.exists(sys.argv[2]): burn(0.01)
def main():
    burn(0.2)
    if os.fork():
        while not os.path.exists(sys.argv[1]): burn(0.01)
        sys.exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
    for stream in range(3): os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    daemon()
main()
"""


@pytest.fixture
def daemon(tmp_path):
    """Words that start it, and the files for its number and for its end."""
    (tmp_path / "daemon.py").write_text(DAEMON)
    files = SimpleNamespace(path=tmp_path / "daemon.py", pid=tmp_path / "pid", end=tmp_path / "end")
    files.words = [files.path, files.pid, files.end]
    yield files
    files.end.touch()


def test_what_a_daemon_leaves_running_is_named(python, daemon, tmp_path):
    result = flame("record", "-o", tmp_path / "p.folded", "--", python.path, *daemon.words,
                   stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    wait_for(daemon.pid.exists)
    assert re.search(r"still running, left behind by the command: .*daemon\.py.*; flame record -p "
                     + daemon.pid.read_text() + " watches it", result.stderr), result.stderr


def test_what_a_daemon_leaves_running_is_followed(python, daemon, tmp_path):
    out = tmp_path / "p.folded"
    with start("record", "--subprocesses", "-o", out, "--", python.path, *daemon.words) as process:
        wait_for(daemon.pid.exists)
        wait_for_switches(process, 1000)
        daemon.end.touch()
        _, complained = process.communicate(timeout=60)
    assert process.returncode == 0, complained
    assert any(any("daemon.py:daemon:" in frame for frame in stack) for stack in folded(out)), complained


@pytest.mark.parametrize("words", [[], ["--native"]], ids=["python", "native"])
def test_each_process_of_a_relay_is_followed(python, tmp_path, words):
    """At any moment all that flame knows of may have just ended."""
    (tmp_path / "relay.py").write_text(RELAY)
    out, end = tmp_path / "p.folded", tmp_path / "end"
    result = flame("record", "--subprocesses", *words, "-o", out, "--", python.path, tmp_path / "relay.py", end)
    assert result.returncode == 0, result.stderr
    assert end.exists(), result.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
