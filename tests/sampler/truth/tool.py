"""The sampler as a program (sample_dump), and the programs that it samples."""
import os
import signal
import subprocess

MISSED_MOST = 0.01


class Failed(Exception):
    pass


class Unlikely(Failed):
    """What chance or a busy machine can bring about too, though seldom: worth a second try."""


# ---- the tool ----

TOOL = None


def run_tool(*arguments, timeout=120):
    try:
        done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed("the sampler did not end within {} s".format(timeout))
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise Failed("sampler: " + err.strip())
    return out, err


def figures_of(err):
    words = err.split()
    return {k: float(v) for k, v in zip(words[::2], words[1::2])}


def fold(pid, seconds, rate, *options):
    out, err = run_tool("fold", pid, seconds, rate, *options)
    stacks = []
    for line in out.splitlines():
        text, count = line.rsplit(" ", 1)
        thread, *frames = text.split(";")
        stacks.append((thread, [tuple(f.rsplit(":", 2)) for f in frames], int(count)))
    return stacks, figures_of(err)


def missed_share(figures):
    missed = sum(figures[k] for k in ("torn", "unmapped", "deep", "code", "list"))
    return missed / max(1, missed + figures["taken"])


def too_busy(figures, rate=0):
    """Whether the sampler was kept from its work: samples left out or, without pause (rate 0), waits for a processor."""
    if rate:
        return figures["samples"] < 0.97 * rate * figures["wall"]
    return figures["cpu"] < 0.9 * figures["wall"]


def need_few_missed(figures, most=MISSED_MOST, rate=0):
    share = missed_share(figures)
    text = "missed {:.2%}, gone {:.2%}".format(share, figures["late"] / max(1, figures["taken"]))
    if share > most:
        if too_busy(figures, rate):
            return text + "; too busy a machine to say"
        raise Unlikely("{} ({})".format(text, {k: int(v) for k, v in figures.items() if v}))
    return text


def waited(process):
    """Seconds for which the program's first thread was ready to run and had no processor."""
    with open("/proc/{}/schedstat".format(process.pid)) as file:
        return int(file.read().split()[1]) * 1e-9


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
