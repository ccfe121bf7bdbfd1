#!/usr/bin/env python3
"""What watching costs: flame record beside py-spy, austin and (where there is one) Python 3.15's own sampler.

    bench/bench_record.py [OUT.json] [--rounds N] [--seconds S] [--python PATH]... [--tools DIR]

One program runs all the time and counts its work in shared memory. Windows with and without a sampler take
turns; a sampler's window is compared with the mean of the free ones before and after it, and the median over
the rounds is shown. "Loses" is work done per second of the clock; "per CPU" is work done per second of the
program's own CPU time, which other programs on the machine disturb less. The answer is checked first: the
sampler's profile must name the hot function.

Samplers that are not installed are left out and said so (pip install py-spy austin-dist; --tools names the
folder they are in). Clauses: at 1000 Hz the program loses less than 1% and flame uses less than 3% of a core;
with 160 threads it loses less than 2%.
"""

import argparse
import json
import mmap
import os
import platform
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLAME = ROOT / "build" / "release" / "bin" / "flame"

TARGET = """\
import mmap, struct, sys, threading, time
shared = open(sys.argv[1], "r+b")
counter = mmap.mmap(shared.fileno(), 8)
def hot_function():
    n = 0
    while True:
        for i in range(200):
            n += i * i
        counter[:8] = struct.pack("<Q", struct.unpack("<Q", counter[:8])[0] + 1)
def deeper(left):
    if left:
        deeper(left - 1)
    else:
        hot_function()
def rest():
    threading.Event().wait()
for _ in range(int(sys.argv[2]) - 1):
    threading.Thread(target=rest, daemon=True).start()
time.sleep(0.5)
print("ready", flush=True)
deeper(17)
"""


class Target:
    def __init__(self, python, threads):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(b"\0" * 8)
        self.file.flush()
        self.counter = mmap.mmap(self.file.fileno(), 8)
        self.process = subprocess.Popen([python, "-c", TARGET, self.file.name, str(threads)], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.pid = self.process.pid

    def now(self):
        """Work done, the clock, and the program's CPU time so far."""
        fields = Path(f"/proc/{self.pid}/schedstat").read_text().split()
        return struct.unpack("<Q", self.counter[:8])[0], time.perf_counter(), int(fields[0]) * 1e-9

    def end(self):
        self.process.kill()
        self.process.wait()


def per_second(before, after):
    work = after[0] - before[0]
    return work / (after[1] - before[1]), work / max(after[2] - before[2], 1e-9)


# ---- samplers: how each is called, and what it says of itself -----------------------------------------------

def flame(out, pid, seconds, *options):
    return [FLAME, "record", "-p", pid, "-d", seconds, "-r", 1000, "--format", "folded", "-o", out, *options]


def flame_says(text, out):
    wanted, taken = (int(n.replace(",", "")) for n in re.search(r"([\d,]+) samples wanted, ([\d,]+) taken", text).groups())
    return {"taken": taken, "missed": 1 - taken / wanted}


def pyspy(tool):
    def command(out, pid, seconds, *options):
        return [tool, "record", "-p", pid, "-d", max(1, round(seconds)), "-r", 1000, "-f", "raw", "-o", out, *options]
    return command


def pyspy_says(text, out):
    found = re.search(r"Samples: (\d+) Errors: (\d+)", text)
    taken, errors = map(int, found.groups())
    behind = re.findall(r"([\d.]+)s behind in sampling", text)
    return {"taken": taken, "missed": errors / max(taken + errors, 1), "behind_s": float(behind[-1]) if behind else 0}


def austin(tool):
    def command(out, pid, seconds, *options):
        return [tool, "-i", 1000, "-x", max(1, round(seconds)), "-o", out, "-p", pid, *options]
    return command


def austin_says(text, out):
    lines = sum(1 for line in open(out, errors="replace") if line.startswith("P"))
    errors = re.search(r"[Ee]rror rate[^\d]*(\d+)/(\d+)", text)
    return {"taken": lines, "missed": int(errors[1]) / max(int(errors[2]), 1) if errors else None}


def sampling(python):
    def command(out, pid, seconds, *options):
        return [python, "-m", "profiling.sampling", "attach", "-r", 1000, "-d", max(1, round(seconds)),
                "--collapsed", "-o", out, pid]
    return command


def sampling_says(text, out):
    found = re.search(r"Captured ([\d,]+) samples", text)
    rate = re.search(r"Error rate: ([\d.]+)", text)
    return {"taken": int(found[1].replace(",", "")) if found else None, "missed": float(rate[1]) / 100 if rate else None}


def samplers(tools, version, python):
    found = {"flame": (flame, [], flame_says), "flame --freeze": (flame, ["--freeze"], flame_says)}

    def tool(name):
        near = Path(tools) / name if tools else None
        return str(near) if near and near.exists() else shutil.which(name)

    if tool("py-spy"):
        found["py-spy"] = (pyspy(tool("py-spy")), [], pyspy_says)
        found["py-spy --nonblocking"] = (pyspy(tool("py-spy")), ["--nonblocking"], pyspy_says)
    if tool("austin"):
        found["austin"] = (austin(tool("austin")), [], austin_says)
    if version >= (3, 15):
        found["profiling.sampling"] = (sampling(python), [], sampling_says)
    return found, [name for name in ("py-spy", "austin") if not tool(name)]


def window(target, command, seconds, folder):
    """Watch for a while. Work per second, and what the sampler says; CPU it used."""
    form, options, says = command
    out = Path(folder) / "profile"
    out.unlink(missing_ok=True)
    log = open(Path(folder) / "log", "w+")
    words = [str(w) for w in form(out, target.pid, seconds, *options)]
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
        result = {"taken": None, "missed": None, "overran": True, "core": (used.ru_utime + used.ru_stime) / took, "rate": None,
                  "seconds": took}
        result["speed"], result["per_cpu"] = per_second(before, after)
        return result
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}\n{text}")
    if "hot_function" not in out.read_text(errors="replace"):
        raise RuntimeError(f"{words[0]} did not find the hot function")
    result = says(text, out)
    result.update(core=(used.ru_utime + used.ru_stime) / took, rate=(result["taken"] or 0) / took, seconds=took)
    result["speed"], result["per_cpu"] = per_second(before, after)
    return result


def free(target, seconds):
    before = target.now()
    time.sleep(seconds)
    return per_second(before, target.now())


def compare(python, version, threads, options):
    target = Target(python, threads)
    found, absent = samplers(options.tools, version, python)
    gathered = {name: [] for name in found}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.rounds):
                last = free(target, options.seconds / 2)
                for name, command in found.items():
                    try:
                        result = window(target, command, options.seconds, folder)
                    except (RuntimeError, OSError, AttributeError, TypeError) as error:
                        gathered[name].append({"failed": str(error)[-400:]})
                        last = free(target, options.seconds / 2)
                        continue
                    following = free(target, options.seconds / 2)
                    result["loses"] = 1 - result["speed"] / ((last[0] + following[0]) / 2)
                    result["loses_per_cpu"] = 1 - result["per_cpu"] / ((last[1] + following[1]) / 2)
                    gathered[name].append(result)
                    last = following
    finally:
        target.end()
    return gathered, absent


def middle(results, key):
    values = [r[key] for r in results if r.get(key) is not None]
    return statistics.median(values) if values else None


def show(value, form="{:.2f}%", scale=100):
    return "-" if value is None else form.format(value * scale)


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "commit": commit,
            "load": os.getloadavg()[0], "python": platform.python_version()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("--tools", default=os.environ.get("FLAMESCALE_TOOLS"))
    options = parser.parse_args()
    pythons = options.python or [next((p for p in map(str, sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python")))), sys.executable)]
    report = {"machine": machine(), "rounds": options.rounds, "seconds": options.seconds, "runs": []}
    for python in pythons:
        version = tuple(map(int, subprocess.run([python, "-c", "import sys; print('%d %d' % sys.version_info[:2])"],
                                                capture_output=True, text=True, check=True).stdout.split()))
        for threads in (1, 160):
            gathered, absent = compare(python, version, threads, options)
            print(f"\nPython {version[0]}.{version[1]}, {threads} thread{'s' * (threads > 1)}, 20 frames deep, 1000 Hz asked for"
                  f"{'; not installed: ' + ', '.join(absent) if absent else ''}")
            print(f"{'sampler':22} {'loses':>8} {'(spread)':>16} {'per CPU':>8} {'samples/s':>10} {'missed':>8} {'of a core':>10}")
            for name, results in gathered.items():
                good = [r for r in results if "failed" not in r]
                report["runs"].append({"python": "%d.%d" % version, "threads": threads, "sampler": name, "windows": results,
                                       "loses": middle(good, "loses"), "core": middle(good, "core")})
                if not good:
                    print(f"{name:22} failed: {results[-1]['failed'].splitlines()[-1] if results else ''}")
                    continue
                lost = sorted(r["loses"] for r in good)
                print(f"{name:22} {show(middle(good, 'loses')):>8} {show(lost[0]):>8}{show(lost[-1]):>8} {show(middle(good, 'loses_per_cpu')):>8} "
                      f"{show(middle(good, 'rate'), '{:.0f}', 1):>10} {show(middle(good, 'missed')):>8} {show(middle(good, 'core'), '{:.1f}%'):>10}"
                      f"{'  (could not keep up)' if any(r.get('overran') for r in good) else ''}", flush=True)
    if options.out:
        Path(options.out).write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
