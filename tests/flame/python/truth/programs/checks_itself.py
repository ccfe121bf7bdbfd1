"""Computes what it can check, until a line comes in; any disturbance of its memory or its
signals shows. Prints how often it went round."""
import hashlib
import sys
import threading
import time

done = threading.Event()
EXPECTED = "{}".format(sum(i * i for i in range(2000)))
rounds = [0, 0]
failures = []


def work(slot):
    reference = hashlib.sha256(b"flame" * 1000).hexdigest()
    while not done.is_set() and not failures:
        values = {i: str(i) * 3 for i in range(200)}
        if str(sum(i * i for i in range(2000))) != EXPECTED:
            failures.append("sum")
        if hashlib.sha256(b"flame" * 1000).hexdigest() != reference:
            failures.append("hash")
        if any(v != str(k) * 3 for k, v in values.items()):
            failures.append("dict")
        time.sleep(0)
        rounds[slot] += 1


print("ready", flush=True)
workers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
for worker in workers:
    worker.start()
sys.stdin.readline()
done.set()
for worker in workers:
    worker.join()
print("failed " + failures[0] if failures else "rounds {} {}".format(*rounds))
