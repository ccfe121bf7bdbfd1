"""Threads parked in every kind of frame, and what sys._current_frames() says of them: line for line, and from
3.11 column for column, the same must be seen from outside."""
import asyncio
import json
import sys
import threading

ready = threading.Semaphore(0)
gate = threading.Lock()
gate.acquire()


def park():
    ready.release()
    gate.acquire()
    gate.release()


def plain():
    park()


def recursion(depth):
    if depth:
        return (
            1 +
            recursion(depth - 1)
        )
    park()
    return 0


def generator():
    yield 1
    yield park()


def run_generator():
    for _ in generator():
        pass


def delegating():
    yield from generator()


def comprehension():
    return [
        park()
        for _ in range(1)
    ]


def nested_comprehension():
    return {x: [park() for _ in range(x)] for x in range(1, 2)}


def generator_expression():
    return list(park() for _ in range(1))


def wrapper(function):
    def inner(*a, **k):
        try:
            return function(
                *a,
                **k)
        finally:
            pass
    return inner


@wrapper
@wrapper
def decorated():
    with open("/dev/null"):
        park()


def class_body():
    class Inner:
        x = 1

        class Innermost:
            y = park()


def executed():
    exec(compile("\n\ndef run():\n    park()\n\nrun()\n", "<made by exec>", "exec"), {"park": park})


def evaluated():
    eval("[park() for _ in (1,)]", {"park": park})


def größe():
    park()


def 時間():
    park()


def 𐐀𐐁():
    park()


def lambdas():
    (lambda: (lambda: park())())()


def sort_key():
    sorted([1, 2], key=lambda x: park() if x == 1 else x)


def exception():
    try:
        raise ValueError
    except ValueError:
        try:
            park()
        finally:
            pass


def several_lines():
    return dict(
        a=1,
        b=[1,
           2,
           park(),
           3],
    )


class Object:
    def __getattr__(self, name):
        park()
        return 1

    def __init__(self):
        self.missing

    @property
    def value(self):
        park()

    @staticmethod
    def static():
        park()

    @classmethod
    def of_class(cls):
        park()


def initializer():
    Object()


def properties():
    Object.__new__(Object).value


def closure():
    x = 1

    def inside():
        nonlocal x
        x += 1
        park()
    inside()


async def coroutine():
    await inner_coroutine()


async def inner_coroutine():
    async with Manager():
        pass


class Manager:
    async def __aenter__(self):
        async for _ in self.numbers():
            park()

    async def __aexit__(self, *_):
        pass

    async def numbers(self):
        yield 1


def run_coroutine():
    asyncio.run(coroutine())


def long_table():
    """A function whose line table has more than 4096 bytes, parked near its end."""
    lines = ["def long(x):"]
    for i in range(4000):
        lines.append("    x = (x + {}\n         ) % 7".format(i))
    lines += ["    park()", "    return x", "long(1)"]
    exec(compile("\n".join(lines), "long_table.py", "exec"), {"park": park})


def backward_lines():
    # The line of the call is before that of its argument: increments go both ways.
    (lambda f, *a: f())(
        park,
        1,
        2)


PLACES = [plain, lambda: recursion(200), run_generator, lambda: list(delegating()), comprehension,
          nested_comprehension, generator_expression, decorated, class_body, executed, evaluated, größe, 時間,
          𐐀𐐁, lambdas, sort_key, exception, several_lines, initializer, properties, Object.static,
          Object.of_class, closure, run_coroutine, long_table, backward_lines]


def describe(frame):
    stack = []
    while frame:
        code = frame.f_code
        entry = [code.co_filename, code.co_name, getattr(code, "co_qualname", code.co_name), frame.f_lineno]
        if hasattr(code, "co_positions"):
            line, end_line, column, end_column = list(code.co_positions())[frame.f_lasti // 2]
            entry += [end_line, None if column is None else column + 1,
                      None if end_column is None else end_column + 1]
        stack.append(entry)
        frame = frame.f_back
    return stack


def main():
    threading.stack_size(1 << 20)
    threads = [threading.Thread(target=place) for place in PLACES]
    for thread in threads:
        thread.start()
    for _ in threads:
        ready.acquire()
    import time
    time.sleep(0.1)  # the last steps into the lock
    frames = sys._current_frames()
    print(json.dumps({str(t.ident): describe(frames[t.ident]) for t in threads}), flush=True)
    sys.stdin.readline()
    gate.release()
    for thread in threads:
        thread.join()


main()
