"""The sampler as a program (sample_dump), and the programs that it samples."""
import os
import signal
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../.."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from judgement import Machine, Measured, NotJudged  # noqa: E402

MISSED_MOST = 0.01


class Failed(Exception):
    pass


class Unlikely(Failed):
    """What chance can bring about too, though seldom: worth a second try."""


def unlikely(text, busy):
    """What chance or a busy machine can bring about: `busy` says what kept the sampler or the program, or is None."""
    raise NotJudged("{} ({})".format(text, busy)) if busy else Unlikely(text)


# ---- the tool ----

TOOL = None


def run_tool(*arguments, timeout=120):
    """What it prints, what it complains of, and the seconds for which it waited for a CPU."""
    with Measured([TOOL, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed("the sampler did not end within {} s".format(timeout))
    err = err.decode("utf-8", "replace")
    if process.returncode != 0:
        raise Failed("sampler: " + err.strip())
    return out.decode("utf-8"), err, process.waited


def sample(pid, *words):
    """What `fold` prints, and its figures: numbers, and under "busy" what kept it or the program from a CPU."""
    machine = Machine(*(() if "freeze" in words else (pid,)))  # who is let go a thousand times waits as often
    out, err, waited = run_tool("fold", pid, *words)
    words = err.split()
    figures = {k: float(v) for k, v in zip(words[::2], words[1::2])}
    figures["busy"] = machine.busy(waited)
    return out, figures


COLLECTION = ("", "<garbage collection>", "0")


def fold(pid, seconds, rate, *options, collections=False):
    """Without the frame that stands for a collection of garbage, but for `collections`."""
    out, figures = sample(pid, seconds, rate, *options)
    stacks = []
    for line in out.splitlines():
        text, count = line.rsplit(" ", 1)
        thread, *frames = text.split(";")
        frames = [tuple(f.rsplit(":", 2)) for f in frames]
        stacks.append((thread, [f for f in frames if collections or f != COLLECTION], int(count)))
    return stacks, figures


def missed_share(figures):
    missed = sum(figures[k] for k in ("torn", "unmapped", "deep", "code", "list"))
    return missed / max(1, missed + figures["taken"])


def need_few_missed(figures, most=MISSED_MOST):
    share = missed_share(figures)
    text = "missed {:.2%}, {:.0f} samples for {:.0f} ticks".format(share, figures["own"], figures["taken"])
    if share > most:
        counts = {k: int(v) for k, v in figures.items() if v and k != "busy"}
        unlikely("{} ({})".format(text, counts), figures["busy"])
    return text


def wait_ready(process):
    line = process.stdout.readline().decode()
    if not line:
        raise Failed("the program ended: " + process.stderr.read().decode()[-400:])
    return line


def finish(process, timeout=120):
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed("the program did not end within {} s".format(timeout))
    if process.returncode != 0:
        raise Failed("the program ended with {}: {}".format(process.returncode, err.decode()[-400:]))
    return out.decode()


def end(process):
    """Only what this check started: its own session."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.communicate()
