"""Bad input gets a clear error, and nothing is lost."""

import os
import re
import resource
import signal
import subprocess
import sys
import time

import pytest
from watch_helpers import (FLAME, PYFLAME, as_other_user, flame, old_python, running, state_of, wait_for, wait_until_asleep,
                           wait_until_sampled)

WATCHERS = [("record", "-d", "0.2", "-o", "-"), ("dump",), ("top", "--batch", "-n", "1")]
watchers = pytest.mark.parametrize("words", WATCHERS, ids=[w[0] for w in WATCHERS])


def test_not_a_python_process():
    with running("sleep", "60", ready=False) as target:
        result = flame("dump", "-p", target.pid)
    assert result.returncode == 1
    assert "sleep" in result.stderr and "Python" in result.stderr and str(target.pid) in result.stderr


def test_one_that_calls_exec_again_and_again(tmp_path):
    """It may become another program while it is looked at, but it has not ended."""
    script = tmp_path / "again.sh"
    script.write_text(f'[ "$1" = 0 ] && exec sleep 60\nexec sh {script} $(($1 - 1))\n')
    with running("sh", script, "1000", ready=False) as target:
        said = [flame("dump", "-p", target.pid).stderr for _ in range(40)]
    assert all("no interpreter in it" in text for text in said), said


def test_a_native_program_that_sleeps():
    with running("sleep", "60", ready=False) as target:
        result = flame("record", "-d", "0.2", "-o", "-", "-p", target.pid)
        assert result.returncode == 1 and "every thread slept" in result.stderr, result.stderr
        result = flame("top", "--batch", "-n", "1", "-p", target.pid)
        assert result.returncode == 0 and "0 samples" in result.stdout, result.stderr


@watchers
def test_no_such_process(words):
    with running("true", ready=False) as target:
        target.wait()
    result = flame(*words, "-p", target.pid)
    assert result.returncode == 1 and f"no process {target.pid}" in result.stderr, result.stderr


@watchers
def test_zombie(words):
    process = subprocess.Popen(["true"])
    try:
        wait_for(lambda: state_of(process.pid) == "Z")
        result = flame(*words, "-p", process.pid)
    finally:
        process.wait()
    assert result.returncode == 1 and "zombie" in result.stderr, result.stderr


@old_python
@watchers
def test_versions_that_cannot_be_read_are_refused_by_name(python, words, busy):
    with running(python.path, "-c", "print('ready'); import sys; sys.stdout.flush(); import time; time.sleep(60)") as target:
        result = flame(*words, "-p", target.pid)
    assert result.returncode == 1
    assert "%d.%d" % python.version in result.stderr, result.stderr


@old_python
def test_refused_when_started(python, tmp_path):
    out = tmp_path / "p.svg"
    result = flame("record", "-o", out, "--", python.path, "-c", "import time; time.sleep(1); print('done')")
    assert "%d.%d" % python.version in result.stderr, result.stderr
    assert result.stdout == "done\n", "the command ran all the same"
    assert result.returncode == 1 and not out.exists()


@watchers
def test_another_users_process(words, python, busy, others_flame):
    with running(python.path, busy) as target:
        result = subprocess.run(as_other_user(others_flame, *words, "-p", str(target.pid)), capture_output=True,
                                text=True, timeout=30, check=False, cwd="/")
    assert result.returncode == 1
    assert "belongs to root" in result.stderr or "CAP_SYS_PTRACE" in result.stderr, result.stderr
    assert "sudo" in result.stderr or "docker run" in result.stderr, result.stderr


def test_ends_before_the_interpreter_starts(tmp_path):
    out = tmp_path / "p.svg"
    result = flame("record", "--gil", "-o", out, "--", "true")
    assert result.returncode == 1 and "nothing was recorded" in result.stderr
    assert not any(tmp_path.iterdir())


SLEEP = "import time\nprint('ready', flush=True)\ntime.sleep(30)"


@pytest.mark.parametrize("name", ["p.folded", "p.svg", "p.html", "p.json", "p.pb.gz"])
def test_a_program_that_sleeps_keeps_the_old_file(python, tmp_path, name):
    out = tmp_path / name
    out.write_text("old")
    with running(python.path, "-c", SLEEP) as target:
        wait_until_asleep(target.pid)
        for words, reason in ((), "every thread slept"), (("--gil",), "no thread held the interpreter lock"):
            result = flame("record", *words, "-d", "0.2", "-p", target.pid, "-o", out)
            assert result.returncode == 1 and out.read_text() == "old", result.stderr
            assert "nothing was recorded" in result.stderr and reason in result.stderr, result.stderr
    assert os.listdir(tmp_path) == [name]


def test_a_program_that_sleeps_keeps_the_old_file_of_pyflame(python, tmp_path):
    out = tmp_path / "p.txt"
    out.write_text("old")
    with running(python.path, "-c", SLEEP) as target:
        wait_until_asleep(target.pid)
        result = flame("-x", "-s", "0.2", "-o", out, "-p", target.pid, program=PYFLAME)
        assert result.returncode == 1 and out.read_text() == "old", result.stderr
        assert "no thread held the interpreter lock" in result.stderr, result.stderr
        result = flame("-s", "0.2", "-o", out, "-p", target.pid, program=PYFLAME)
        assert result.returncode == 0 and out.read_text().startswith("(idle) "), result.stderr


def test_output_to_a_descriptor_appends(python, busy, tmp_path):
    """As /dev/stdout, which is such a link, with >> in a shell."""
    link, log = tmp_path / "stdout", tmp_path / "log"
    link.symlink_to("/proc/self/fd/1")
    log.write_text("precious\n")
    with open(log, "a", encoding="utf-8") as end:
        subprocess.run([FLAME, "record", "-q", "--format", "folded", "-o", link, "--", python.path, busy, "0.3"],
                       stdout=end, check=True, timeout=30)
    lines = log.read_text().splitlines()
    assert lines[0] == "precious" and len(lines) > 1
    assert link.is_symlink()


def test_a_default_name_follows_no_link(python, busy, tmp_path):
    target = tmp_path / "target"
    target.write_text("precious")
    with running(python.path, busy) as process:
        name = tmp_path / f"flame-{process.pid}.svg"
        name.symlink_to(target)
        result = subprocess.run([FLAME, "record", "-d", "0.3", "-p", str(process.pid)], cwd=tmp_path,
                                capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, result.stderr
    assert target.read_text() == "precious"
    assert not name.is_symlink() and "<svg" in name.read_text()


def test_long_names(python, busy, tmp_path):
    out = tmp_path / ("n" * 248 + ".folded")
    assert flame("record", "-o", out, "--", python.path, busy, "0.3").returncode == 0
    assert out.stat().st_size > 0


def has_nameless_files(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY))
        return True
    except OSError:
        return False


def test_killed_it_leaves_nothing(python, busy, tmp_path):
    """Nothing at all while it records, where files may be without a name; and nothing that the next one does not
    remove in any case."""
    words = ("record", "-q", "-o", tmp_path / "p.folded", "-p")
    with running(python.path, busy) as target:
        with running(FLAME, *words, target.pid, ready=False) as watcher:
            wait_until_sampled(watcher)
        if has_nameless_files(tmp_path):
            assert os.listdir(tmp_path) == ["busy.py"]
        for i in range(12):
            with running(FLAME, *words, target.pid, "-d", "0.1", ready=False):
                time.sleep(0.05 + 0.01 * i)
        assert flame(*words, target.pid, "-d", "0.1").returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["busy.py", "p.folded"]


def test_a_limit_on_files_leaves_nothing(python, busy, tmp_path):
    command = f"ulimit -f 1; exec {FLAME} record -o {tmp_path}/p.svg -- {python.path} {busy} 0.3"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1 and "(ulimit -f)" in result.stderr, result.stderr
    assert os.listdir(tmp_path) == ["busy.py"]


def test_command_not_found(tmp_path):
    for words in (["record", "-o", tmp_path / "p.svg", "--"], ["top", "--"]):
        result = flame(*words, "no-such-command")
        assert result.returncode == 127 and "no-such-command" in result.stderr
    (tmp_path / "script.py").write_text("pass\n")
    result = flame("record", "-o", tmp_path / "p.svg", "--", tmp_path / "script.py")
    assert result.returncode == 126 and "chmod +x" in result.stderr
    (tmp_path / "script").write_text("#!/no/such/python\n")
    (tmp_path / "script").chmod(0o755)
    result = flame("record", "-o", tmp_path / "p.svg", "--", tmp_path / "script")
    assert result.returncode == 126 and "/no/such/python" in result.stderr


def test_output_that_cannot_be_written_is_found_before_recording(python, tmp_path):
    mark = tmp_path / "ran"
    for out, words in ((tmp_path / "no-folder" / "p.svg", "cannot write"), (tmp_path / "p.xyz", "ending")):
        result = flame("record", "-o", out, "--", python.path, "-c", f"open({str(mark)!r}, 'w')")
        assert result.returncode in (1, 2) and words in result.stderr, result.stderr
        assert not mark.exists(), "the command was not even started"


def test_disk_full(python, busy, tmp_path):
    result = flame("record", "--format", "folded", "-o", "/dev/full", "--", python.path, busy, "0.3")
    assert result.returncode == 1 and "No space left" in result.stderr, result.stderr
    assert "wrote" not in result.stderr


def test_disk_full_leaves_nothing(python, busy, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", place], check=False, capture_output=True).returncode:
        pytest.skip("may not mount here")
    try:
        result = flame("record", "-o", place / "p.html", "--", python.path, busy, "0.3")
        assert result.returncode == 1 and "No space left" in result.stderr, result.stderr
        assert not any(place.iterdir())
    finally:
        subprocess.run(["umount", place], check=True)


def test_stopped_process(python, busy, tmp_path):
    """It can be read; nothing moves, and it is not let go by accident."""
    with running(python.path, busy) as target:
        wait_for(lambda: "hot" in flame("dump", "-p", target.pid).stdout)
        os.kill(target.pid, signal.SIGSTOP)
        wait_for(lambda: state_of(target.pid) == "T")
        shown = flame("dump", "-p", target.pid)
        assert shown.returncode == 0 and "hot" in shown.stdout and "stopped" in shown.stdout
        frozen = flame("dump", "--freeze", "-p", target.pid)
        assert frozen.returncode == 0 and "hot" in frozen.stdout
        recorded = flame("record", "-p", target.pid, "-d", "0.3", "-o", tmp_path / "p.folded")
        assert "stopped" in recorded.stderr and "kill -CONT" in recorded.stderr, recorded.stderr
        assert state_of(target.pid) == "T"
        os.kill(target.pid, signal.SIGCONT)
        wait_for(lambda: state_of(target.pid) in "RS")


def test_mistakes_on_the_command_line(python):
    for words, said in ((["record"], "-p PID"), (["record", "-p", "1", "--", "true"], "not both"),
                        (["record", "-p", "abc"], "whole number"), (["record", "--sideways", "-p", "1"], "no option --sideways"),
                        (["record", "--gil", "--cpu", "-p", "1"], "one of"), (["dump"], "-p PID"),
                        (["record", "-r", "0", "-p", "1"], "from"), (["top"], "-p PID"), (["record", "--freez"], "--freeze")):
        result = flame(*words)
        assert result.returncode == 2 and said in result.stderr, (words, result.stderr)


# ---- the target is unharmed -----------------------------------------------------------------------------------

CHECKED = """\
import hashlib, sys, time
def work(n):
    return hashlib.sha256(b"%d" % n).hexdigest() if n < 2 else work(n - 1)[:32] + work(0)[:32]
good = [work(n) for n in range(12)]
print("ready", flush=True)
rounds = 0
while True:
    if [work(n) for n in range(12)] != good:
        print("BROKEN", flush=True)
        sys.exit(1)
    rounds += 1
    if rounds % 200 == 0:
        print(rounds, flush=True)
"""


def test_attach_and_detach_a_thousand_times(python):
    """Every other time it is stopped meanwhile. It checks its own results all along."""
    with running(python.path, "-c", CHECKED) as target:
        for i in range(1000):
            result = flame("dump", *(["--freeze"] if i % 2 else []), "-p", target.pid)
            assert result.returncode == 0, result.stderr
            # It never rests: a stack that cannot be read whole is said to be missed, unless it is held still.
            assert "<module>" in result.stdout or (i % 2 == 0 and "missed" in result.stdout), result.stdout
        assert target.poll() is None and state_of(target.pid) in "RS"
        assert tracer_of(target.pid) == 0
        assert target.stdout.readline().strip() != "BROKEN"


def tracer_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(re.search(r"^TracerPid:\s*(\d+)", status.read(), re.M)[1])


def test_killed_while_it_holds_the_program_still(python):
    with running(python.path, "-c", CHECKED) as target:
        for _ in range(5):
            watcher = subprocess.Popen([FLAME, "record", "--freeze", "-r", "20000", "-p", str(target.pid), "-q",
                                        "--format", "folded", "-o", "/dev/null"], stderr=subprocess.DEVNULL)
            wait_for(lambda watcher=watcher: tracer_of(target.pid) == watcher.pid)
            watcher.kill()
            watcher.wait()
        wait_for(lambda: state_of(target.pid) in "RS")
        target.stdout.readline()
        assert target.stdout.readline().strip().isdigit(), "it still computes"
        assert target.poll() is None


@pytest.mark.parametrize("words", [*WATCHERS, ("record", "-o", "-", "--")], ids=[*(w[0] for w in WATCHERS), "start"])
def test_few_descriptors(words, python, busy):
    """However many are left: it works, or the reason is that there are too few."""
    starts = words[-1] == "--"
    program = [python.path, "-c", "import time; time.sleep(0.2)"] if starts else ["-p"]
    with running(python.path, busy) as target:
        told = 0
        for limit in range(4, 16):
            def few(limit=limit):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            result = flame(*words, *program, *([] if starts else [target.pid]), preexec_fn=few)
            if result.returncode == 127 and "error while loading shared libraries" in result.stderr:
                continue
            # A program that flame starts has no more descriptors than flame, and may fail by itself.
            wrong = [w for w in ("no process", "no Python interpreter", "not a Python", "pidfd_open", "has ended")
                     if w in result.stderr]
            if result.returncode == 0 or (starts and "Too many open files" not in result.stderr):
                continue
            told += 1
            assert "Too many open files" in result.stderr and not wrong, (limit, result.stderr)
        assert told, "no limit was small enough"


def in_namespace(*unshare, setup=":"):
    """Words that run a command in other namespaces, or a skip that says why not."""
    words = ["unshare", *unshare, "sh", "-c", setup + ' && exec "$@"', "sh"]
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip("no namespace of its own here: " + tried.stderr.strip())
    return words


@watchers
def test_without_proc(words, python, busy):
    hidden = in_namespace("--mount", setup="mount -t tmpfs none /proc")
    with running(python.path, busy) as target:
        result = subprocess.run([*hidden, FLAME, *words, "-p", str(target.pid)], capture_output=True, text=True,
                                timeout=60, check=False)
    assert result.returncode == 1 and "/proc is not mounted here" in result.stderr, result.stderr


def test_start_without_proc(python, tmp_path):
    """Told before the program is started."""
    hidden = in_namespace("--mount", setup="mount -t tmpfs none /proc")
    result = subprocess.run([*hidden, FLAME, "record", "-o", tmp_path / "p.svg", "--", python.path, "-c", "print(1)"],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1 and "/proc is not mounted here" in result.stderr and not result.stdout, result
    assert not list(tmp_path.iterdir())


@watchers
def test_proc_of_another_pid_namespace(words):
    inside = in_namespace("--pid", "--fork", setup="true")
    result = subprocess.run([*inside, FLAME, *words, "-p", "1"], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1 and "/proc shows another pid namespace" in result.stderr, result.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
