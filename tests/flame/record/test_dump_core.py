"""flame dump of core files: the kernel's and gcore's."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from watch_helpers import PYTHONS, every_python, executable_of, flame, running, wait_until_asleep

PROGRAM = """\
import threading, time
def serve(port):
    time.sleep(1000)
threading.Thread(target=serve, args=(8080,), name="server", daemon=True).start()
def crash(answer):
    print("ready", flush=True)
    time.sleep(1000)
crash(42)
"""


def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)


def kernel_core(folder, *command, threads=1, **options):
    """What the kernel writes of a program into its folder, where it does that."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
    if not pattern or pattern.startswith("|") or "/" in pattern:
        pytest.skip("the kernel hands cores to %r" % pattern)
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("the length of core files is limited (ulimit -Hc)")
    with running(*command, cwd=folder, preexec_fn=unlimited, **options) as target:
        wait_until_asleep(target.pid, threads)
        os.kill(target.pid, signal.SIGSEGV)
        target.wait()
    cores = [path for path in folder.iterdir() if path.suffix != ".py" and path.is_file()]
    assert len(cores) == 1, cores
    return target.pid, cores[0]


def check(shown, pid, sent):
    assert shown["pid"] == pid and shown["signal"] == sent and "program.py" in shown["command"] + "program.py"
    main, other = (next(t for t in shown["threads"] if (t["tid"] == pid) is is_main) for is_main in (True, False))
    assert main["name"] == "MainThread" and other["name"] == "server" and other["tid"]
    assert [f["name"] for f in main["frames"]] == ["crash", "<module>"]
    assert [f["line"] for f in main["frames"]] == [7, 8] and other["frames"][0]["line"] == 3
    assert main["frames"][0]["locals"] == [{"name": "answer", "value": "42"}]
    assert other["frames"][0]["locals"] == [{"name": "port", "value": "8080"}]


@every_python
def test_of_the_kernel(python, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    executable = executable_of(python)
    pid, core = kernel_core(tmp_path, python.path, "program.py", threads=2)
    result = flame("dump", core, executable, "--locals", "--json")
    assert result.returncode == 0, result.stderr
    check(json.loads(result.stdout), pid, signal.SIGSEGV)
    text = flame("dump", core, executable)
    assert "Ended by signal 11 (Segmentation fault)\n\n" in text.stdout and "\nserver " in text.stdout, text.stdout
    if executable == os.path.realpath(python.path):
        assert flame("dump", core).stdout == text.stdout


@every_python
def test_of_gcore(python, tmp_path):
    if not shutil.which("gcore"):
        pytest.skip("no gcore (gdb)")
    if executable_of(python) != os.path.realpath(python.path):
        pytest.skip("gdb may be too old for its C library: it writes zeros for stacks that have a guard within their mapping")
    (tmp_path / "program.py").write_text(PROGRAM)
    with running(python.path, tmp_path / "program.py") as target:
        wait_until_asleep(target.pid, 2)
        made = subprocess.run(["gcore", "-o", tmp_path / "core", str(target.pid)], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
    result = flame("dump", tmp_path / f"core.{target.pid}", "--locals", "--json")
    assert result.returncode == 0, result.stderr
    check(json.loads(result.stdout), target.pid, 0)


def executable_with_interpreter():
    for python in PYTHONS:
        real = Path(python.path).resolve()
        if shutil.which("ldd") and "libpython" not in subprocess.run(["ldd", real], capture_output=True, text=True, check=False).stdout:
            return real
    pytest.skip("no interpreter is in its executable")


def test_files_that_are_gone(tmp_path):
    """A core of a container: its files are elsewhere. Then it is said which, and what to do."""
    (tmp_path / "program.py").write_text(PROGRAM)
    real = executable_with_interpreter()
    moved = tmp_path / "elsewhere" / "python"
    moved.parent.mkdir()
    shutil.copy(real, moved)
    environment = {**os.environ, "PYTHONHOME": str(real.parent.parent)}
    pid, core = kernel_core(tmp_path, moved, tmp_path / "program.py", threads=2, env=environment)
    moved.unlink()
    lost = flame("dump", core)
    assert lost.returncode in (0, 1) and f"{moved}: the file that the process had mapped cannot be opened" in lost.stderr
    found = flame("dump", core, real, "--locals", "--json")
    assert found.returncode == 0 and not found.stderr, found.stderr
    check(json.loads(found.stdout), pid, signal.SIGSEGV)


def test_refusals(python, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    _, core = kernel_core(tmp_path, python.path, "program.py", threads=2)
    cut = tmp_path / "cut"
    cut.write_bytes(core.read_bytes()[:100000])
    for words, said in (([cut], "cut off"), ([python.path], "not a core file"), ([__file__], "not a core file"),
                        ([tmp_path], "not a regular file"), ([tmp_path / "none"], "No such file"),
                        ([core, "/bin/sh"], "another file than the one")):
        result = flame("dump", *words)
        assert result.returncode == 1 and said in result.stderr and not result.stdout, (words, result.stderr)
    for words, said in (([core, "-p", "1"], "a core file"), ([core, "--freeze"], "for processes"), ([], "-p PID")):
        result = flame("dump", *words)
        assert result.returncode == 2 and said in result.stderr, (words, result.stderr)


def test_of_another_program(tmp_path):
    _, core = kernel_core(tmp_path, "/bin/sleep", "100", ready=False)
    result = flame("dump", core)
    assert result.returncode == 1 and "is not a Python process" in result.stderr, result.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
