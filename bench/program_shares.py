"""The program that bench_shares.py watches: `helper` takes about half of the time, a moment at a time.

    program_shares.py KIND MICROSECONDS

KIND is call (a function) or generator. `work` calls `helper` from three lines and does as much itself in between;
one call lasts the given CPU time. What the call itself costs belongs to neither, so the truth is an interval: from the
time of helper's own statements, to that time with all that calling it costs. Both are differences between loops of
`work` with the call, with helper's statements in its place, and with nothing in its place, which take turns.

It prints {"least", "most", "call_us"} twice as JSON, before and after the time in which it is watched; a line on its
standard input ends that.
"""

import json
import select
import statistics
import sys
import time

KIND, ASKED = sys.argv[1], float(sys.argv[2]) * 1e-6
STATEMENT = "x = x * 3 + n & 1023"
cpu = time.process_time


def block(count, indent):
    """Statements that take some time, twenty on a line."""
    lines = [min(20, count - i) for i in range(0, count, 20)]
    return "".join(f"{indent}{'; '.join([STATEMENT] * k)}\n" for k in lines)


def make(name, middle, between):
    rest = block(between, "        ")
    return f"def {name}(n, x, step):\n    for _ in range(n):\n" + (middle + rest) * 3 + "    return x\n"


def build(inside, between):
    own = block(inside, "        " if KIND == "generator" else "    ")
    if KIND == "generator":
        helper = f"def helper():\n    n = x = 1\n    while True:\n{own}        yield x\nstep = helper().__next__\n"
        call = "        x = step()\n"
    else:
        helper = f"def helper(n, x):\n{own}    return x\nstep = helper\n"
        call = "        x = step(n, x)\n"
    source = (helper + make("work", call, between) + make("inlined", block(inside, "        "), between)
              + make("bare", "", between))
    space = {}
    exec(compile(source, "shares.py", "exec"), space)
    return space


def seconds_of(space, name, times):
    start = cpu()
    space[name](times, 1, space["step"])
    return (cpu() - start) / times / 3


def calibrate(space, times, rounds):
    """Medians of a call's time in each loop; the loops take turns, so that a change of clock rate meets all."""
    seen = {name: [] for name in ("work", "inlined", "bare")}
    for _ in range(rounds):
        for name, values in seen.items():
            values.append(seconds_of(space, name, times))
    return {name: statistics.median(values) for name, values in seen.items()}


def truth(space, times):
    took = calibrate(space, times, 60)
    return {"least": (took["inlined"] - took["bare"]) / took["work"], "most": 1 - took["bare"] / took["work"],
            "call_us": (took["work"] - took["bare"]) * 1e6}


# How many statements make the time asked for, call included; and as much again in between.
space = build(20, 20)
took = calibrate(space, 2000, 20)
one = (took["inlined"] - took["bare"]) / 20
overhead = max(0, took["work"] - took["inlined"])
inside = max(1, round((ASKED - overhead) / one))
space = build(inside, max(1, round(ASKED / one)))
times = max(1, round(0.004 / seconds_of(space, "work", 200) / 3))
calibrate(space, times, 5)
print(json.dumps(truth(space, times)), flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    space["work"](times * 5, 1, space["step"])
print(json.dumps(truth(space, times)), flush=True)
