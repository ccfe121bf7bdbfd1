#!/usr/bin/env python3
"""Ordinal fits beside scikit-learn's non-metric MDS: stress first, then time, on one core.

    ./run bench levels

Every map is judged by this file, whoever made it: Kruskal's stress-1 with equal dissimilarities made equal disparities
(secondary ties, as scikit-learn has them), and, for ours, with ties broken too. Seconds are CPU seconds of the fit
alone, after the matrix is there. The peer is used where build/peers has it (bench/peers.py); one run of it takes
minutes, so it runs once, between ours.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MDSCALE = ROOT / "build" / "bin" / "mdscale"
PEERS = ROOT / "build" / "peers" / "bin" / "python"
ONE_CORE = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
AIM = 100


def isotonic(values, weights):
    """The rising numbers nearest to `values`: adjacent violators pooled, one at a time."""
    means, sums, counts = [], [], []
    for value, weight in zip(values.tolist(), weights.tolist()):
        count = 1
        while means and means[-1] > value:
            before = sums.pop()
            value = (means.pop() * before + value * weight) / (before + weight)
            weight += before
            count += counts.pop()
        means.append(value)
        sums.append(weight)
        counts.append(count)
    return np.repeat(means, counts)


def stress1(delta, x, ties):
    i, j = np.triu_indices(len(delta), 1)
    d, g = np.sqrt(((x[i] - x[j]) ** 2).sum(1)), delta[i, j]
    if ties == "primary":
        order = np.lexsort((d, g))
        fitted = np.empty_like(d)
        fitted[order] = isotonic(d[order], np.ones(len(d)))
    else:
        _, group = np.unique(g, return_inverse=True)
        count = np.bincount(group).astype(float)
        fitted = isotonic(np.bincount(group, d) / count, count)[group]
    return float(np.sqrt(((fitted - d) ** 2).sum() / (d**2).sum()))


def ours(matrix, delta, ties, place, seed=1):
    """CPU seconds of one core and the stress, which must be the one that the program tells."""
    one_core = ["--threads", "1", "--json", "-", "-q"]
    words = [MDSCALE, "fit", matrix, "--level", "ordinal", "--ties", ties, "--seed", str(seed), "-o", place, *one_core]
    before = os.times().children_user
    told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    spent = os.times().children_user
    # What reading costs is in both; this one fits with a few passes over the matrix.
    subprocess.run([MDSCALE, "fit", matrix, "--method", "classical", *one_core], check=True, capture_output=True)
    seconds = (spent - before) - (os.times().children_user - spent)
    check = stress1(delta, np.load(place), ties)
    if abs(check - told["stress1"]) > 1e-9:
        sys.exit(f"wrong answer: stress-1 is {check}, and mdscale says {told['stress1']}")
    return max(seconds, 1e-6), check


def peer(matrix, delta, place):
    before = os.times()
    subprocess.run([PEERS, ROOT / "bench" / "peers.py", "sklearn_nonmetric", matrix, place], env=ONE_CORE, check=True,
                   capture_output=True, text=True)
    return os.times().children_user - before.children_user, stress1(delta, np.load(place), "secondary")


def main(out):
    report = []
    with tempfile.TemporaryDirectory() as scratch:
        matrix, place = Path(scratch) / "delta.npy", Path(scratch) / "map.npy"
        subprocess.run([MDSCALE, "distances", ROOT / "data" / "digits.csv", "--labels", "digit", "-o", matrix], check=True,
                       stdout=subprocess.DEVNULL)
        delta = np.load(matrix)
        runs = {ties: [ours(matrix, delta, ties, place, seed) for seed in range(3)] for ties in ("primary", "secondary")}
        theirs = peer(matrix, delta, place) if PEERS.exists() else None
        for ties, found in runs.items():
            found += [ours(matrix, delta, ties, place, seed) for seed in range(3, 5)]
            row = {"what": f"digits, ordinal, {ties} ties", "seconds": statistics.median(s for s, _ in found),
                   "stress1": statistics.median(s for _, s in found)}
            if theirs and ties == "secondary":
                row |= {"peer_seconds": theirs[0], "peer_stress1": theirs[1], "times": theirs[0] / row["seconds"],
                        "aim": AIM}
            report.append(row)
            beside = (f"  scikit-learn {row['peer_seconds']:8.1f} s, {row['peer_stress1']:.6f}: {row['times']:.0f} x"
                      f" (aim {AIM})" if "times" in row else "")
            print(f"{row['what']:<36} {row['seconds']:7.3f} s  stress-1 {row['stress1']:.6f}{beside}", flush=True)
    if not PEERS.exists():
        print("build/peers is not there, so scikit-learn was not run; bench/peers.py says how to make it")
    Path(out).write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(sys.argv[1])
