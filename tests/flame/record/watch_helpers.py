"""The interpreters at hand, programs to watch, and the commands under test."""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import judgement  # noqa: E402

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


def executable_of(python):
    """The file that it runs, which may lie in a root of its own (in_chroot.sh)."""
    process = subprocess.Popen([python.path, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    path = os.readlink(f"/proc/{process.pid}/exe")
    process.communicate(b"\n")
    return path


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
    total, end = 0, time.process_time() + seconds
    while time.process_time() < end:
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
    """A program that uses so many seconds of CPU, however long it has to wait for them."""
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


def flame(*words, program=FLAME, timeout=60, **options):
    """Run it to its end. The result knows two things more: what kept flame from its work (`busy`, None when nothing did),
    and the seconds of CPU (`cpu`) and time (`wall`) that it and what it started used."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    given = options.pop("input", None)
    if given is not None:
        options["stdin"] = subprocess.PIPE
    machine, used = judgement.Machine(), cpu_of_children()
    with judgement.Measured([program, *map(str, words)], **options) as process:
        try:
            said, complained = process.communicate(given, timeout)
        except BaseException:
            process.kill()
            raise
    result = subprocess.CompletedProcess(process.args, process.returncode, said, complained)
    result.busy, result.cpu = machine.busy(process.waited), cpu_of_children() - used
    result.wall = time.monotonic() - machine.began
    return result


# Each process starts the next one and ends at once; the last writes a file.
RELAY = """\
import os, sys, time
for stream in range(3): os.dup2(os.open(os.devnull, os.O_RDWR), stream)
def leg():
    end = time.process_time() + 0.003
    while time.process_time() < end: pass
for _ in range(300):
    leg()
    if os.fork(): os._exit(0)
open(sys.argv[1], "w").close()
"""


def start(*words, **options):
    """flame as a process that goes on, with what it complains of in a pipe."""
    return running(FLAME, *words, ready=False, stderr=subprocess.PIPE, **options)


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judge(held, said, busy):
    """Assert what a busy machine makes fail; `busy` says what kept it or is None."""
    if not held and busy:
        pytest.skip(f"not judged: {busy} ({said})")
    assert held, said


def kept_busy(report):
    """On a busy machine a sample of native stacks stands for a long wait, and tells little of the program's own time."""
    waited = float(re.search(r"waited for a CPU [\d.]+ s \(([\d.]+)%\)", report)[1])
    samples, taken = (int(n.replace(",", "")) for n in re.search(r"([\d,]+) samples for ([\d,]+) of", report).groups())
    if samples < 0.8 * taken:
        return f"the {samples} samples stand for {taken} ticks: without a free CPU to read them threads were held for long"
    return f"the program waited for a CPU for {waited} % of its time" if waited > 3 else None


def wait_until_sampled(process, times=30):
    """Until flame has set its timer for the first tick, and has slept so many times since."""
    def ticks():
        with contextlib.suppress(FileNotFoundError):  # one was closed meanwhile
            return any("settime flags: 01" in file.read_text() for file in Path(f"/proc/{process.pid}/fdinfo").iterdir())
        return False
    wait_for(ticks)
    wait_for_switches(process, times)


def wait_for_switches(process, times):
    """Until the process has gone to sleep so many times more."""
    before = switches_of(process.pid)
    wait_for(lambda: switches_of(process.pid) >= before + times)


def switches_of(pid):
    """How often its first thread has gone to sleep."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.M)[1])


def wait_until_run(pid, seconds=0.05):
    """Until the process has had the CPU for so long."""
    def used():
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) * 1e-9
    before = used()
    wait_for(lambda: used() > before + seconds)


def without_comments(text):
    return [line for line in text.splitlines() if not line.startswith("# ")]


def folded(path):
    """{stack as a tuple: count}"""
    stacks = {}
    for line in without_comments(Path(path).read_text()):
        stack, _, count = line.rpartition(" ")
        key = tuple(stack.split(";"))
        assert key not in stacks, "a stack stands twice"
        stacks[key] = int(count)
    return stacks


def numbers(report):
    """What the statistics say: ticks wanted, taken, and those for which the machine was too busy."""
    found = re.search(r"samples for (?P<taken>[\d,]+) of (?P<wanted>[\d,]+) ticks", report)
    assert found, report
    busy = re.search(r"([\d,]+) flame got no CPU in time", report)
    return tuple(int(n.replace(",", "")) for n in (found["wanted"], found["taken"], busy[1] if busy else "0"))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def wait_until_asleep(pid, threads=1):
    """Until so many threads sleep: a program may say that it is ready a moment before."""
    def asleep():
        states = [task.read_text(errors="replace").rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
        return states.count("S") >= threads
    wait_for(asleep)


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def as_other_user(*command):
    """Command words that run as nobody, without any capability; skips when we are not root."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv to become another user")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", *command]


@pytest.fixture
def others_flame():
    """flame where another user may run it."""
    if subprocess.run(as_other_user("test", "-x", FLAME), check=False).returncode == 0:
        yield FLAME
        return
    program = shutil.copy(FLAME, "/tmp/flame-for-nobody-%d" % os.getpid())
    os.chmod(program, 0o755)
    yield program
    os.unlink(program)
