#!/usr/bin/env python3
"""Run a test so that nothing it started outlives it, however it ends.

    contain.py COMMAND...

or, at the top of a Python program, contain.enter(), which returns in the process that goes on with the test.

Three processes: a guard that the caller sees, a reaper, the test. The reaper is a child subreaper (prctl(2)):
whatever the test leaves becomes its child, also from a session of its own, and is killed when the test has
ended, when the guard or who started that has (by SIGKILL too: a test runner's time-out), and on SIGTERM or SIGHUP. Ctrl-C reaches the
test itself, which gets some seconds to end. The exit status is the test's.
"""
import contextlib
import ctypes
import os
import signal
import sys

GRACE = 5  # seconds between Ctrl-C and the end of a test that does not mind it
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def prctl(option, value):
    if ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def die_with(parent, number):
    prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before that was said
        os.kill(os.getpid(), number)


def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def children():
    me = os.getpid()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:  # it has ended
            continue
        if parent == me:
            yield int(name)


def kill_children():
    """All of them: those of a killed child become ours, and are found the next time round."""
    while True:
        for pid in children():
            with contextlib.suppress(PermissionError):  # another user's by now: wait for it
                os.kill(pid, signal.SIGKILL)  # a child that has ended keeps its number until we wait
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def reap(guard, before):
    """Be the reaper; returns in the test."""
    def end(*_):
        kill_children()
        os._exit(128 + signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end)
    signal.signal(signal.SIGINT, lambda *_: signal.alarm(GRACE))
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    die_with(guard, signal.SIGTERM)
    test = os.fork()
    if test == 0:
        for number, handler in before.items():
            signal.signal(number, handler)
        return
    status = None
    while status is None:
        pid, state = os.waitpid(-1, 0)  # orphans are waited for as they end
        if pid == test:
            status = os.waitstatus_to_exitcode(state)
    for number in before:
        signal.signal(number, signal.SIG_IGN)
    kill_children()
    os._exit(status if status >= 0 else 128 - status)


def enter():
    sys.stdout.flush()
    sys.stderr.flush()
    before = {number: signal.getsignal(number)
              for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGINT)}
    guard, runner = os.getpid(), os.getppid()
    reaper = os.fork()
    if reaper == 0:
        reap(guard, before)
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(reaper, number))
    die_with(runner, signal.SIGTERM)
    status = wait(reaper)
    os._exit(status if status >= 0 else 128 - status)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    enter()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler does not outlast exec
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as error:
        print(f"contain.py: cannot start {sys.argv[1]}: {error.strerror}", file=sys.stderr)
        os._exit(127)


if __name__ == "__main__":
    main()
