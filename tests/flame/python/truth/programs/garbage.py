"""Garbage is collected when it is asked for (`collects`) and when enough was made (`makes`), and not in `works`.

    garbage.py SECONDS alone     says which part of the time collections took; these are asked for
    garbage.py SECONDS threads   collections that also call finalizers, which give up the interpreter's lock to a thread
                                 that works
"""
import gc
import json
import sys
import threading
import time

seconds, kind = float(sys.argv[1]), sys.argv[2]
kept = [[] for _ in range(60000)]
taken = 0.0


def works():
    return sum(range(100000))


def collects():
    global taken
    start = time.perf_counter()
    gc.collect()
    taken += time.perf_counter() - start


def makes():
    made = []
    for _ in range(30000):
        made.append([])
    return made


class Finalized:
    def __init__(self):
        self.me = self

    def __del__(self):
        sum(range(20000))
        time.sleep(0.001)
        sum(range(20000))


def works_beside(until):
    while time.monotonic() < until:
        works()
        time.sleep(0.0002)  # without a wait it may take the lock again before the other thread has woken up, for ever


until = time.monotonic() + seconds
if kind == "threads":
    threading.Thread(target=works_beside, args=(until,)).start()
else:
    gc.disable()
print("ready", flush=True)
began = time.perf_counter()
while time.monotonic() < until:
    works()
    if kind == "threads":
        Finalized()
        makes()
    collects()
if kind == "alone":
    print(json.dumps(taken / (time.perf_counter() - began)))
