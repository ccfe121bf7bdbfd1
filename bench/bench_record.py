#!/usr/bin/env python3
"""What watching costs: flame record beside py-spy, austin and (where there is one) Python 3.15's own sampler.

    bench/bench_record.py [OUT.json] [--rounds N] [--seconds S] [--python PATH]... [--tools DIR] [--native] [--kind KIND]...

One program runs all the time and counts its work in shared memory. Windows with and without a sampler take
turns; a sampler's window is compared with the mean of the free ones before and after it, and the median over
the rounds is shown, with an interval in which it lies with 95% certainty (bootstrap). "Loses" is work done per second of
the clock; "per CPU" is work done per second of the program's own CPU time, which other programs on the machine disturb
less. "Error" is by how many points the share of a function (program_cost.py has two or three, which measure their own CPU
time) is wrong at most. The answer is checked first: the sampler's profile must name such a function.

A machine whose speed changes by several percent from one second to the next hides a loss of one percent. So of samplers
that never stop the program, --pulses N also takes what is lost from N pairs of a fifth of a second with and without
(a tenth as many of two seconds for 60 threads): the sampler itself is stopped and goes on (SIGSTOP, SIGCONT) while it
records.

Samplers that are not installed are left out and said so (samplers.py says how to get them; --tools names the folder
they are in). --native adds what native frames cost. Clauses, on a quiet machine with a processor to spare: at 1000 Hz the
loop and ordinary code lose less than 1% and flame uses less than 3% of a core; 60 and 160 threads lose less than 2%.
"""

import json
import mmap
import os
import platform
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

from samplers import ROOT, complaint, interpreters, parse_options, samplers

PROGRAM = Path(__file__).with_name("program_cost.py")
FORM = struct.Struct("<Q3d")  # as there
# What is watched, with the functions of known shares.
KINDS = {"loop": ("a loop", ["square", "cube"]), "ordinary": ("ordinary code", ["encode", "search", "build"]),
         "threads": ("60 threads", ["encode", "search", "build"]), "idle": ("160 threads", ["square", "cube"])}


class Target:
    def __init__(self, python, kind):
        self.jobs = KINDS[kind][1]
        # Seconds: among many threads the one that tells of the work waits for its turn.
        self.pulse = 2.0 if kind == "threads" else 0.2
        self.file = tempfile.NamedTemporaryFile(dir=python.scratch())
        self.file.write(b"\0" * FORM.size)
        self.file.flush()
        self.table = mmap.mmap(self.file.fileno(), FORM.size)
        self.process = subprocess.Popen([*python.command, "-c", PROGRAM.read_text(), python.inside(self.file.name), kind],
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.pid = self.process.pid

    def now(self):
        """Work done, the clock, the program's CPU time, and that of each job so far."""
        used = sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{self.pid}/task").glob("*/schedstat"))
        done, *jobs = FORM.unpack(self.table[:])
        return done, time.perf_counter(), used * 1e-9, jobs[:len(self.jobs)]

    def error(self, before, after, stacks):
        """By how much the shares of the jobs in the samples are off, at most; None without samples of them."""
        true = [b - a for a, b in zip(before[3], after[3])]
        seen = dict.fromkeys(self.jobs, 0)
        for names, weight in stacks:
            for job in seen.keys() & set(names):
                seen[job] += weight
        total = sum(seen.values())
        return max(abs(seen[job] / total - t / sum(true)) for job, t in zip(self.jobs, true)) if total and sum(true) else None

    def end(self):
        self.process.kill()
        self.process.wait()


def per_second(before, after):
    work = after[0] - before[0]
    return work / (after[1] - before[1]), work / max(after[2] - before[2], 1e-9)


def window(target, sampler, seconds, folder):
    """Watch for a while. Work per second, and what the sampler says; CPU it used."""
    out = Path(folder) / "profile"
    out.unlink(missing_ok=True)
    log = open(Path(folder) / "log", "w+")
    words = [str(w) for w in sampler.command(out, target.pid, seconds)]
    before = target.now()
    process = subprocess.Popen(words, stdout=log, stderr=log)
    late, ended = time.monotonic() + 3 * seconds + 2, 0
    while not ended and time.monotonic() < late:
        time.sleep(0.02)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    after = target.now()
    overran = not ended
    if overran:  # what it cost is known; let it write what it has
        process.send_signal(signal.SIGINT)
        last_resort = threading.Timer(10, os.kill, (process.pid, signal.SIGKILL))
        last_resort.start()
        _, status, used = os.wait4(process.pid, 0)
        last_resort.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    log.seek(0)
    text = log.read()
    took = after[1] - before[1]
    if overran:
        if not out.exists() or target.jobs[0] not in out.read_text(errors="replace"):
            raise RuntimeError("did not end in time, and has no profile")
        result = {"taken": None, "missed": None, "overran": True, "core": (used.ru_utime + used.ru_stime) / took, "rate": None,
                  "seconds": took, "error": None}
        result["speed"], result["per_cpu"] = per_second(before, after)
        return result
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}\n{text}")
    if target.jobs[0] not in out.read_text(errors="replace"):
        raise RuntimeError(f"{words[0]} did not find the function {target.jobs[0]}")
    result = sampler.says(text, out)
    result["error"] = target.error(before, after, sampler.stacks(out))
    result.update(core=(used.ru_utime + used.ru_stime) / took, rate=(result["taken"] or 0) / took, seconds=took)
    result["speed"], result["per_cpu"] = per_second(before, after)
    return result


def free(target, seconds):
    before = target.now()
    time.sleep(seconds)
    return per_second(before, target.now())


def pulses(target, sampler, count, folder):
    """What is lost, as a list: each stretch with the sampler against those without before and after it."""
    length, speeds = target.pulse, []
    count = max(1, round(count * 0.2 / length))
    out, log = Path(folder) / "profile", open(Path(folder) / "log", "w+")
    out.unlink(missing_ok=True)
    lasts = (2 * count + 1) * 1.1 * length + 10
    process = subprocess.Popen([str(w) for w in sampler.command(out, target.pid, lasts)], stdout=log, stderr=log)
    try:
        time.sleep(1)
        for i in range(2 * count + 1):
            process.send_signal(signal.SIGCONT if i % 2 else signal.SIGSTOP)
            time.sleep(length / 20)  # what a change costs is not asked
            before = target.now()
            time.sleep(length)
            speeds.append(per_second(before, target.now())[0])
        if process.poll() is not None:
            raise RuntimeError("ended before it was measured")
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGINT)
        process.wait()
        log.close()
    return [1 - on / ((a + b) / 2) for a, on, b in zip(speeds[::2], speeds[1::2], speeds[2::2])]


def compare(python, kind, options):
    target = Target(python, kind)
    found, absent = samplers(options.tools, python, options.native)
    gathered = {name: [] for name in found}
    try:
        with tempfile.TemporaryDirectory(dir=python.scratch()) as folder:
            for _ in range(options.rounds):
                last = free(target, options.seconds / 2)
                for name, sampler in found.items():
                    if gathered[name] and "failed" in gathered[name][-1]:
                        continue
                    try:
                        result = window(target, sampler, options.seconds, folder)
                    except (RuntimeError, OSError, AttributeError, TypeError) as error:
                        gathered[name].append({"failed": complaint(str(error))})
                        last = free(target, options.seconds / 2)
                        continue
                    following = free(target, options.seconds / 2)
                    result["loses"] = 1 - result["speed"] / ((last[0] + following[0]) / 2)
                    result["loses_per_cpu"] = 1 - result["per_cpu"] / ((last[1] + following[1]) / 2)
                    gathered[name].append(result)
                    last = following
            for name, sampler in found.items():
                if options.pulses and not sampler.stops and "failed" not in gathered[name][-1]:
                    gathered[name][-1]["pulses"] = pulses(target, sampler, options.pulses, folder)
    finally:
        target.end()
    return gathered, absent


def middle(results, key):
    values = [r[key] for r in results if r.get(key) is not None]
    return statistics.median(values) if values else None


def interval(values):
    """The median's, by resampling."""
    random = Random(1)
    medians = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(1000))
    return medians[24], medians[975]


def show_pulses(results):
    lost = next((r["pulses"] for r in results if "pulses" in r), None)
    if not lost:
        return ""
    low, high = interval(lost)
    return f"  pulses: {show(statistics.median(lost))} ({show(low)} to {show(high)})"


def show(value, form="{:.2f}%", scale=100):
    return "-" if value is None else form.format(value * scale)


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "commit": commit,
            "load": os.getloadavg()[0], "python": platform.python_version()}


def add_options(parser):
    parser.add_argument("--pulses", type=int, default=0, help="pairs of short stretches with and without, of those that never stop the program")
    parser.add_argument("--native", action="store_true", help="what native frames cost too: flame and py-spy --native")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="watch this program alone; may be repeated")


def main():
    options = parse_options(__doc__, rounds=5, more=add_options)
    pythons = interpreters(options)
    report = {"machine": machine(), "rounds": options.rounds, "seconds": options.seconds, "runs": []}
    for python in pythons:
        for kind in options.kind or KINDS:
            gathered, absent = compare(python, kind, options)
            print(f"\nPython {python}, {KINDS[kind][0]}, 1000 Hz asked for"
                  f"{'; not installed: ' + ', '.join(absent) if absent else ''}")
            print(f"{'sampler':22} {'loses':>8} {'(95%)':>16} {'per CPU':>8} {'error':>8} {'samples/s':>10} {'missed':>8} {'of a core':>10}")
            for name, results in gathered.items():
                good = [r for r in results if "failed" not in r]
                report["runs"].append({"python": str(python), "kind": kind, "sampler": name, "windows": results,
                                       "loses": middle(good, "loses"), "interval": interval([r["loses"] for r in good]) if good else None,
                                       "error": middle(good, "error"), "core": middle(good, "core")})
                if not good:
                    print(f"{name:22} failed: {results[-1]['failed'] if results else ''}")
                    continue
                low, high = interval([r["loses"] for r in good])
                print(f"{name:22} {show(middle(good, 'loses')):>8} {show(low):>8}{show(high):>8} {show(middle(good, 'loses_per_cpu')):>8} "
                      f"{show(middle(good, 'error')):>8} "
                      f"{show(middle(good, 'rate'), '{:.0f}', 1):>10} {show(middle(good, 'missed')):>8} {show(middle(good, 'core'), '{:.1f}%'):>10}"
                      f"{show_pulses(good)}{'  (could not keep up)' if any(r.get('overran') for r in good) else ''}", flush=True)
    if options.out:
        Path(options.out).write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
