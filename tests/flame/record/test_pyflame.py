"""pyflame's own command line: its options, its output, its exit statuses (facts: pyflame 1.6.7)."""

import os
import re
import subprocess
import sys

import pytest
from watch_helpers import BIN, PYFLAME, every_python, flame, judge, running, wait_for, wait_until_asleep, wait_until_run

LINE = re.compile(r"^(.+) (\d+)$")


def pyflame(*words, **options):
    return flame(*words, program=PYFLAME, **options)


def stacks(text, idle=True):
    """Every line is `frame;frame count` with frames `file:function:line`, but for (idle) and (failed)."""
    found = {}
    for line in text.splitlines():
        names, count = LINE.match(line).groups()
        if names not in ("(idle)", "(failed)"):
            for frame in names.split(";"):
                file, function, number = frame.rsplit(":", 2)
                assert file and function and int(number) > 0
        else:
            assert idle
        found[names] = int(count)
    return found


@pytest.fixture
def my_script(tmp_path):
    (tmp_path / "my_script.py").write_text(
        "import sys\ndef work():\n    return squares(6_000_000)\ndef squares(n):\n    t = 0\n"
        "    for i in range(n): t += i * i\n    return t\nprint(sys.argv[1:], work())\n")
    return tmp_path


@every_python
def test_the_two_lines_that_scripts_have(python, my_script):
    """pyflame -s 10 -r 0.01 -o perf.data -t python my_script.py; flamegraph perf.data > perf.svg"""
    (my_script / "bin").mkdir()
    (my_script / "bin" / "python").symlink_to(python.path)
    path = f"{my_script / 'bin'}:{BIN}:{os.environ['PATH']}"
    run = subprocess.run("pyflame -s 10 -r 0.01 -o perf.data -t python my_script.py && flamegraph perf.data > perf.svg",
                         shell=True, cwd=my_script, env={**os.environ, "PATH": path}, capture_output=True, text=True,
                         timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr == "" and run.stdout.startswith("[]")
    data = stacks((my_script / "perf.data").read_text())
    assert any("my_script.py:work:3" in s for s in data), data
    assert "my_script.py:work:3" in (my_script / "perf.svg").read_text()


def test_what_follows_t_belongs_to_the_command(python, my_script):
    result = pyflame("-o", "p", "-t", python.path, "my_script.py", "-s", "-x", "--threads", cwd=my_script)
    assert result.returncode == 0 and "['-s', '-x', '--threads']" in result.stdout
    assert stacks((my_script / "p").read_text())


def test_standard_output_and_no_line_numbers(python, my_script):
    result = pyflame("-n", "-r", "0.005", "-t", python.path, "my_script.py", cwd=my_script)
    assert re.search(r"^\S*my_script.py:<module>;\S*my_script.py:work;\S*my_script.py:squares \d+$", result.stdout, re.M), result.stdout


@every_python
def test_idle(python):
    with running(python.path, "-c", "import time; print('ready', flush=True); time.sleep(1000)") as target:
        wait_until_asleep(target.pid)
        result = pyflame("-s", "0.3", "-p", target.pid)
        shown = stacks(result.stdout)
        assert list(shown) == ["(idle)"] and shown["(idle)"] <= 31
        judge(shown["(idle)"] >= 3, shown, result.busy)
        excluded = pyflame("-s", "0.2", "-x", "-p", target.pid)
        assert excluded.stdout == "" and excluded.stderr == "" and excluded.returncode == 0
        threads = stacks(pyflame("-s", "0.2", "--threads", "-p", target.pid).stdout)
        assert list(threads) == ["<string>:<module>:1"]


def test_duration_and_rate(python, busy):
    with running(python.path, busy) as target:
        result = pyflame("-p", target.pid)
        count = sum(stacks(result.stdout).values())
        assert count <= 101, "1 second, 0.01 apart"
        judge(count >= 10, f"{count} samples in a second", result.busy)
        assert sum(stacks(pyflame("-s", "0", "-p", target.pid).stdout).values()) == 1
        old_form = pyflame("-s", "0", str(target.pid))
        assert old_form.returncode == 0 and "WARNING" in old_form.stderr and stacks(old_form.stdout)


def test_whole_paths_and_plain_names(python, tmp_path):
    """Every sample is of the loop or of the line before it, by the whole path and the function's plain name."""
    (tmp_path / "m.py").write_text("class A:\n    def go(self):\n        print('ready', flush=True)\n"
                                   "        while True: pass\nA().go()\n")
    outside = f"{tmp_path}/m.py:<module>:5;{tmp_path}/m.py:go"
    with running(python.path, tmp_path / "m.py", cwd=tmp_path) as target:
        wait_until_run(target.pid)  # while it writes it has no lock, and is idle to pyflame
        shown = set(stacks(pyflame("-s", "0.3", "-p", target.pid).stdout)) - {"(failed)"}
    assert f"{outside}:4" in shown and shown <= {f"{outside}:3", f"{outside}:4"}


@every_python
def test_dump(python):
    code = ("import threading, time\nprint('ready', flush=True)\n"
            "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\nwhile True: pass\n")
    with running(python.path, "-c", code) as target:
        dumps = []

        def past_the_first_line_of_its_loop():
            dumps.append(pyflame("-d", "-p", target.pid))
            assert dumps[-1].returncode == 0, dumps[-1].stderr
            return "*:\n<string>:<module>:4" in dumps[-1].stdout and dumps[-1].stdout.count("\n\n") == 1
        wait_for(past_the_first_line_of_its_loop)
    shown = dumps[-1].stdout
    blocks = [b.splitlines() for b in shown.strip().split("\n\n")]
    assert len(blocks) == 2
    assert any(re.fullmatch(r"\d+\*:", b[0]) for b in blocks), shown
    assert any(b[1:] == ["<string>:<module>:4"] for b in blocks), shown


def test_flamechart(python, busy):
    with running(python.path, busy) as target:
        result = pyflame("-s", "0.3", "--flamechart", "-p", target.pid)
    shown = result.stdout.splitlines()
    stamps, lines = [int(s) for s in shown[::2]], shown[1::2]
    assert len(stamps) == len(lines) and stamps == sorted(stamps)
    judge(len(lines) >= 3, result.stdout, result.busy)
    assert all(line == "(idle)" or re.fullmatch(r"(.+:.+:\d+;)+", line) for line in lines)


def test_exit_statuses(python):
    assert pyflame("-o", "/dev/null", "-t", python.path, "-c", "sum(range(10**7)); raise SystemExit(3)").returncode == 0
    for words in (["-t"], [], ["1", "2"], ["-d", "-t", "true"], ["-p", "1", "-t", "true"], ["-t", "/no/such/file"],
                  ["-t", "true"], ["-p", "99999999"], ["nonsense"]):
        result = pyflame(*words)
        assert result.returncode == 1 and result.stdout == "" and result.stderr, words


def test_version():
    for flag in ("-v", "--version"):
        assert re.match(r"pyflame .*\d+\.\d+\.\d+", pyflame(flag).stdout)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
