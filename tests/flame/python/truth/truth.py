"""The truth table: programs whose stacks and times are known, sampled in every interpreter found.

    truth.py [--tool build/release/tests/sample_dump] [--chroot build/chroot] [--only 3.11] [--check lines] [--thorough]

For each interpreter and check it prints what was claimed and what was seen. A claim about chance (a share, how many were
missed, what came by while we measured) is tried a second time when it does not hold, and the table says so; a wrong stack
or line never is. Where the machine kept the sampler or the program from a CPU such a claim is not judged. The exit status
is 0 only when no claim failed and at most a tenth was not judged. Checks:

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
    everyday a web server with threads, tables of data, a recursive parser, numeric loops, a pool of sixty threads: no
             call that the program does not make, and with one thread the shares that it has while it stands still
    threads  200 threads, each with its own stack
    short    threads that live for a millisecond
    heirs    threads in the place of ended ones: each goes by its own number, those that wait by being idle
    subs     interpreters that are made and destroyed within the process: their work, with its lines and its share
    fork     parent and child told apart
    garbage  who collects it, called by whom, with finalizers and other threads beside it
    collected  its share of the time
    reuse    code freed and made again at the same address
    harmless a program that checks itself is attached to a thousand times, frozen and left to a killed sampler
"""
import argparse
import os
import sys
import time

import tool
from checks_shares import check_brief, check_everyday, check_garbage_share, check_ordinary, check_shares
from checks_stacks import (check_calls, check_harmless, check_lines, check_moments, check_reuse, check_shapes,
                           check_steps)
from checks_threads import check_fork, check_garbage, check_heirs, check_short, check_subs, check_threads
from interpreters import find_interpreters
from tool import MISSED_MOST, ROOT, Failed, NotJudged, Unlikely

import contain  # of tests/support, where tool.py lets us look
import judgement

NOT_JUDGED = "not judged"
CHECKS = {"lines": check_lines, "shares": check_shares, "steps": check_steps, "calls": check_calls,
          "moments": check_moments, "shapes": check_shapes, "brief": check_brief, "ordinary": check_ordinary,
          "everyday": check_everyday, "threads": check_threads, "short": check_short, "heirs": check_heirs,
          "subs": check_subs, "fork": check_fork, "garbage": check_garbage, "collected": check_garbage_share,
          "reuse": check_reuse, "harmless": check_harmless}
# What makes several claims of one check.
CASES = {"calls": [(0, 1.0), (1000, MISSED_MOST)], "shapes": [(0, 1.5), (1000, 3)],
         "brief": [(kind, operations) for kind in ("function", "generator") for operations in (3, 10, 100)],
         "everyday": [("server", True), ("table", False), ("parser", False), ("numbers", False), ("pool", True)],
         "fork": [("child_work", "parent_work"), ("parent_work", "child_work")]}


def run_check(check, python, case):
    """Whether the claim held, what was seen, and whether it took a second try."""
    first = None
    for _ in range(2):
        again = " [the second time; the first: {}]".format(first) if first else ""
        try:
            return "yes", check(python, *case) + again, bool(first)
        except Unlikely as failure:
            if first:
                return "NO", str(failure) + again, False
            first = failure
        except NotJudged as kept:
            return NOT_JUDGED, str(kept) + again, False
        except Failed as failure:
            return "NO", str(failure) + again, False
        except Exception as error:  # the rest of the table is wanted all the same
            return "NO", "{}: {}".format(type(error).__name__, error) + again, False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", default=os.path.join(ROOT, "build/release/tests/sample_dump"))
    parser.add_argument("--chroot", default=os.path.join(ROOT, "build/chroot"),
                        help="with newer interpreters (make_chroot.sh makes it; needs root)")
    parser.add_argument("--thorough", action="store_true",
                        help="every interpreter, not only the first of each minor version; and ordinary, the shares of "
                             "everyday and all of brief in all of them, not only in the oldest and the newest")
    parser.add_argument("--only", action="append", help="a version, or its beginning")
    parser.add_argument("--check", action="append", choices=list(CHECKS))
    options = parser.parse_args()
    if os.environ.get("FLAMESCALE_TRUTH") == "passed":
        print("skipped: the table was made just before (./run test all-pythons)")
        return 77
    contain.enter()
    tool.TOOL = os.path.abspath(options.tool)
    pythons = find_interpreters(options.chroot and os.path.abspath(options.chroot))
    if options.only:
        pythons = [p for p in pythons if any(p.version.startswith(o) for o in options.only)]
    if not (options.thorough or options.only):
        pythons = list({(p.version.rsplit(".", 1)[0], p.free_threaded): p for p in reversed(pythons)}.values())
    pythons.sort(key=lambda p: (p.free_threaded, [int(part) for part in p.version.rstrip("t").split(".")]))
    if not pythons:
        print("no interpreter found")
        return 1
    counts, second, failed = {"yes": 0, "NO": 0, NOT_JUDGED: 0}, 0, []
    print("{:<8} {:<9} {:<10} {}".format("python", "check", "held", "what was seen"))
    for python in pythons:
        some = not (options.thorough or options.check or python in (pythons[0], pythons[-1]))
        for name, case in [(name, case) for name in options.check or CHECKS for case in CASES.get(name, [()])]:
            if some and (name == "ordinary" or name == "everyday" and not case[1] or name == "brief" and case[1] > 3):
                continue
            start = time.monotonic()
            held, text, again = run_check(CHECKS[name], python, case)
            counts[held] += 1
            second += again
            row = "{:<8} {:<9} {:<10} {}  ({:.1f} s)".format(python.version, name, held, text, time.monotonic() - start)
            print(row, flush=True)
            if held == "NO":
                failed.append(row)
    minors = {p.version.split(".")[1] for p in pythons}
    lacking = [m for m in range(8, 16) if str(m) not in minors]
    if lacking and not options.only:
        print("not checked here, for want of an interpreter: " + ", ".join("3.%d" % m for m in lacking))
    claims = sum(counts.values())
    print("{} of {} claims held{}".format(counts["yes"], claims,
                                          ", {} of them the second time".format(second) if second else ""))
    print(judgement.summary(counts[NOT_JUDGED], claims))
    if failed:  # again, since a long table is often seen from its end
        print("\n".join(["did not hold:"] + failed))
    return 1 if failed or not judgement.enough_judged(counts[NOT_JUDGED], claims) else 0


if __name__ == "__main__":
    sys.exit(main())
