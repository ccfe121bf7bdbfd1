"""The programs that bench_record.py watches: program_cost.py FILE KIND.

KIND is loop (two functions that count, twenty frames deep), ordinary (the standard library at work), threads (60 threads
that do a bit of that by turns) or idle (the loop beside 159 threads that sleep). Jobs take turns of about a millisecond;
what they have used of their threads' CPU time is the truth for every sampler. FILE receives the turns done and the
seconds of each job.
"""

import json
import mmap
import re
import struct
import sys
import threading
import time

FORM = struct.Struct("<Q3d")
shared = open(sys.argv[1], "r+b")
table = mmap.mmap(shared.fileno(), FORM.size)
accounts = []  # of each thread: [turns, seconds of each job]


def square():
    n = 0
    for i in range(15000):
        n += i * i
    return n


def cube():
    n = 0
    for i in range(5000):
        n += i * i * i
    return n


RECORDS = [{"name": f"item {i * 7919 % 1000}", "price": i * 1.25, "tags": ["new", "sold"][:i % 3]} for i in range(100)]
TEXT = "\n".join(f"2026-03-{i % 28 + 1:02} host{i % 7} GET /items/{i}?page={i % 5} {200 + i % 3}" for i in range(100))


class Item:
    def __init__(self, name, price, tags):
        self.name, self.price, self.tags = name, price, tags

    def total(self):
        return self.price * (1 + len(self.tags) / 10)


# Jobs free what they have made before they return: else that is done by their caller's line, in their time.

def encode():
    return len(json.loads(json.dumps(RECORDS, indent=1)))


def search():
    found = {}
    for line in TEXT.splitlines():
        host, path = re.match(r"\S+ (\S+) GET (\S+)", line).groups()
        found.setdefault(host, []).append(path.partition("?")[0].split("/"))
    found.clear()


def build():
    items = [Item(**record) for record in RECORDS]
    items.sort(key=lambda item: (item.total(), item.name))
    items.clear()


def turns(jobs, pause=0.0):
    account = [0, 0.0, 0.0, 0.0]
    accounts.append(account)
    before = time.thread_time()
    while True:
        for i, job in enumerate(jobs, 1):
            job()
            now = time.thread_time()
            account[i] += now - before
            before = now
        account[0] += 1
        if pause:
            time.sleep(pause)
        else:
            publish()


def publish():
    sums = [sum(column) for column in zip(*accounts)]
    table[:] = FORM.pack(sums[0], *sums[1:])


def deeper(left, jobs):
    if left:
        deeper(left - 1, jobs)
    else:
        turns(jobs)


def main(kind):
    if kind == "threads":
        for _ in range(60):
            threading.Thread(target=turns, args=((encode, search, build), 0.05), daemon=True).start()
    if kind == "idle":
        for _ in range(159):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
    time.sleep(0.5)
    print("ready", flush=True)
    while kind == "threads":
        time.sleep(0.02)
        publish()
    deeper(17, (encode, search, build) if kind == "ordinary" else (square, cube))


main(sys.argv[2])
