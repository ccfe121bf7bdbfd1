#!/usr/bin/env python3
"""mdscale's default fit beside other programs: stress first, then time, on one core.

    ./run bench fit

Every map is judged by this file, whoever made it: normalised raw stress sqrt(sum (d - distance)^2 / sum d^2) with the
map at its best scale, which is stress-1. Seconds are those of the fit alone, after the matrix is there; ours and theirs
take turns, and medians are compared. Peers are used where build/peers has them (bench/peers.py).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import mdscale
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "build" / "peers" / "bin" / "python"
ONE_CORE = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
SEEDS = 20


def read(name):
    """The dissimilarities of a file of data/: a matrix with labels, or, for the digits, distances of features."""
    if name != "digits":
        rows = [line.split(",")[1:] for line in (ROOT / "data" / f"{name}.csv").read_text().splitlines()]
        if len(rows[0]) == len(rows[-1]):  # a square with a header; else a lower triangle
            return np.array(rows[1:], dtype=float)
        lower = np.array([row + ["0"] * (len(rows) - len(row)) for row in rows], dtype=float)
        return lower + lower.T
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "delta.npy"
        subprocess.run([ROOT / "build" / "bin" / "mdscale", "distances", ROOT / "data" / "digits.csv", "--labels",
                        "digit", "-o", out], check=True, stdout=subprocess.DEVNULL)
        return np.load(out)


def stress1(delta, x):
    i, j = np.triu_indices(len(delta), 1)
    d = np.sqrt(((x[i] - x[j]) ** 2).sum(1))
    g = delta[i, j]
    return float(np.sqrt(max(0.0, 1 - (g @ d) ** 2 / ((d @ d) * (g @ g)))))


def ours(delta, **options):
    result = mdscale.fit(delta, threads=1, **options)
    check = stress1(delta, result.x)
    if abs(check - result.stress1) > 1e-9:
        sys.exit(f"wrong answer: stress-1 is {check}, and mdscale says {result.stress1}")
    return result.seconds, check


def peer(name, delta, **settings):
    with tempfile.TemporaryDirectory() as scratch:
        matrix, place = Path(scratch) / "delta.npy", Path(scratch) / "map.npy"
        np.save(matrix, delta)
        words = [f"{key}={value}" for key, value in settings.items()]
        told = subprocess.run([PEERS, ROOT / "bench" / "peers.py", name, matrix, place, *words], env=ONE_CORE,
                              check=True, capture_output=True, text=True).stdout
        return json.loads(told)["seconds"], stress1(delta, np.load(place))


def versus(report, what, mine, theirs, least, aim, at_most=None):
    """Seconds of ours against a peer's; `mine` and `theirs` are lists of (seconds, stress)."""
    a, b = (statistics.median(seconds for seconds, _ in runs) for runs in (mine, theirs))
    row = {"what": what, "seconds": a, "peer_seconds": b, "times": b / a,
           "stress1": statistics.median(s for _, s in mine), "peer_stress1": statistics.median(s for _, s in theirs),
           "least": least, "aim": aim}
    if at_most is not None:
        row["within"] = sum(s <= at_most for _, s in mine)
        row["of"] = len(mine)
    report.append(row)
    print(f"{what:<48} {a * 1e3:9.1f} ms  peer {b * 1e3:9.0f} ms  {b / a:7.1f} x  (at least {least}, aim {aim})"
          f"  stress-1 {row['stress1']:.6f}, peer {row['peer_stress1']:.6f}"
          + (f"  {row['within']} of {row['of']} seeds <= {at_most}" if at_most else ""), flush=True)


def alone(report, what, runs, limit, aim, at_most):
    seconds = statistics.median(s for s, _ in runs)
    within = sum(s <= at_most for _, s in runs)
    report.append({"what": what, "seconds": seconds, "within": within, "of": len(runs), "limit": limit, "aim": aim,
                   "stress1": statistics.median(s for _, s in runs)})
    print(f"{what:<48} {seconds * 1e3:9.1f} ms  (at most {limit * 1e3:.0f}, aim {aim * 1e3:.0f})  "
          f"{within} of {len(runs)} seeds <= {at_most:.6f}", flush=True)


def main(out):
    report = []
    digits = read("digits")
    mine = [ours(digits, seed=seed) for seed in range(SEEDS)]
    if PEERS.exists():
        scikit = [peer("sklearn_mds", digits)]
        versus(report, "digits, default, against scikit-learn's MDS", mine, scikit, 100, 200, 0.3269)
        descent = [peer("s_gd2", digits, seed=seed) for seed in range(3)]
        versus(report, "digits, default, against s_gd2", mine, descent, 25, 60, 0.3269)
        classical = [peer("sklearn_classical", digits) for _ in range(3)]
        eigen = [ours(digits, method="classical") for _ in range(9)]
        versus(report, "two eigenpairs, against ClassicalMDS", eigen, classical, 25, 60)
    else:
        print("no peers: " + " && ".join(line.strip() for line in (ROOT / "bench" / "peers.py").read_text()
                                         .splitlines() if "pip install" in line))
        alone(report, "digits, default", mine, 0.08, 0.04, 0.3269)
    alone(report, "digits, effort high", [ours(digits, seed=seed, effort="high") for seed in range(SEEDS)], 0.3, 0.12,
          0.32682)
    for name, limit, aim in (("ekman", 0.02, 0.005), ("eurodist", 0.02, 0.005), ("us_cities_road", 0.02, 0.005),
                             ("us_cities_air", 0.02, 0.005)):
        delta = read(name)
        best = min(ours(delta, seed=1000 + seed, effort="high")[1] for seed in range(5))
        alone(report, f"{name} (n = {len(delta)}), default", [ours(delta, seed=seed) for seed in range(100)], limit,
              aim, best * (1 + 1e-5) + 1e-7)
    Path(out).write_text(json.dumps({"bench": "fit", "isa": mdscale.fit(np.zeros((2, 2))).isa, "results": report},
                                    indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
