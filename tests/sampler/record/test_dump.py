"""flame dump: every thread's stack now."""

import json
import re
import sys
import time

import pytest
from watch_helpers import every_python, flame, running

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
    for _ in range(50):
        result = flame("dump", *options)
        assert result.returncode == 0, result.stderr
        if word in result.stdout and "serve" in result.stdout and ":7" not in result.stdout:
            return result
        time.sleep(0.05)
    raise AssertionError(result.stdout)


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


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
