"""Work in interpreters that are made and destroyed one after the other, while other threads sleep: work_K spins on
line K + 3 of its text. Says which part of the time they worked."""
import json
import sys
import threading
import time

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

TEXT = "import time\n{lines}def work_{k}(end):\n    while time.monotonic() < end: pass\nwork_{k}({end})\n"

seconds = float(sys.argv[1])
for _ in range(3):
    threading.Thread(target=time.sleep, args=(seconds + 2,), daemon=True).start()
print("ready", flush=True)
began, worked, k = time.monotonic(), 0, 0
while time.monotonic() < began + seconds:
    one = interpreters.create()
    start = time.monotonic()
    interpreters.run_string(one, TEXT.format(k=k % 4, lines="\n" * (k % 4), end=start + 0.1))
    worked += time.monotonic() - start
    interpreters.destroy(one)
    k += 1
print(json.dumps(worked / (time.monotonic() - began)))
