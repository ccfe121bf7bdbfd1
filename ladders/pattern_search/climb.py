"""Climb the ladder: the same job four ways, checked against each other and timed.

    python climb.py [--full] [--objects N] [--programs build/bin]

Every rung must take the same decisions: the same number of epochs, a stress within 1e-9 and a map within 1e-6
of the first rung's. A rung that does not has no speed-up to show, and the climb fails.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from prepare import prepare

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
QUICK, FULL = 160, 410  # objects: about 8 s and about 90 s for naive.py
RUNGS = ["naive", "vectorized", "kernels", "native"]
WHAT = {
    "naive": "plain Python loops",
    "vectorized": "NumPy",
    "kernels": "Python over our C kernels",
    "native": "all C: mdscale fit",
}


def command(rung, job, programs):
    delta, start, out = job / "delta.npy", job / "start.npy", job / f"{rung}.npy"
    if rung != "native":
        return [sys.executable, HERE / f"{rung}.py", delta, start, out]
    # fmt: off
    return [programs / "mdscale", "fit", delta, "--input", "distances", "--method", "pattern", "--init", start,
            "--radius", "16", "--tolerance", "1e-4", "--smallest-radius", "1e-3", "--threads", "1",
            "-o", out, "--json", "-", "--quiet"]
    # fmt: on


def run(rung, job, programs):
    done = subprocess.run([str(word) for word in command(rung, job, programs)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{rung} failed with status {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def disagreement(first, answer, first_map, answer_map):
    """In words, or None."""
    if answer["epochs"] != first["epochs"]:
        return f"{answer['epochs']} epochs, not {first['epochs']}"
    if abs(answer["stress"] - first["stress"]) > 1e-9 * first["stress"]:
        return f"stress {answer['stress']!r}, not {first['stress']!r}"
    far = np.abs(answer_map - first_map).max()
    return f"maps differ by {far:.3g}" if far > 1e-6 else None


def seconds_text(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1:
            break
    return f"{seconds * scale:.3g} {unit}"


def climb(n, job, programs):
    prepare(n, job)
    first = first_map = None
    wrong, rows = [], []
    for rung in RUNGS:
        print(f"    {rung:<12} {WHAT[rung]:<28}", end="", flush=True)
        # A short rung is run again: one run of milliseconds says little.
        answers = [run(rung, job, programs)]
        while len(answers) < (1 if answers[0]["seconds"] > 2 else 5):
            answers.append(run(rung, job, programs))
        answer, seconds = answers[0], statistics.median(a["seconds"] for a in answers)
        answer_map = np.load(job / f"{rung}.npy")
        if first is None:
            first, first_map, first_seconds = answer, answer_map, seconds
        differs = disagreement(first, answer, first_map, answer_map)
        if differs:
            wrong.append(rung)
        rows.append({"rung": rung, "seconds": seconds, "epochs": answer["epochs"], "stress": answer["stress"],
                     "speedup": None if differs else first_seconds / seconds, "runs": len(answers)})
        verdict = f"ANOTHER ANSWER: {differs}" if differs else f"{first_seconds / seconds:>9,.0f} x"
        print(f"{seconds_text(seconds):>9}  {verdict}")
    print(f"\n    {first['epochs']} epochs, stress {first['stress']:.6f}; "
          + ("all rungs agree" if not wrong else f"NOT the same answer: {', '.join(wrong)}"))
    return rows, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the job that takes naive.py about 90 s")
    parser.add_argument("--objects", type=int, help="how many digits instead")
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "bin", help="where mdscale is")
    arguments = parser.parse_args()
    n = arguments.objects or (FULL if arguments.full else QUICK)
    job = ROOT / "build" / "pattern_search" / str(n)
    print(f"The first {n} handwritten digits, from 64 dimensions to 2, by pattern search:\n")
    rows, wrong = climb(n, job, arguments.programs)
    (job / "climb.json").write_text(json.dumps({"objects": n, "rungs": rows}, indent=2) + "\n")

    picture, everything = job.parent / "digits.svg", job.parent / "digits.json"
    print("\nAnd all 1797 digits, which naive.py would need hours for:\n", flush=True)
    # fmt: off
    subprocess.run([arguments.programs / "mdscale", "fit", ROOT / "data" / "digits.csv", "--input", "features",
                    "--labels", "digit", "--method", "pattern", "--plot", picture, "--json", everything], check=True)
    # fmt: on
    relative = os.path.relpath(picture)
    print(f"\nThe map: {relative} (open it in a browser)")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
