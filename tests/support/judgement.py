"""What a busy machine does not let us judge.

A claim about time or chance (how many samples were taken, how few missed) needs the programs to have their CPUs. Where it
does not hold and the kernel says that they waited for one, the outcome is neither "held" nor "failed" but "not judged".
That is printed and counted, and too many of them fail: `enough_judged`. How busy the machine was is asked of the kernel,
never of the program under test.
"""
import os
import time

NOT_JUDGED_MOST = 0.1  # of a suite's claims
WAITED_MOST = 0.03  # of the time that a program ran or was ready to
STOLEN_MOST = 0.01  # of all CPUs' time


class NotJudged(Exception):
    """The claim did not hold, and the machine was too busy for it to count."""


def schedule(pid):
    """Seconds for which the first thread of a process ran, and for which it was ready but had no CPU. A process that has
    ended is asked before it is waited for."""
    with open("/proc/{}/schedstat".format(pid)) as file:
        ran, waited, _ = file.read().split()
    return int(ran) * 1e-9, int(waited) * 1e-9


def stolen():
    """Seconds, of all CPUs together, that the host gave to others."""
    with open("/proc/stat") as file:
        return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


class Machine:
    """How busy the machine is for some programs, from now on or (since_start) since they began."""

    def __init__(self, *pids):
        self.before = {pid: schedule(pid) for pid in pids}
        self.began, self.stolen = time.monotonic(), stolen()

    def busy(self, *since):
        """What kept the programs from their work, or None. `since`: more of them as pairs (ran, waited) in seconds."""
        share = (stolen() - self.stolen) / max(0.01, time.monotonic() - self.began) / os.cpu_count()
        if share > STOLEN_MOST:
            return "the host took {:.0%} of the CPUs' time".format(share)
        spent = list(since)
        for pid, (ran, waited) in self.before.items():
            now = schedule(pid)
            spent.append((now[0] - ran, now[1] - waited))
        for ran, waited in spent:
            if waited > WAITED_MOST * (ran + waited):
                return "a program waited for a CPU for {:.0%} of the time that it was ready".format(waited / (ran + waited))
        return None


def enough_judged(not_judged, claims):
    return not_judged <= NOT_JUDGED_MOST * claims
