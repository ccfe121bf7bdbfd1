"""Generators, callbacks and functions that each last a fraction of a microsecond, so that nothing stands still while
it is read. The line on which `loop` stands says who may be above it: see MOMENTS in truth.py."""
import sys
import time


def endless():
    while True:
        yield 1


def brief(n):
    yield from ()
    yield n


def leaf(it):
    next(it)


def loop(until):
    it = endless()
    while time.monotonic() < until:
        for _ in range(1000):
            leaf(it)
            for x in brief(3):
                pass
            list(brief(2))
            sum(i for i in (1, 2))
            sorted((2, 1), key=lambda x: x)


print("ready", flush=True)
loop(time.monotonic() + float(sys.argv[1]))
