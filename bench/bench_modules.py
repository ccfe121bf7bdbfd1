#!/usr/bin/env python3
"""Native frames beside perf and py-spy --native: shares of functions of modules in Cython, C++ and of NumPy.

    bench/bench_modules.py [OUT.json] [--rounds N] [--tools DIR]

Each tool starts the program (tests/support/module_shares.py), whose jobs measure their own CPU time. The first table shows
the share of each job by its native functions, how many points it is off, and how many chance explains (99.9 % of the
samples taken). The second shows where the time is: native functions that were the innermost frame, by their share in
each tool. NumPy, and Cython to translate its module, must be installed for the Python that runs this.

flame is judged: the bench fails where a share is off by more than chance and a point, unless the program had to wait for
a CPU for more than 3% of its time. Others are shown.
"""

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench_record import machine
from samplers import FLAME, ROOT, complaint, counted

sys.path.insert(0, str(ROOT / "tests" / "support"))
import native_modules  # noqa: E402

QUANTILE, SLACK, SHOWN = 3.29, 0.01, 8
BUSY = 3  # per cent of its time that the program waited for a CPU: one stack stands for many ticks then
PERF_PERIOD = 1e9 / 999  # nanoseconds, in which perf counts
NUMPY = {"matmul": r"dgemm|blas", "sort": r"sort", "ufunc": r"exp|AVX|DOUBLE_"}


def flame(out, command):
    return [[FLAME, "record", "--native", "-r", "1000", "--format", "folded", "-o", out, "--", *command]]


def perf(out, command):
    data = f"{out}.data"
    return [["perf", "record", "-q", "-F", "999", "--call-graph", "dwarf,16384", "-o", data, "--", *command],
            ["sh", "-c", 'perf script -i "$1" 2>/dev/null | "$2" collapse --demangle -o "$3" -', "sh", data, FLAME, out]]


def pyspy(tool):
    def command(out, command):
        return [[tool, "record", "--native", "-r", "1000", "-f", "raw", "-o", out, "--", *command]]
    return command


def tools_of(folder):
    found = {"flame": flame}
    pyspy_there = next((str(p) for p in (Path(folder or "/none") / "bin" / "py-spy", Path(sys.executable).parent / "py-spy") if p.exists()),
                       shutil.which("py-spy"))
    if pyspy_there:
        found["py-spy"] = pyspy(pyspy_there)
    if shutil.which("perf"):
        found["perf"] = perf
    return found


def plain(frame):
    """The function's name without source, module, templates and parameters, as all tools may agree on it."""
    name = re.sub(r" \([^()]*\)$", "", frame)
    name = re.sub(r"\(.*", "", name)
    while "<" in name and (shorter := re.sub(r"<[^<>]*>", "", name)) != name:
        name = shorter
    name = re.sub(r"^__pyx_(pw|pf|f)_|^cython_module[._]", "", name).rpartition(" ")[2]
    name = re.sub(r"^\d*cython_module_|\b\d+(?=[A-Za-z])", "", name).replace("Mixer_", "").replace("Mixer.", "").lstrip("0123456789")
    return "::".join(name.split("::")[-2:])


def watch(tool, command, out, patterns):
    """One run: what the program says, and shares of the jobs and of the innermost functions."""
    steps = tool(out, command)
    for number, step in enumerate(steps):
        done = subprocess.run([str(word) for word in step], capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise RuntimeError(complaint(done.stderr + done.stdout))
        if number == 0:
            true = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))["shares"]
            waited = re.search(r"waited for a CPU [\d.]+ s \(([\d.]+)%\)", done.stderr)
    seen, leaves = Counter(), Counter()
    for stack, count in counted(out):
        job = next((job for job, pattern in patterns.items() if any(re.search(pattern, frame) for frame in stack)), None)
        if job:
            seen[job] += count
            leaves[plain(stack[-1])] += count
    total = sum(seen.values())
    if not total:
        raise RuntimeError("no sample of the jobs")
    weight = PERF_PERIOD if tool is perf else 1
    return {"true": true, "shares": {job: seen[job] / total for job in patterns}, "samples": round(total / weight),
            "busy": bool(waited) and float(waited[1]) > BUSY,
            "leaves": {name: count / total for name, count in leaves.most_common(50)}}


def show_kind(kind, results):
    wrong = []
    print(f"\n{kind}\n{'tool':8} {'samples':>8} " + " ".join(f"{job + ' (off, chance)':>24}" for job in next(iter(results.values()))["shares"]))
    for name, result in results.items():
        cells = []
        for job, share in result["shares"].items():
            true = result["true"][job]
            chance = QUANTILE * math.sqrt(true * (1 - true) / result["samples"])
            cells.append(f"{share:>8.1%} ({100 * (share - true):+.1f}, {100 * chance:.1f})")
            if name == "flame" and not result["busy"] and abs(share - true) > chance + SLACK:
                wrong.append(f"{kind}: {job} is {share:.1%}, the program says {true:.1%}")
        print(f"{name:8} {result['samples']:>8} " + " ".join(f"{cell:>24}" for cell in cells))
    together = Counter()
    for result in results.values():
        together.update(result["leaves"])
    print(f"{'innermost function':40} " + " ".join(f"{name:>8}" for name in results))
    for leaf, _ in together.most_common(SHOWN):
        print(f"{leaf[:40]:40} " + " ".join(f"{result['leaves'].get(leaf, 0):>8.1%}" for result in results.values()))
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?")
    parser.add_argument("--rounds", type=int, default=500, help="turns of the jobs; one takes some 10 ms")
    parser.add_argument("--tools", default=os.environ.get("FLAMESCALE_TOOLS"), help="the folder with py-spy")
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    report, wrong = {"machine": machine(), "kinds": {}}, []
    print(f"load {report['machine']['load']:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        for kind, patterns in {**native_modules.FRAMES, "numpy": NUMPY}.items():
            results = report["kinds"][kind] = {}
            try:
                if kind in native_modules.BUILD:
                    native_modules.BUILD[kind](sys.executable, folder)
            except native_modules.Missing as missing:
                print(f"\n{kind}: left out, {missing}")
                continue
            command = [sys.executable, native_modules.SHARES, kind]
            first = subprocess.run([*command, "1"], capture_output=True, text=True, check=True)
            command += [options.rounds, *json.loads(first.stdout)["times"]]
            for name, tool in tools_of(options.tools).items():
                try:
                    results[name] = watch(tool, command, Path(folder) / name, patterns)
                except (RuntimeError, OSError) as error:
                    print(f"{kind}: {name} failed: {error}")
            if results:
                wrong += show_kind(kind, results)
    if options.out:
        Path(options.out).write_text(json.dumps(report, indent=1))
    print("\n".join(["", *wrong]) if wrong else "", end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
