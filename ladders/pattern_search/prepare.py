"""Make the input that every rung loads: dissimilarities and one starting configuration.

    python3 prepare.py 200 job/

takes the first 200 handwritten digits of data/digits.csv and writes job/delta.npy (Euclidean distances between
the images) and job/start.npy (a random start, seed 42). Nothing is done when both are there already.
"""

import sys
from pathlib import Path

import numpy as np

DIGITS = Path(__file__).resolve().parents[2] / "data" / "digits.csv"
PIXELS = 64


def prepare(n, folder):
    folder = Path(folder)
    if (folder / "delta.npy").exists() and (folder / "start.npy").exists():
        return
    with DIGITS.open() as lines:
        columns = lines.readline().strip().split(",")
        label = columns.index("digit")
        rows = [next(lines).split(",") for _ in range(n)]
    pixels = [[float(cell) for i, cell in enumerate(row) if i != label] for row in rows]
    x = np.array(pixels)
    assert x.shape == (n, PIXELS), x.shape
    delta = np.sqrt(((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2))
    start = np.random.default_rng(42).uniform(-delta.max() / 2, delta.max() / 2, size=(n, 2))
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "delta.npy", delta)
    np.save(folder / "start.npy", start)


if __name__ == "__main__":
    prepare(int(sys.argv[1]), sys.argv[2])
