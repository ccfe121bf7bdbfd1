#!/usr/bin/env python3
"""Whole fits of many objects by the command: the figures and tables of docs/scale.md.

    ./run bench large                         to 100,000 objects, some minutes
    bench/bench_large.py OUT.json curve       to 1,000,000, and writes figures and table, a quarter of an hour
    bench/bench_large.py OUT.json paper       only the table of what mdscale plan says of many ranks
    bench/bench_large.py OUT.json long        and maps beside those of longer fits, an hour or two

Data are 12 clusters in 64 dimensions, in double precision, fitted by `mdscale fit` on two threads. Seconds are
processor time of the whole command, reading included, so that another program on the machine changes little. Memory is
the most that the process had (VmHWM, as what rusage tells begins with the memory of who started it). The answer is checked first: the stress of a map is what mdscale stress says.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from curves import draw

ROOT = Path(__file__).resolve().parents[1]
MDSCALE = str(ROOT / "build" / "bin" / "mdscale")
PAGE = ROOT / "docs" / "scale.md"
FIGURES = ROOT / "docs" / "figures"
SIZES = [1000, 3162, 10000, 31623, 100000]
LONG = [316228, 1000000]
RANKS = {**os.environ, "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
         "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def make(path, n):
    random = np.random.default_rng(1)
    centres = 2 * random.normal(size=(12, 64))
    np.save(path, centres[np.arange(n) % 12] + random.normal(size=(n, 64)))


def peak_memory(pid):
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def run(words, env=None):
    """The JSON that a command prints, its processor seconds, its most memory and its wall time."""
    began = time.monotonic()
    child = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, text=True, env=env)
    memory, ended = 0, 0
    while not ended:
        memory = max(memory, peak_memory(child.pid))
        time.sleep(0.01)
        ended, status, usage = os.wait4(child.pid, os.WNOHANG)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"failed: {' '.join(map(str, words))}")
    text = child.stdout.read()  # a line of JSON, which the pipe holds
    return json.loads(text), usage.ru_utime + usage.ru_stime, memory, time.monotonic() - began


def fit(data, *words):
    return run([MDSCALE, "fit", data, "--input", "features", "--threads", "2", "--json", "-", "-q", *words])


def plan(n, *words):
    return run([MDSCALE, "plan", "--objects", n, "--features", 64, "--json", "-", *words])[0]


def check(folder):
    data, out = folder / "check.npy", folder / "map.npy"
    make(data, 2000)
    told = fit(data, "-o", out)[0]["stress1"]
    judged = run([MDSCALE, "stress", data, out, "--input", "features", "--json", "-"])[0]["stress1"]
    if abs(told - judged) > 1e-9:
        sys.exit(f"wrong answer: stress-1 is {judged}, and mdscale fit says {told}")


def curve(folder, sizes):
    rows = []
    for n in sizes:
        data = folder / "data.npy"
        make(data, n)
        found, seconds, memory, wall = fit(data)
        told = plan(n, "--threads", 1)
        row = {"n": n, "seconds": seconds, "wall": wall, "memory": memory, "stress1": found["stress1"],
               "error": found.get("stress1_error", 0), "iterations": found["iterations"],
               "planned_least": told["least_seconds"], "planned_most": told["most_seconds"],
               "planned_memory": told["memory_bytes"]}
        rows.append(row)
        print(f"n {n:>9,}  {seconds:8.1f} s of processors, {memory / 1e6:7.0f} MB, stress-1 {row['stress1']:.4f} "
              f"+- {row['error']:.2g}; planned {row['planned_least']:.1f} to {row['planned_most']:.1f} s, "
              f"{row['planned_memory'] / 1e6:.0f} MB", flush=True)
    return rows


def ranks(folder):
    """Two processes of one thread beside one process of two, in turns."""
    if not shutil.which("mpirun"):
        print("no mpirun: two ranks are not measured")
        return None
    data, ratios = folder / "data.npy", []
    make(data, 20000)
    words = ["fit", data, "--input", "features", "--method", "lbfgs", "--max-iter", "8", "--json", "-", "-q"]
    for _ in range(3):
        one = run([MDSCALE, *words, "--threads", "2"])[0]["seconds"]
        two = run(["mpirun", "-n", "2", MDSCALE, *words, "--threads", "1"], RANKS)[0]["seconds"]
        ratios.append(two / one)
    ratio = statistics.median(ratios)
    print(f"2 ranks of 1 thread take {ratio:.2f} times what 1 rank of 2 threads takes ({min(ratios):.2f} to "
          f"{max(ratios):.2f})", flush=True)
    return ratio


def beside_longer(folder):
    """100,000 objects, exactly: stress-1 above the lowest of three longer fits by two methods and other seeds."""
    data = folder / "data.npy"
    make(data, 100000)
    found, seconds, memory, _ = fit(data)
    longer = [fit(data, "--effort", "high", "--seed", "1"), fit(data, "--effort", "high", "--seed", "2"),
              fit(data, "--method", "lbfgs", "--seed", "3", "--tolerance", "1e-5")]
    best = min(other[0]["stress1"] for other in longer)
    row = {"stress1": found["stress1"], "best": best, "above": found["stress1"] / best - 1, "seconds": seconds,
           "longer_seconds": [other[1] for other in longer], "memory": memory}
    print(f"n 100,000: stress-1 {row['stress1']:.6f}, {row['above']:.3%} above the lowest of three longer fits, in "
          f"{seconds:.0f} s of processors ({', '.join(f'{s:.0f}' for s in row['longer_seconds'])} s), {memory / 1e6:.0f} MB")
    return row


def beside_exact(folder):
    """1,000,000 objects by sample, judged on 20,000 of them beside an exact fit of those alone."""
    data, out, few, part = (folder / name for name in ("data.npy", "map.npy", "few.npy", "part.npy"))
    make(data, 1000000)
    found, seconds, memory, _ = fit(data, "-o", out)
    chosen = np.random.default_rng(2).choice(1000000, 20000, replace=False)
    np.save(few, np.load(data, mmap_mode="r")[chosen])
    np.save(part, np.load(out)[chosen])
    exact = fit(few)[0]["stress1"]
    judged = run([MDSCALE, "stress", few, part, "--input", "features", "--json", "-"])[0]["stress1"]
    row = {"stress1": found["stress1"], "error": found["stress1_error"], "of_part": judged, "exact_of_part": exact,
           "above": judged / exact - 1, "seconds": seconds, "memory": memory}
    print(f"n 1,000,000: stress-1 {row['stress1']:.4f} +- {row['error']:.2g}; of 20,000 of them {judged:.6f}, "
          f"{row['above']:.3%} above their own exact fit; {seconds:.0f} s of processors, {memory / 1e6:.0f} MB")
    return row


def time_words(seconds):
    for least, unit, name in ((7200, 3600, "h"), (120, 60, "min"), (1, 1, "s"), (0, 1e-3, "ms")):
        if seconds >= least:
            return f"{seconds / unit:.2g} {name}" if seconds / unit < 99.5 else f"{seconds / unit:.0f} {name}"


def paper():
    """What mdscale plan says of ranks of 16 threads, on a network of 1 GB/s and on one of 12 GB/s."""
    table = ["| objects | step | ranks | a step at 1 GB/s | at 12 GB/s | received a step | all, at 12 GB/s | memory a rank |",
             "|---:|---|---:|---:|---:|---:|---:|---:|"]
    for n, method, stage, name in ((10**5, "lbfgs", "passes", "all pairs"), (10**6, "lbfgs", "passes", "all pairs"),
                                   (10**6, "auto", "rounds", "sampled pairs"), (10**7, "auto", "rounds", "sampled pairs")):
        for ranks in (1, 16, 128, 1000):
            fast = plan(n, "--method", method, "--ranks", ranks, "--threads", 16, "--bandwidth", "12e9", "--latency",
                        "5e-6")
            slow = fast[stage]["seconds"] + fast[stage]["network_bytes"] * (1e-9 - 1 / 12e9)
            least, most = time_words(fast["least_seconds"]), time_words(fast["most_seconds"])
            table.append(f"| {n:,} | {name} | {ranks:,} | {time_words(slow)} "
                         f"| {time_words(fast[stage]['seconds'])} | {fast[stage]['network_bytes'] / 1e6:,.0f} MB "
                         f"| {least if least == most else least + ' to ' + most} | {fast['memory_bytes'] / 1e9:.2g} GB |")
    write_table("paper", table)


def write_table(mark, table):
    text = PAGE.read_text()
    text = re.sub(rf"(<!--{mark}-->).*?(<!--/{mark}-->)", lambda m: m[1] + "\n" + "\n".join(table) + "\n" + m[2], text,
                  flags=re.S)
    PAGE.write_text(text)


def write_page(rows):
    table = ["| objects | seconds of processors | memory | stress-1 | planned seconds | planned memory |",
             "|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        error = f" ± {row['error']:.1g}" if row["error"] else ""
        table.append(f"| {row['n']:,} | {row['seconds']:.3g} | {row['memory'] / 1e6:,.0f} MB | {row['stress1']:.4f}{error} "
                     f"| {row['planned_least']:.3g} to {row['planned_most']:.3g} | {row['planned_memory'] / 1e6:,.0f} MB |")
    write_table("curve", table)


def draw_curves(rows):
    def points(key, unit=1):
        return [(row["n"], row[key] / unit) for row in rows]

    (FIGURES / "scale_seconds.svg").write_text(
        draw("mdscale fit, 64 features: processor time", "seconds",
             [("measured", points("seconds"), False), ("planned, at least", points("planned_least"), True),
              ("planned, at most", points("planned_most"), True)], "objects"))
    (FIGURES / "scale_memory.svg").write_text(
        draw("mdscale fit, 64 features: memory", "megabytes",
             [("measured", points("memory", 1e6), False), ("planned", points("planned_memory", 1e6), True)], "objects"))


def main(out, form="short"):
    if form == "paper":
        paper()
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        check(folder)
        report = {"bench": "large", "two_ranks": ranks(folder)}
        report["results"] = curve(folder, SIZES + (LONG if form != "short" else []))
        if form == "long":
            report["exact"] = beside_longer(folder)
            report["sampled"] = beside_exact(folder)
    if form != "short":
        draw_curves(report["results"])
        write_page(report["results"])
        paper()
    Path(out).write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
