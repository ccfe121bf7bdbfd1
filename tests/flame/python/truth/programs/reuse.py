"""Code that is made, run, freed and made again, at the same addresses: function made_K spins on line K + 3 and
nowhere else, the further into its code the higher K is. Says how many code objects there were and at how many
addresses."""
import json
import sys
import time

seconds = float(sys.argv[1])
sources = []
for k in range(10):
    sources.append("def made_{}(end, clock):\n{}    {}\n    while clock() < end: pass\nmade_{}(end, clock)".format(
        k, "\n" * k, "; ".join(["end"] * (50 * k + 1)), k))
addresses, count = set(), 0
print("ready", flush=True)
until = time.monotonic() + seconds
while time.monotonic() < until:
    code = compile(sources[count % 10], "made.py", "exec")
    space = {"end": time.monotonic() + 0.0007, "clock": time.monotonic}
    exec(code, space)
    del code
    addresses.add(id(space["made_{}".format(count % 10)].__code__))
    count += 1
    space.clear()
print(json.dumps([count, len(addresses)]))
