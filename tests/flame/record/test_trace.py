"""`flame record -o x.trace.json`: what each thread did when, as a Chrome trace."""

import json

from watch_helpers import flame

PROGRAM = """
import threading, time
def burn(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end: pass
def first(): burn(0.4)
def other(): burn(0.4)
def second(): burn(0.4)
first()
time.sleep(0.4)
thread = threading.Thread(target=other)
thread.start()
thread.join()
second()
"""


def spans(events):
    """(thread, function) -> its (start, end) pairs in microseconds; frames must open and close in turn."""
    open_frames, found = {}, {}
    for event in events:
        stack = open_frames.setdefault(event["tid"], [])
        if event["ph"] == "B":
            stack.append((event["name"], event["ts"]))
        elif event["ph"] == "E":
            name, start = stack.pop()
            assert name == event["name"]
            assert start <= event["ts"]
            found.setdefault((event["tid"], name), []).append((start, event["ts"]))
    assert not any(open_frames.values())
    return found


def test_the_order_in_time_is_kept(python, tmp_path):
    (tmp_path / "phases.py").write_text(PROGRAM)
    trace = tmp_path / "phases.trace.json"
    result = flame("record", "-q", "-o", trace, "--", python.path, tmp_path / "phases.py")
    assert result.returncode == 0, result.stderr
    events = json.loads(trace.read_text())["traceEvents"]
    threads = {e["args"]["name"]: e["tid"] for e in events if e["name"] == "thread_name"}
    assert len(threads) == 2
    main = threads.pop("MainThread")
    (beside,) = threads.values()
    found = spans(events)
    first, second = found[main, "first"], found[main, "second"]
    other = found[beside, "other"]
    assert max(end for _, end in first) <= min(start for start, _ in other)
    assert max(end for _, end in other) <= min(start for start, _ in second)
    # Nobody works while the program sleeps, and the time passes all the same.
    assert min(start for start, _ in other) - max(end for _, end in first) >= 300_000
    assert (beside, "first") not in found and (main, "other") not in found


def test_the_form_may_be_named(python, tmp_path):
    (tmp_path / "short.py").write_text("for i in range(3_000_000): pass\n")
    out = tmp_path / "short.profile"
    result = flame("record", "-q", "--format", "chrome", "-o", out, "--", python.path, tmp_path / "short.py")
    assert result.returncode == 0, result.stderr
    assert spans(json.loads(out.read_text())["traceEvents"])
