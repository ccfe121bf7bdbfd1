"""Functions and generators that last a fraction of a microsecond or a few, and take a known part of the time.

`work` does the same operations in its own lines as the callee does in its body, by turns; so the callee has at
least the part that its body takes, and at most all but what the lines of `work` take. Both are measured here, by
leaving out the calls, and the lines too.

    brief.py SECONDS OPERATIONS function|generator
"""
import json
import sys
import time

SITES = 4
operations, kind = int(sys.argv[2]), sys.argv[3]
body = "; ".join(["y = x + 1.5"] * operations)
lines = ["import time", "def callee(x):", "    " + body, "    return y", "def endless(x):", "    while True:",
         "        " + body, "        yield y"]


def driver(name, call, inline):
    lines.extend(["def {}(rounds, x, callee):".format(name), "    for _ in range(rounds):"])
    calls = []
    for _ in range(SITES):
        if inline:
            lines.append("        " + body)
        if call:
            lines.append("        " + call)
            calls.append(len(lines))
    return calls


call = "callee(x)" if kind == "function" else "next(callee)"
calls = driver("work", call, True)
driver("lines_only", None, True)
driver("nothing", None, False)
lines.append("        pass")
space = {}
exec(compile("\n".join(lines), "brief.generated", "exec"), space)
what = space["callee"] if kind == "function" else space["endless"](1.0)
rounds = max(1, 100000 // (SITES * operations))


def cost(run):
    start = time.process_time()
    run(rounds, 1.0, what)
    return time.process_time() - start


costs = [[cost(space[name]) for name in ("work", "lines_only", "nothing")] for _ in range(15)]
whole, own, nothing = map(min, zip(*costs))
print(json.dumps({"least": (own - nothing) / whole, "most": 1 - own / whole, "calls": calls,
                  "callee": "callee" if kind == "function" else "endless",
                  "lasts": 1e9 * (whole - own) / (rounds * SITES), "turn": 1e9 * whole / (rounds * SITES)}),
      flush=True)
until = time.monotonic() + float(sys.argv[1])
while time.monotonic() < until:
    space["work"](rounds, 1.0, what)
