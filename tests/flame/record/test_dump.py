"""flame dump: every thread's stack now."""

import json
import os
import re
import signal
import subprocess
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


FAMILY = """\
import multiprocessing, subprocess, time
def grandchild():
    time.sleep(1000)
def child(ready):
    grown = multiprocessing.get_context("fork").Process(target=grandchild, daemon=False)
    grown.start()
    other = subprocess.Popen(["sleep", "1000"])
    ready.put((grown.pid, other.pid))
    grown.join()
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    ready = context.SimpleQueue()
    started = context.Process(target=child, args=(ready,))
    started.start()
    print(started.pid, *ready.get(), flush=True)
    started.join()
"""


@every_python
def test_subprocesses(python, tmp_path):
    """All descendants, each once, parents first; one that is no Python program is named."""
    path = tmp_path / "family.py"
    path.write_text(FAMILY)
    with subprocess.Popen([python.path, path], stdout=subprocess.PIPE, text=True) as target:
        pids = [target.pid, *map(int, target.stdout.readline().split())]
        try:
            for pid in pids:
                wait_until_asleep(pid)
            shown = json.loads(dump_until(lambda shown: '"grandchild"' in shown and '"join"' in shown, "--subprocesses",
                                          "--json", "-p", target.pid).stdout)
            text = flame("dump", "--subprocesses", "-p", target.pid).stdout
            alone = flame("dump", "-p", target.pid).stdout
            wrong = flame("dump", "--subprocesses", "-p", pids[3])
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
    assert [p["pid"] for p in shown][:2] == pids[:2] and sorted(p["pid"] for p in shown) == sorted(pids)
    functions = {p["pid"]: {f["name"] for t in p.get("threads", []) for f in t["frames"]} for p in shown}
    assert "grandchild" in functions[pids[2]] and "child" in functions[pids[1]] and not functions[pids[3]]
    assert next(p for p in shown if p["pid"] == pids[3])["left_out"] == "not a Python program"
    assert "Process {0}: sleep 1000 ({0})\n    (left out: not a Python program)\n".format(pids[3]) in text
    assert text.count("Process ") == 4 and alone.count("Process ") == 1
    assert wrong.returncode == 1 and "not a Python process" in wrong.stderr


COLLECTING = """\
import gc
gc.disable()
kept = [[] for _ in range(400000)]
def work():
    return sum(range(2000000))
def collect():
    return gc.collect()
print("ready", flush=True)
while True:
    work()
    collect()
"""


@every_python
def test_garbage_collection(python, tmp_path):
    """It is a frame below what collects, and only there."""
    path = tmp_path / "collecting.py"
    path.write_text(COLLECTING)
    seen = {"collect": 0, "work": 0}

    def both_seen():
        frames = json.loads(flame("dump", "--freeze", "--json", "-p", target.pid).stdout)["threads"][0]["frames"]
        names = [frame["name"] for frame in frames]
        if names[0] == "<garbage collection>":
            assert names[1:] == ["collect", "<module>"], names
            seen["collect"] += 1
        seen["work"] += names[0] == "work"
        return all(seen.values())
    with running(python.path, path) as target:
        wait_for(both_seen)
        text = dump_until(lambda shown: "<garbage" in shown, "--freeze", "-p", target.pid).stdout
    assert re.search(r"lock\n    <garbage collection>\n    collect  ", text), text


# ---- local variables ----

LOCALS = """\
import collections, enum, time
class Colour(enum.IntEnum):
    RED = 3
class Plain:
    class Inner: pass
Point = collections.namedtuple("Point", "x y")
LIMIT = 10**40
def values(number, *rest, key=None, **more):
    big, negative, huge = 2**64, -12345678901234567890, 1 << 5000
    real, whole, tiny, minus = 0.1, 2.0, 1e-300, float("-inf")
    yes, none, dots, nothing = True, None, ..., []
    text, wide, cut = "a\\n'b'\\\\", "gr\u00f6\u00dfe \x1b", "x" * 1000
    raw = b"\\x00a'\\xff"
    items, deep = list(range(1000)), [[[[[1]]]]]
    pair, one = (1, "two"), (1,)
    table, empty, many = {"a": 1, 2: [3]}, {}, {i: -i for i in range(100)}
    bag, frozen, no_items = {5}, frozenset([6]), set()
    point, colour, thing, cls, inner = Point(1, 2), Colour.RED, Plain(), Plain, Plain.Inner()
    error, ordered = ValueError("bad", 3), collections.OrderedDict(z=1)
    circle = []
    circle.append(circle)
    removed = dict.fromkeys("abc", 0)
    del removed["a"]
    gone = 1
    del gone
    def closure():
        captured = number + 1
        print("ready", flush=True)
        while True:
            time.sleep(1000)
        return text
    closure()
class Body:
    attribute = 4
    values(7, 8, 9, key="k", other=2.5)
"""

VALUES = {
    "number": "7", "key": "'k'", "rest": "(8, 9)", "more": "{'other': 2.5}", "big": str(2**64),
    "negative": "-12345678901234567890", "huge": "<int of some 5010 bits>", "real": "0.1", "whole": "2.0", "tiny": "1e-300",
    "minus": "-inf", "yes": "True", "none": "None", "dots": "Ellipsis", "nothing": "[]", "text": '"a\\n\'b\'\\\\"',
    "wide": "'gr\u00f6\u00dfe \\x1b'", "cut": "'" + 80 * "x" + "\u2026'", "raw": "b'\\x00a\\'\\xff'",
    "items": "[0, 1, 2, 3, 4, 5, 6, 7, ... 992 more]", "deep": "[[[...]]]", "pair": "(1, 'two')", "one": "(1,)",
    "table": "{'a': 1, 2: [3]}", "empty": "{}", "many": "{0: 0, 1: -1, 2: -2, 3: -3, 4: -4, 5: -5, 6: -6, 7: -7, ... 92 more}",
    "bag": "{5}", "frozen": "frozenset({6})", "no_items": "set()", "point": "__main__.Point((1, 2))",
    "colour": "__main__.Colour(3)", "thing": "<__main__.Plain at 0x>", "cls": "<class __main__.Plain>",
    "inner": "<__main__.Plain.Inner at 0x>", "error": "ValueError('bad', 3)", "ordered": "collections.OrderedDict({'z': 1})",
    "circle": "[[[...]]]", "removed": "{'b': 0, 'c': 0}", "closure": "<function at 0x>"}


@every_python
def test_locals(python, tmp_path):
    path = tmp_path / "values.py"
    path.write_text(LOCALS, encoding="utf-8")
    with running(python.path, path) as target:
        wait_until_asleep(target.pid)
        shown = flame("dump", "--locals", "-p", target.pid)
        told = flame("dump", "--locals", "--json", "-p", target.pid)
        assert target.poll() is None
    assert shown.returncode == told.returncode == 0, shown.stderr + told.stderr
    frames = json.loads(told.stdout)["threads"][0]["frames"]
    assert [frame["name"] for frame in frames] == ["closure", "values", "Body", "<module>"]
    values = [{v["name"]: re.sub("0x[0-9a-f]{4,}", "0x", v["value"]) for v in frame["locals"]} for frame in frames]
    assert values[0] == {"captured": "8", "number": "7", "text": VALUES["text"]}
    assert values[1] == VALUES
    assert values[2] == {"attribute": "4"} and values[3] == {"LIMIT": str(10**40)}
    assert "        items = [0, 1, 2, 3, 4, 5, 6, 7, ... 992 more]\n" in shown.stdout
    assert "\x1b" not in shown.stdout


MOVING = """\
import sys
def inner(depth, twice):
    assert twice == 2 * depth
    return depth if depth == 0 else inner(depth - 1, twice - 2)
print("ready", flush=True)
while True:
    inner(20, 40)
"""


@every_python
def test_locals_of_one_moment(python, tmp_path):
    """A program that never rests: what is shown of a frame belongs together, and frames to each other."""
    path = tmp_path / "moving.py"
    path.write_text(MOVING)
    seen = 0
    with running(python.path, path) as target:
        for _ in range(40):
            thread = json.loads(flame("dump", "--locals", "--json", "-p", target.pid).stdout)["threads"][0]
            assert thread["missed"] is None and thread["activity"] == "running", thread
            frames = [f for f in thread["frames"] if f["name"] == "inner"]
            values = [{v["name"]: v["value"] for v in f["locals"]} for f in frames]
            for i, value in enumerate(reversed(values)):
                assert value == {"depth": str(20 - i), "twice": str(40 - 2 * i)}, values
            seen += len(values)
        assert target.poll() is None
    assert seen


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
