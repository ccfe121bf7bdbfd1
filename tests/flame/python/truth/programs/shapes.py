"""Every kind of call with a body of a fraction of a microsecond, so that nothing stands still while it is read.

Before it is watched the program traces itself, opcode by opcode: so it knows each stack that it can have, with the line
of every frame. What tracing leaves out is the making of a generator or coroutine, which is a frame too from 3.11 on, on
its first line or on none.

    shapes.py SECONDS
"""
import contextlib
import dis
import functools
import inspect
import itertools
import json
import re
import sys
import time


def decorate(function):
    def wrapper(x):
        return function(x)
    return wrapper


def plain_a(x): return x
def plain_b(x): return x
def plain_c(x): return x
wrapped_a, wrapped_b, wrapped_c = decorate(plain_a), decorate(plain_b), decorate(plain_c)
twice_a, twice_b, twice_c = decorate(wrapped_a), decorate(wrapped_b), decorate(wrapped_c)


def shape_wrapped():
    wrapped_a(1)
    wrapped_b(1)
    wrapped_c(1)
    twice_a(1)
    twice_b(1)
    twice_c(1)


def endless():
    while True:
        yield 1


def driver_a(g):
    next(g)


def driver_b(g):
    next(g)


def detour(g):
    a = b = c = d = e = f = h = i = j = k = 1
    driver_a(g)


def shape_drivers():
    g = endless()
    for _ in (1, 2):
        detour(g)
        driver_b(g)
        driver_a(g)
        next(g)


def finite(n):
    yield n
    yield n


def shape_exhausted():
    list(finite(1))
    for x in finite(2):
        pass
    sum(finite(3))


def outer():
    yield from finite(1)
    for x in finite(2):
        yield x


def shape_delegated():
    for x in outer():
        pass
    tuple(outer())


def key_a(x): return -x
def key_b(x): return x
def add(x, y): return x + y


def shape_callbacks():
    sorted((1, 2, 3), key=key_a)
    sorted((1, 2, 3), key=key_b)
    list(map(key_a, (1, 2)))
    list(map(key_b, (1, 2)))
    functools.reduce(add, (1, 2, 3))
    max((1, 2), key=key_b)
    list(filter(key_a, (1, 2)))
    list(itertools.takewhile(key_b, (1, 2)))
    RE.sub(replace, "xx")
    functools.partial(add, 1)(2)


def replace(match): return "y"


RE = re.compile("x")


class Thing(dict):
    def __init__(self, n): self.n = n
    def __missing__(self, key): return key
    def __getattr__(self, name): return name
    def __lt__(self, other): return self.n < other.n
    def __eq__(self, other): return True
    def __hash__(self): return self.n
    def __add__(self, other): return self.double
    def __call__(self): return self.half
    def __iter__(self): yield self.n
    def __enter__(self): return self
    def __exit__(self, *a): return True
    def __del__(self): pass
    def __bool__(self): return True
    @property
    def double(self): return self.n
    @property
    def half(self): return self.n
    @classmethod
    def of(cls): return 1
    @staticmethod
    def at(): return 1


def shape_methods():
    thing, other = Thing(1), Thing(2)
    thing[1]
    thing.missing
    thing < other
    thing == other
    sorted((thing, other))
    {thing: 1}
    thing + other
    thing()
    list(thing)
    thing.double
    thing.half
    Thing.of()
    thing.at()
    if thing: pass
    with thing as x:
        plain_a(1)
    with thing:
        fails_a()


def fails_a(): raise ValueError


def fails_b(): fails_a()


def fails_c():
    try:
        fails_b()
    finally:
        plain_b(1)


def shape_exceptions():
    try:
        fails_c()
    except ValueError:
        plain_a(1)
    try:
        fails_b()
    except ValueError:
        plain_c(1)


def shape_comprehensions():
    [plain_a(x) for x in (1, 2)]
    list(plain_a(x) for x in (1, 2))
    {x: plain_b(x) for x in (1, 2)}
    list(plain_b(y) for y in (plain_a(x) for x in (1, 2)))
    [[plain_c(x) for x in (1,)] for _ in (1, 2)]


@contextlib.contextmanager
def managed():
    plain_a(1)
    yield 1
    plain_b(1)


def shape_contexts():
    with managed():
        plain_c(1)
    with contextlib.suppress(ValueError):
        plain_a(1)


async def leaf():
    return 1


async def numbers():
    yield 1
    yield await leaf()


async def coroutine():
    await leaf()
    async for x in numbers():
        plain_a(x)
    return await middle()


async def middle():
    return await leaf()


def shape_async():
    for make in (coroutine, middle, leaf):
        try:
            make().send(None)
        except StopIteration:
            pass


def even(n): return n and odd(n - 1)


def odd(n):
    return n and even(n - 1)


def tree(n):
    if n:
        tree(n - 1)
        other_tree(n - 1)


def other_tree(n):
    if n:
        other_tree(n - 1)
        tree(n - 1)


def shape_recursion():
    even(5)
    odd(4)
    tree(3)
    other_tree(3)


SOURCES = ["def made_{0}(): return 1\n{1}def caller_{0}(): made_{0}()\n{1}caller_{0}()".format(k, "\n" * k)
           for k in range(4)]


def shape_executed():
    for source in SOURCES:
        exec(compile(source, "made.py", "exec"), {})


def echo():
    x = 1
    while True:
        try:
            x = yield x
        except ValueError:
            x = 2


def shape_sent():
    g = echo()
    next(g)
    g.send(1)
    g.throw(ValueError())
    g.close()
    g = finite(1)
    next(g)
    g.close()


@functools.lru_cache(2)
def cached(x): return plain_a(x)


def shape_cached():
    for x in (1, 2, 3):
        cached(x)


SHAPES = [value for name, value in list(globals().items()) if name.startswith("shape_")]


def loop(times, until):
    while True:
        for shape in SHAPES:
            for _ in range(times):
                shape()
        if time.monotonic() >= until:
            break


MODULE = sys._getframe().f_code
seen, made, starts = set(), {}, {}


def line(frame):
    """Of its instruction. To 3.9 a traced frame's f_lineno is where a line event was last, which a jump into the middle
    of a line, as to the return at a function's end, does not move."""
    if sys.version_info >= (3, 10):
        return frame.f_lineno
    code = frame.f_code
    if code not in starts:
        starts[code] = list(dis.findlinestarts(code))
    return next((n for start, n in reversed(starts[code]) if start <= frame.f_lasti), code.co_firstlineno)


def trace(frame, event, argument):
    frame.f_trace_opcodes = True
    at, stack = frame, []
    while at and at.f_code is not MODULE:
        stack.append((at.f_code.co_name, line(at)))
        if at.f_code.co_flags & SUSPENDS:
            made[at.f_code.co_name] = at.f_code.co_firstlineno
        at = at.f_back
    seen.add(tuple(reversed(stack)))
    return trace


SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
loop(3, 0)
sys.settrace(trace)
loop(5, 0)
sys.settrace(None)
print(json.dumps({"stacks": sorted(seen, key=str), "made": made}), flush=True)
loop(100, time.monotonic() + float(sys.argv[1]))
