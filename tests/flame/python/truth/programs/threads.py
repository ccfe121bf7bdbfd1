"""Two hundred threads, each with a stack that tells its number; threads that live for a millisecond; or threads one
after the other, each in the place of the one before."""
import json
import sys
import threading
import time

seconds, kind = float(sys.argv[1]), sys.argv[2]
stop = threading.Event()


def rest(depth, number):
    if depth:
        rest(depth - 1, number)
    else:
        while not stop.is_set():
            time.sleep(0.02)
            sum(range(50))


def lone(number):
    rest(number % 10, number)


def brief_work():
    end = time.monotonic() + 0.001
    while time.monotonic() < end:
        pass


def brief():
    brief_work()


def many():
    threading.stack_size(256 << 10)
    threads = [threading.Thread(target=lone, args=(i,)) for i in range(200)]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    time.sleep(seconds)
    stop.set()


def short():
    print("ready", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        threads = [threading.Thread(target=brief) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def rests():
    ids["rests"].append(threading.get_native_id())
    time.sleep(0.004)


def works():
    ids["works"].append(threading.get_native_id())
    end = time.thread_time() + 0.004
    while time.thread_time() < end:
        pass


def heirs():
    print("ready", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for body in rests, works:
            thread = threading.Thread(target=body)
            thread.start()
            thread.join()
    print(json.dumps(ids))


ids = {"rests": [], "works": []}
{"many": many, "short": short, "heirs": heirs}[kind]()
