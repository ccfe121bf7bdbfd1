"""flame dump: every thread's stack now."""

import json
import re
import sys
import unicodedata

import pytest
from watch_helpers import every_python, flame, running, wait_for, wait_until_asleep

PROGRAM = """\
import threading, time
class Server:
    def serve(self):
        time.sleep(1000)
threading.Thread(target=Server().serve, daemon=True).start()
def spin():
    print("ready", flush=True)
    while True:
        pass
spin()
"""


def dump_when(word, *options):
    """A dump that shows the word: between its first words and its loop the program is elsewhere."""
    return dump_until(lambda shown: word in shown and "serve" in shown and ":7" not in shown, *options)


def dump_until(holds, *options):
    dumps = []

    def shown():
        dumps.append(flame("dump", *options))
        assert dumps[-1].returncode == 0, dumps[-1].stderr
        return holds(dumps[-1].stdout)
    wait_for(shown)
    return dumps[-1]


WIDE = """\
import time
def измерить(): 計測()
def 計測(): naïve()
def naïve():
    print("ready", flush=True)
    time.sleep(1000)
измерить()
"""


def test_the_column_of_files_is_straight(python, tmp_path):
    """Names take the cells that they are shown in, not their bytes: Cyrillic one each, Chinese two."""
    (tmp_path / "wide.py").write_text(WIDE, encoding="utf-8")
    with running(python.path, tmp_path / "wide.py") as target:
        wait_until_asleep(target.pid)
        shown = flame("dump", "-p", target.pid).stdout
    lines = [line for line in shown.splitlines() if "wide.py:" in line and line.startswith("    ")]
    cells = [sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in line[:line.rindex(" ")]) for line in lines]
    assert len(lines) == 4 and set(cells) == {4 + 28}, shown


@every_python
def test_text(python, tmp_path):
    path = tmp_path / "server.py"
    path.write_text(PROGRAM)
    with running(python.path, "server.py", cwd=tmp_path) as target:
        for options in ([], ["--freeze"]):
            result = dump_when("holds", *options, "-p", target.pid)
            assert re.search(r"^Process %d: \S*python\S* server\.py" % target.pid, result.stdout), result.stdout
            assert "Python %d.%d" % python.version in result.stdout
            main = result.stdout.split("MainThread")[1].split("\n\n")[0]
            assert re.search(r"holds the interpreter lock\n +spin +server.py:[89]\n +<module> +server.py:10\Z", main.rstrip()), result.stdout
            assert re.search(r"serve +server\.py:4\n", result.stdout)
            assert target.poll() is None


@every_python
def test_json(python, tmp_path):
    path = tmp_path / "server.py"
    path.write_text(PROGRAM)
    with running(python.path, path) as target:
        shown = json.loads(dump_when('"gil": true', "--json", "-p", target.pid).stdout)
    assert shown["pid"] == target.pid and shown["python"].startswith("%d.%d" % python.version)
    main = next(t for t in shown["threads"] if t["tid"] == target.pid)
    assert main["name"] == "MainThread" and main["gil"] is True and main["missed"] is None
    assert main["frames"][-1]["line"] == 10 and main["frames"][-1]["file"] == str(path)
    other = next(t for t in shown["threads"] if t["tid"] != target.pid)
    frame = next(f for f in other["frames"] if f["name"] == "serve")
    assert frame["line"] == 4 and frame["first_line"] == 3
    assert frame["function"] == ("Server.serve" if python.version >= (3, 11) else "serve")
    if python.version >= (3, 11):
        assert frame["column"] == 9


DEEP = """\
import sys, time
sys.setrecursionlimit(10**6)
def wait():
    print("ready", flush=True)
    while True:
        time.sleep(1000)
def deeper(n):
    return deeper(n - 1) if n else wait()
deeper(30000)
"""


@every_python
def test_deep_stack(python, tmp_path):
    """Its innermost frames, and a frame that says so in place of the others."""
    if python.version < (3, 11):
        pytest.skip("before 3.11 so many frames need as deep a C stack")
    path = tmp_path / "deep.py"
    path.write_text(DEEP)
    with running(python.path, path) as target:
        threads = json.loads(dump_until(lambda shown: '"wait"' in shown, "--json", "-p", target.pid).stdout)["threads"]
    frames = threads[0]["frames"]
    assert [f["name"] for f in frames[:2]] == ["wait", "deeper"]
    assert frames[-1] == {"function": "[stack truncated]", "name": "[stack truncated]", "file": "", "line": None,
                          "first_line": 0}
    assert 19000 < len(frames) <= 20001


STEERING = """\
import threading, time
def plain():
    print("ready", flush=True)
    while True:
        time.sleep(1000)
words = {"co_name": "turn\\x1b[31m\\u202e\\x9b\\x7f", "co_filename": "dir/\\x1b]0;title\\x07.py"}
if hasattr(plain.__code__, "co_qualname"):
    words["co_qualname"] = words["co_name"]
steering = type(plain)(plain.__code__.replace(**words), globals())
try:
    open("/proc/self/comm", "w").write("\\x1b[2Jname")
except OSError:
    pass
steering()
"""


@every_python
def test_names_do_not_steer(python, tmp_path):
    """What a program calls itself and its functions reaches the terminal without what would steer it."""
    path = tmp_path / "steering.py"
    path.write_text(STEERING)
    with running(python.path, path, "argument\x1b[5m") as target:
        for command in (["dump"], ["top", "--batch", "-n", "1", "--idle", "--delay", "0.2"]):
            wait_until_asleep(target.pid)
            result = flame(*command, "-p", target.pid)
            assert result.returncode == 0, result.stderr
            assert "turn\ufffd[31m\ufffd\ufffd\ufffd" in result.stdout, result.stdout
            controls = [c for c in result.stdout if c != "\n" and (c < " " or "\x7f" <= c < "\xa0" or c == "\u202e")]
            assert not controls, (command, result.stdout)
        # For programs they are whole.
        shown = json.loads(flame("dump", "--json", "-p", target.pid).stdout)
        assert "turn\x1b[31m\u202e\x9b\x7f" in [f["name"] for t in shown["threads"] for f in t["frames"]]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
