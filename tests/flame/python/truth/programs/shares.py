"""Time shared out among many kinds of code, and a diary of who had it when.

Every part ends in `spin`, called from a function, generator, comprehension, ... whose name says which part it
is. The diary (part, start, end, on the monotonic clock) is what the sampler must find out from outside.
"""
import asyncio
import functools
import json
import sys
import time

diary = []
clock = time.monotonic


def spin(seconds):
    end = clock() + seconds
    while clock() < end:
        pass


def timed(part, seconds, run):
    start = clock()
    run(seconds)
    diary.append((part, start, clock()))


def part_plain(seconds):
    spin(seconds)


def part_recursion(seconds, depth=300):
    if depth:
        part_recursion(seconds, depth - 1)
    else:
        spin(seconds)


def part_generator(seconds):
    yield 1
    spin(seconds)
    yield 2


def part_delegated(seconds):
    yield from part_generator_inner(seconds)


def part_generator_inner(seconds):
    spin(seconds)
    yield 1


def part_comprehension(seconds):
    return [spin(s) for s in (seconds / 2, seconds / 2)]


def part_expression(seconds):
    return sum(spin(s) or 1 for s in (seconds / 2, seconds / 2))


def decorate(function):
    @functools.wraps(function)
    def part_wrapper(*arguments):
        return function(*arguments)
    return part_wrapper


@decorate
def part_decorated(seconds):
    spin(seconds)


def part_class_body(seconds):
    class Body:
        spin(seconds)


def part_exec(seconds):
    exec("def part_executed(s):\n\n\n    spin(s)\npart_executed(seconds)",
         {"spin": spin, "seconds": seconds})


def part_größe(seconds):
    spin(seconds)


def part_時間(seconds):
    spin(seconds)


def part_𐐀𐐁(seconds):
    spin(seconds)


def part_callback(seconds):
    sorted([1, 2, 3], key=lambda _: spin(seconds / 3) or 0)


class Thing:
    def __init__(self, seconds):
        self.part_method(seconds)

    def part_method(self, seconds):
        spin(seconds)

    def __eq__(self, other):
        spin(other)
        return True


def part_initializer(seconds):
    Thing(seconds)


def part_operator(seconds):
    thing = Thing(0)
    thing == seconds


async def part_coroutine(seconds):
    await part_awaited(seconds)


async def part_awaited(seconds):
    spin(seconds)
    await asyncio.sleep(0)


async def part_gathered(seconds):
    await asyncio.gather(part_task(seconds / 2), part_task(seconds / 2))


async def part_task(seconds):
    spin(seconds)
    await asyncio.sleep(0)


PARTS = {
    "plain": (part_plain, 5), "recursion": (part_recursion, 3),
    "generator": (lambda s: list(part_generator(s)), 4),
    "delegated": (lambda s: list(part_delegated(s)), 2),
    "comprehension": (part_comprehension, 3), "expression": (part_expression, 2),
    "decorated": (part_decorated, 4), "class_body": (part_class_body, 2), "exec": (part_exec, 3),
    "größe": (part_größe, 2), "時間": (part_時間, 2), "𐐀𐐁": (part_𐐀𐐁, 2),
    "callback": (part_callback, 3), "initializer": (part_initializer, 2), "operator": (part_operator, 2),
    "coroutine": (lambda s: asyncio.run(part_coroutine(s)), 3),
    "gathered": (lambda s: asyncio.run(part_gathered(s)), 2),
}


def main():
    sys.setrecursionlimit(10000)
    for run, _ in PARTS.values():  # make everything once, before anybody looks
        run(0.0001)
    print("ready", flush=True)
    until = clock() + float(sys.argv[1])
    while clock() < until:
        for name, (run, weight) in PARTS.items():
            timed(name, weight * 0.0006, run)
    json.dump(diary, sys.stdout)


main()
