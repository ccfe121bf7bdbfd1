"""A process that forks: the child works in `child_work`, the parent in `parent_work`."""
import os
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")  # of fork beside threads: to show one takes the parent longer than the child works
seconds = float(sys.argv[1])


def spin():
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def child_work():
    spin()


def parent_work():
    spin()


threading.Thread(target=time.sleep, args=(seconds,), daemon=True).start()
reads, writes = os.pipe()
pid = os.fork()
if pid == 0:
    os.write(writes, b".")
    child_work()
    os._exit(0)
os.read(reads, 1)  # now the child has forgotten its parent's threads, which takes it some time after the fork
print(pid, flush=True)
parent_work()
os.waitpid(pid, 0)
