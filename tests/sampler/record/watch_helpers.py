"""The interpreters at hand, programs to watch, and the commands under test."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import pytest

BIN = Path(os.environ.get("FLAMESCALE_BIN") or Path(__file__).resolve().parents[3] / "build" / "release" / "bin")
FLAME, PYFLAME, FLAMEGRAPH = (str(BIN / name) for name in ("flame", "pyflame", "flamegraph"))

Python = namedtuple("Python", "path version")
READABLE = [(3, minor) for minor in range(8, 16)]


def find_interpreters():
    """One of each version and build: pyenv's, the system's, and those named in FLAMESCALE_PYTHONS."""
    places = [Path(p) for p in os.environ.get("FLAMESCALE_PYTHONS", "").split(os.pathsep) if p]
    places += sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin/python"))
    places += [Path(p) for p in ("/usr/bin/python3", "/usr/local/bin/python3")]
    found = {}
    for place in places:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            shown = subprocess.run([place, "-c", "import sys; print('%d %d' % sys.version_info[:2])"],
                                   capture_output=True, text=True, timeout=30, check=True).stdout
            found.setdefault(place.resolve(), Python(str(place), tuple(map(int, shown.split()))))
    return list(found.values())


ALL = find_interpreters()
PYTHONS = [p for p in ALL if p.version in READABLE]
TOO_OLD = [p for p in ALL if p.version not in READABLE]
NEWEST = max(PYTHONS, key=lambda p: p.version, default=None)


def label(python):
    return "%d.%d%s" % (*python.version, "-system" if python.path.startswith("/usr") else "")


def each(pythons, missing):
    """Parameters for a test over interpreters; one skipped entry that says why when there is none."""
    if pythons:
        return [pytest.param(p, id=label(p)) for p in pythons]
    return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=missing))]


every_python = pytest.mark.parametrize("python", each(PYTHONS, "no CPython 3.8 or newer was found"))
old_python = pytest.mark.parametrize("python", each(TOO_OLD, "no CPython older than 3.8 was found (pyenv)"))


@pytest.fixture
def python():
    """The newest readable interpreter, for what does not depend on the version."""
    if NEWEST is None:
        pytest.skip("no CPython 3.8 or newer was found")
    return NEWEST


BUSY = """\
import sys, time


def hot(seconds):
    total, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for i in range(2000):
            total += i * i  # line 8
    return total


def main(seconds):
    print("ready", flush=True)
    hot(seconds)


main(float(sys.argv[1]) if len(sys.argv) > 1 else 1e9)
"""


@pytest.fixture
def busy(tmp_path):
    path = tmp_path / "busy.py"
    path.write_text(BUSY)
    return path


@contextlib.contextmanager
def running(*command, ready=True, **options):
    """A program that prints a line when it is ready; killed afterwards."""
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True, **options)
    try:
        if ready:
            assert process.stdout.readline(), "the program ended before it was ready"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def flame(*words, program=FLAME, **options):
    options = {"capture_output": True, "text": True, "timeout": 60, **options}
    return subprocess.run([program, *map(str, words)], check=False, **options)


def folded(path):
    """{stack as a tuple: count}"""
    stacks = {}
    for line in Path(path).read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        key = tuple(stack.split(";"))
        assert key not in stacks, "a stack stands twice"
        stacks[key] = int(count)
    return stacks


def numbers(report):
    """What the statistics say: wanted, taken, and those for which the machine was too busy."""
    found = re.search(r"([\d,]+) samples wanted, ([\d,]+) taken", report)
    assert found, report
    busy = re.search(r"([\d,]+) flame got no CPU in time", report)
    return tuple(int(n.replace(",", "")) for n in (*found.groups(), busy[1] if busy else "0"))


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def as_other_user(*command):
    """Command words that run as nobody, without any capability; skips when we are not root."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv to become another user")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", *command]


