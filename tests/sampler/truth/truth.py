"""The truth table: programs whose stacks and times are known, sampled in every interpreter found.

    truth.py [--tool build/release/tests/sample_dump] [--chroot build/chroot] [--only 3.11] [--check lines]

For each interpreter and check it prints what was claimed and what was seen; the exit status is 0 only when
every claim held. A claim about chance (a share, how many were missed, what came by while we measured) is tried a second
time when it does not hold, and the table says so; a wrong stack or line never is. On a machine that keeps the
sampler from its processor such a claim cannot be judged: "too busy a machine". Checks:

    lines    threads parked in every kind of frame: names, lines (columns from 3.11) equal sys._current_frames()
    shares   seventeen kinds of code: each sample against the program's own diary of that moment, and the shares of
             the time within the statistical interval
    steps    no stack with a caller and callee that the program cannot make; functions of some microseconds
    calls    the same with functions of well under a microsecond: nearly all is seen at 1000 Hz; without pause much is
             missed, and what is taken must be right
    moments  the same of generators and callbacks
    shapes   every kind of call with a tiny body: whole stacks, with the line of each frame, that the program has had
    brief    functions and generators of 50 ns to some microseconds: their share of the time, evenly spread over the lines
             that call them, within the statistical interval
    ordinary library code, hundreds of functions: each function's share of the time is what it is while the program
             is made to stand still
    threads  200 threads, each with its own stack
    short    threads that live for a millisecond
    heirs    threads in the place of ended ones: each goes by its own number, those that wait by being idle
    subs     interpreters that are made and destroyed within the process: their work, with its lines and its share
    fork     parent and child told apart
    reuse    code freed and made again at the same address
    harmless a program that checks itself is attached to a thousand times, frozen and left to a killed sampler
"""
import argparse
import os
import sys
import time

import tool
from checks_shares import check_brief, check_ordinary, check_shares
from checks_stacks import (check_calls, check_harmless, check_lines, check_moments, check_reuse, check_shapes,
                           check_steps)
from checks_threads import check_fork, check_heirs, check_short, check_subs, check_threads
from interpreters import find_interpreters
from tool import Failed, Unlikely

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import contain  # noqa: E402

CHECKS = {"lines": check_lines, "shares": check_shares, "steps": check_steps, "calls": check_calls,
          "moments": check_moments, "shapes": check_shapes, "brief": check_brief, "ordinary": check_ordinary,
          "threads": check_threads, "short": check_short, "heirs": check_heirs, "subs": check_subs, "fork": check_fork,
          "reuse": check_reuse, "harmless": check_harmless}


def run_check(check, python):
    """Whether the claim held, what was seen, and whether it took a second try."""
    try:
        return "yes", check(python), False
    except Unlikely as first:
        try:
            return "yes", "{} [the second time; the first: {}]".format(check(python), first), True
        except Failed as failure:
            return "NO", "{} [the second time; the first: {}]".format(failure, first), False
    except Failed as failure:
        return "NO", str(failure), False
    except Exception as error:  # the rest of the table is wanted all the same
        return "NO", "{}: {}".format(type(error).__name__, error), False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", default=os.path.join(ROOT, "build/release/tests/sample_dump"))
    parser.add_argument("--chroot", default=os.path.join(ROOT, "build/chroot"),
                        help="with newer interpreters (make_chroot.sh makes it; needs root)")
    parser.add_argument("--only", action="append", help="a version, or its beginning")
    parser.add_argument("--check", action="append", choices=list(CHECKS))
    options = parser.parse_args()
    contain.enter()
    tool.TOOL = os.path.abspath(options.tool)
    pythons = find_interpreters(options.chroot and os.path.abspath(options.chroot))
    if options.only:
        pythons = [p for p in pythons if any(p.version.startswith(o) for o in options.only)]
    if not pythons:
        print("no interpreter found")
        return 1
    failures = second = 0
    print("{:<8} {:<9} {:<5} {}".format("python", "check", "held", "what was seen"))
    for python in pythons:
        for name in options.check or CHECKS:
            start = time.monotonic()
            held, text, again = run_check(CHECKS[name], python)
            failures += held == "NO"
            second += again
            print("{:<8} {:<9} {:<5} {}  ({:.1f} s)".format(python.version, name, held, text,
                                                          time.monotonic() - start), flush=True)
    minors = {p.version.split(".")[1] for p in pythons}
    lacking = [m for m in range(8, 16) if str(m) not in minors]
    if lacking and not options.only:
        print("not checked here, for want of an interpreter: " + ", ".join("3.%d" % m for m in lacking))
    claims = len(pythons) * len(options.check or CHECKS)
    print("{} of {} claims held{}".format(claims - failures, claims,
                                          ", {} of them the second time".format(second) if second else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
