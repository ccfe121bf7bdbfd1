#!/usr/bin/env python3
"""Two builds of the programs on the same jobs, in pairs that take turns: what a change costs or gains.

    bench/compare_builds.py OLD NEW [--pairs 15] [--jobs WORD...] [--json FILE]

OLD and NEW are folders with the programs flame and mdscale in them, such as build/release/bin. Both builds do each job,
and their answers are compared first. Then they do it in turns; the ratio of each pair's processor times (user and system,
of all threads) is taken, NEW over OLD, and the median of the ratios is shown with their quartiles. Processor time stands
other work on the machine better than the clock does; what a second thread gains is not seen in it.
"""

import argparse
import json
import math
import os
import pathlib
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile


def write_folded(path, lines, frames):
    """Stacks of which nearly all are new."""
    pick = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        for line in range(lines):
            stack = ";".join(f"module_{pick.randrange(50)}.function_{pick.randrange(5000)}" for _ in range(frames))
            file.write(f"main;{stack} {line % 7 + 1}\n")


def write_perf(path, samples):
    pick = random.Random(2)
    with open(path, "w", encoding="utf-8") as file:
        for sample in range(samples):
            file.write(f"worker {pick.randrange(8) + 100} {sample / 1000:.6f}: 1 cycles:u:\n")
            for _ in range(pick.randint(8, 30)):
                file.write(f"\t{pick.getrandbits(44):16x} function_{pick.randrange(3000)}+0x10 (/usr/lib/lib{pick.randrange(9)}.so)\n")
            file.write("\n")


def write_features(path, rows, columns):
    pick = random.Random(3)
    centres = [[pick.gauss(0, 3) for _ in range(columns)] for _ in range(10)]
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(rows):
            centre = pick.choice(centres)
            file.write(",".join(f"{c + pick.gauss(0, 1):.6f}" for c in centre) + "\n")


def write_matrix(path, rows):
    pick = random.Random(4)
    points = [(pick.random(), pick.random(), pick.random()) for _ in range(rows)]
    with open(path, "w", encoding="utf-8") as file:
        for a in points:
            file.write(",".join(repr(math.dist(a, b)) for b in points) + "\n")


def knows(program, command, option):
    """Whether this build's command has an option, so that older builds can be compared too."""
    shown = subprocess.run([program, command, "--help"], capture_output=True, text=True)
    return option in shown.stdout


def jobs(folder):
    """Name -> (program, arguments, arguments for builds that know an option)."""
    folded, perf, features, matrix = (str(folder / name) for name in ("hard.folded", "perf.txt", "features.csv", "matrix.csv"))
    write_folded(folded, 120_000, 10)
    write_perf(perf, 20_000)
    write_features(features, 3000, 64)
    write_matrix(matrix, 1500)
    pattern = ("--method", "pattern")
    return {
        "folded to SVG": ("flame", ["graph", folded, "-o", "{out}.svg"], ()),
        "folded to page": ("flame", ["graph", folded, "-o", "{out}.html"], ()),
        "folded to pprof": ("flame", ["convert", folded, "-o", "{out}.pb.gz"], ()),
        "perf to folded": ("flame", ["collapse", perf, "-o", "{out}.folded"], ()),
        "distances": ("mdscale", ["distances", features, "-o", "{out}.npy", "--threads", "1"], ()),
        "pattern search": ("mdscale", ["fit", features, "--metric", "euclidean", "-o", "{out}.csv", "-q", "--threads", "1"],
                           pattern),
        "read a matrix": ("mdscale", ["fit", matrix, "-o", "{out}.csv", "-q", "--threads", "1", "--max-iter", "1"], pattern),
    }


def run(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def answer(path, flame):
    """What the two builds must agree on; a page is not compared, since its code changes. Maps are compared to nine digits."""
    if path.suffix == ".html":
        return None
    if path.suffix == ".gz":
        return subprocess.run([flame, "collapse", path], capture_output=True, check=True).stdout
    if path.suffix == ".svg":
        return sorted(re.findall(r'<rect [^>]*width="([0-9.]+)"', path.read_text(encoding="utf-8")))
    if path.suffix == ".csv":
        return [round(float(number), 9) for line in path.read_text().splitlines()[1:] for number in line.split(",")]
    return path.read_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--jobs", nargs="*", default=[], help="only those whose name contains a word")
    parser.add_argument("--json", type=pathlib.Path)
    given = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print(f"{'job':18} {'old':>8} {'new':>8}   new / old (quartiles of {given.pairs} pairs)")
        for job, (program, words, extra) in jobs(folder).items():
            if given.jobs and not any(word in job for word in given.jobs):
                continue
            commands, outs = [], []
            for side, build in enumerate((given.old, given.new)):
                binary = str(build / program)
                out = str(folder / f"out{side}")
                command = [binary, *(word.replace("{out}", out) for word in words)]
                if extra and knows(binary, words[0], extra[0]):
                    command += extra
                commands.append(command)
                outs.append(pathlib.Path(next(w for w in command if w.startswith(out))))
            for command in commands:
                run(command)
            same = len({repr(answer(out, given.new / "flame")) for out in outs}) == 1
            times = [[], []]
            for pair in range(given.pairs):
                for side in (0, 1) if pair % 2 else (1, 0):
                    times[side].append(run(commands[side]))
            ratios = sorted(new / old for old, new in zip(*times))
            low, middle, high = statistics.quantiles(ratios, n=4)
            old, new = map(statistics.median, times)
            note = "" if same else "   the answers differ"
            print(f"{job:18} {old:7.3f}s {new:7.3f}s   {middle:.3f} ({low:.3f} to {high:.3f}){note}", flush=True)
            results.append({"job": job, "old": old, "new": new, "ratio": middle, "quartiles": [low, high], "same": same})
    if given.json:
        given.json.write_text(json.dumps({"bench": "compare_builds", "cores": os.cpu_count(), "results": results}, indent=1))
    return 0 if all(result["same"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
