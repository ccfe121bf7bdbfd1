"""What a busy machine does not let us judge.

A claim about time or chance (how many samples were taken, how few missed) needs the programs to have their CPUs. Where it
does not hold and the kernel says that they waited for one, the outcome is neither "held" nor "failed" but "not judged".
That is printed and counted, and too many of them fail: `enough_judged`. How busy the machine was is asked of the kernel,
never of the program under test.
"""
import contextlib
import glob
import os
import select
import subprocess
import time

NOT_JUDGED_MOST = 0.1  # of a suite's claims
WAITED_MOST = 0.03  # of the time; an idle machine lets a sampler wait for less than 1 %
STOLEN_MOST = 0.01  # of all CPUs' time


class NotJudged(Exception):
    """The claim did not hold, and the machine was too busy for that to count."""


def waited(pid):
    """Seconds for which the threads of a process were ready but had no CPU, together. A process that has ended is asked
    before it is waited for."""
    seconds = 0
    for path in glob.glob("/proc/{}/task/*/schedstat".format(pid)):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            with open(path) as file:
                seconds += int(file.read().split()[1]) * 1e-9
    return seconds


def stolen():
    """Seconds, of all CPUs together, that the host gave to others."""
    with open("/proc/stat") as file:
        return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


class Measured(subprocess.Popen):
    """A process that the scheduler is asked about before it is waited for: `waited`, as above."""

    waited = 0

    def wait(self, timeout=None):
        if self.returncode is None:
            handle = os.pidfd_open(self.pid)
            try:
                if select.select([handle], [], [], timeout)[0]:
                    self.waited = waited(self.pid)
            finally:
                os.close(handle)
        return super().wait(timeout)


class Machine:
    """How busy the machine is from now on, for some processes that run already and for all together."""

    def __init__(self, *pids):
        self.pids = pids
        self.began, self.waited, self.stolen = time.monotonic(), self.all_waited(), stolen()

    def all_waited(self):
        return {pid: waited(pid) for pid in self.pids}

    def busy(self, *more):
        """What kept the processes from their work, or None. `more`: the seconds for which others waited meanwhile."""
        wall = max(0.01, time.monotonic() - self.began)
        share = (stolen() - self.stolen) / wall / os.cpu_count()
        if share > STOLEN_MOST:
            return "the host took {:.0%} of the CPUs' time".format(share)
        now = self.all_waited()
        longest = max([now[pid] - self.waited[pid] for pid in self.pids] + list(more), default=0)
        if longest > WAITED_MOST * wall:
            return "a program waited for a CPU for {:.2f} s of {:.2f} s".format(longest, wall)
        return None


def enough_judged(not_judged, claims):
    return not_judged <= NOT_JUDGED_MOST * claims


def summary(not_judged, claims):
    return "{} of {} claims not judged, because the machine was busy{}".format(
        not_judged, claims, "" if enough_judged(not_judged, claims) else ": more than a tenth, which is a failure")
