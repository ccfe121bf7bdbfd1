"""Small functions that call one another without pause: which may call which, and on what line, is written in
their names, so any stack can be judged by itself.

A function level_N_X calls only level_{N+1}_Y, where Y is one of the letters that its line comments allow.
"""
import sys
import time

source = ["import time", "sink = [0]", ""]
LETTERS = "abc"
DEPTH = 12
work = int(sys.argv[2])
allowed = {}
for level in range(DEPTH):
    for x in LETTERS:
        name = "level_{}_{}".format(level, x)
        source.append("def {}(n):".format(name))
        if level == DEPTH - 1:
            source.append("    t = 0")
            source.append("    for i in range({}):".format(work))
            source.append("        t += i")
            source.append("    sink[0] = t")
        else:
            # The order differs from letter to letter, so that neighbours in memory have different lines.
            for y in (LETTERS if x != "b" else LETTERS[::-1]):
                callee = "level_{}_{}".format(level + 1, y)
                source.append("    if n % 3 == {}:".format(LETTERS.index(y)))
                source.append("        {}(n // 3)".format(callee))
                allowed["{}:{}".format(name, len(source))] = callee
        source.append("")
source += ["def run(until):", "    n = 0", "    while time.monotonic() < until:", "        for _ in range(200):",
           "            n = n * 1103515245 + 12345 & 0x7fffffff"]
for y in LETTERS:
    source.append("            level_0_{}(n >> 8)".format(y))
    allowed["run:{}".format(len(source))] = "level_0_{}".format(y)
code = compile("\n".join(source), "steps.generated", "exec")
space = {}
exec(code, space)
import json
print(json.dumps(allowed), flush=True)
space["run"](time.monotonic() + float(sys.argv[1]))
