"""flame record --kernel: the kernel's frames, and processes that live for a moment."""

import json
import math
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from watch_helpers import RELAY, as_other_user, flame, folded, judge, running, start

# Half of its time in the kernel or so, which it measures itself.
PROGRAM = r"""\
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}
static char bytes[1 << 20];
static volatile unsigned sum;
__attribute__((noinline)) static void reads(int file) { sum += (unsigned)read(file, bytes, sizeof bytes); }
/* It saves registers, and restores them just before it returns. */
__attribute__((noinline)) static unsigned recurses(unsigned n) { return n < 2 ? sum : recurses(n - 1) + recurses(n - 2) + n; }
__attribute__((noinline)) static void computes(void) { sum += recurses(20); }
int main(int count, char **words)
{
    int file = open("/dev/zero", O_RDONLY);
    double most = atof(words[count - 1]), kernel = 0, user = 0;
    printf("ready\n");
    fflush(stdout);
    while (kernel + user < most) {
        double before = now();
        reads(file);
        double between = now();
        computes();
        kernel += between - before;
        user += now() - between;
    }
    printf("%f\n", kernel / (kernel + user));
    return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which("cc"):
        pytest.skip("there is no cc")
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "halves.c").write_text(PROGRAM)
    subprocess.run(["cc", "-O1", "-g", folder / "halves.c", "-o", folder / "halves"], check=True)
    tried = flame("record", "--kernel", "-o", folder / "tried.folded", "--", folder / "halves", "0.01")
    if any(why in tried.stderr for why in ("permitted", "perf events", "hides where", "may not be locked")):
        pytest.skip(tried.stderr.strip())
    return folder / "halves"


def share(stacks, *, kernel=False):
    """Of `reads` among it and `computes`; with `kernel` of its samples in the kernel."""
    counts = dict.fromkeys(("reads", "computes", "kernel"), 0)
    for stack, count in stacks.items():
        names = {frame.split(" ")[0] for frame in stack}
        for name in names & {"reads", "computes"}:
            counts[name] += count
        if "reads" in names and stack[-1].endswith("_[k]"):
            counts["kernel"] += count
    total = counts["reads"] + counts["computes"]
    assert total > 100, counts
    return counts["kernel"] / counts["reads"] if kernel else counts["reads"] / total, total


def check_share(stacks, true, busy):
    seen, total = share(stacks)
    error = 3.29 * math.sqrt(true * (1 - true) / total) + 0.01
    judge(abs(seen - true) < error, f"{seen:.3f} of {total} samples, {true:.3f} of the time", busy)
    judge(share(stacks, kernel=True)[0] > 0.9, "reads is seldom in the kernel", busy)


def test_shares_of_a_command(program, tmp_path):
    out = tmp_path / "p.folded"
    result = flame("record", "--kernel", "-o", out, "--", program, "2")
    assert result.returncode == 0, result.stderr
    stacks = folded(out)
    check_share(stacks, float(result.stdout.split()[1]), result.busy)
    # In calling order: the program's frames, the entry of the kernel, what it does.
    deep = max((s for s in stacks if any(f.startswith("reads ") for f in s) and s[-1].endswith("_[k]")), key=stacks.get)
    ours = [i for i, frame in enumerate(deep) if not frame.endswith("_[k]")]
    at = next(i for i, frame in enumerate(deep) if frame.startswith("reads "))
    assert ours == list(range(len(ours))) and re.match(r"main \(halves.c:\d+\)$", deep[at - 1]), deep
    assert "was never stopped" in result.stderr
    lost = [stack for stack in stacks if stack[0] == "[unknown callers]" and any(re.match("recurses|computes", f) for f in stack)]
    assert not lost, lost


def test_shares_of_one_that_runs(program, tmp_path):
    out = tmp_path / "p.folded"
    with running(program, "100") as target:
        result = flame("record", "--kernel", "-p", target.pid, "-d", "1", "-o", out)
    assert result.returncode == 0, result.stderr
    judge(share(folded(out), kernel=True)[0] > 0.9 and share(folded(out))[1] > 800, result.stderr, result.busy)


def test_processes_of_a_moment(program, tmp_path):
    """A shell's programs, none of which lives for a period."""
    out = tmp_path / "p.folded"
    shell = f"for i in 1 2 3 4 5 6 7 8 9 10; do for k in 1 2 3 4 5 6 7 8 9 10; do {program} 0.0005 >/dev/null; done; done"
    result = flame("record", "--kernel", "--subprocesses", "-o", out, "--", "sh", "-c", shell)
    assert result.returncode == 0, result.stderr
    judge("in 101 processes" in result.stderr, result.stderr, result.busy)
    counts = {}
    for stack, count in folded(out).items():
        counts[stack[0]] = counts.get(stack[0], 0) + count
    assert set(counts) <= {"sh", "halves", "flame"}, counts
    # Half a millisecond or a whole turn each, and as much to begin and end.
    judge(counts.get("halves", 0) > 50, counts, result.busy)
    alone = flame("record", "--kernel", "-o", out, "--", "sh", "-c", shell)
    assert "--subprocesses watches them too" in alone.stderr, alone.stderr


def test_each_process_of_a_relay_is_followed(tmp_path):
    (tmp_path / "relay.py").write_text(RELAY)
    out, end = tmp_path / "p.folded", tmp_path / "end"
    result = flame("record", "--kernel", "--subprocesses", "-o", out, "--", sys.executable, tmp_path / "relay.py", end)
    assert result.returncode == 0, result.stderr
    assert end.exists(), result.stderr


def test_in_the_order_of_time(program, tmp_path):
    out = tmp_path / "p.trace.json"
    result = flame("record", "--kernel", "-o", out, "--", program, "0.5")
    assert result.returncode == 0, result.stderr
    events = json.loads(out.read_text())["traceEvents"]
    assert {"reads", "computes"} <= {event.get("name", "").split(" ")[0] for event in events}


def test_end_of_time_and_picture(program, tmp_path):
    result = flame("record", "--kernel", "-d", "0.3", "--kill-after", "-o", tmp_path / "p.svg", "--", program, "100")
    assert result.returncode == 0, result.stderr
    picture = (tmp_path / "p.svg").read_text()
    assert "halves 100 (" in picture and "computes" in picture  # the title is the command


def test_a_program_that_sleeps(program, tmp_path):
    out = tmp_path / "p.folded"
    with running("sleep", "100", ready=False) as target:
        result = flame("record", "--kernel", "-p", target.pid, "-d", "0.3", "-o", out)
    assert result.returncode == 1 and "nothing of it ran on a CPU" in result.stderr and not out.exists(), result.stderr


def test_interrupt(program, tmp_path):
    """Ctrl-C writes what there is, and the program goes on."""
    out = tmp_path / "p.folded"
    with running(program, "100") as target, start("record", "--kernel", "-p", target.pid, "-o", out) as recorder:
        time.sleep(0.7)
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(30) == 0, recorder.stderr.read()
        assert target.poll() is None
    assert share(folded(out))[1] > 100


def test_usage():
    for option in ("--idle", "--gil", "--cpu", "--freeze", "--native", "--tasks", "--budget=1%"):
        result = flame("record", "--kernel", option, "--", "true")
        assert result.returncode == 2 and "leave out" in result.stderr, result.stderr


def test_without_the_right(others_flame):
    """Said before the command is started."""
    paranoid = Path("/proc/sys/kernel/perf_event_paranoid")
    if not paranoid.exists() or int(paranoid.read_text()) < 1:
        pytest.skip("there are no perf events here, or they are everybody's")
    result = subprocess.run(as_other_user(others_flame, "record", "--kernel", "-o", "-", "--", "echo", "it ran"),
                            capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "not permitted here (kernel.perf_event_paranoid is" in result.stderr, result
    assert not result.stdout


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
