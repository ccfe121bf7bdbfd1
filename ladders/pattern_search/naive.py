"""Rung 1: pattern search as one would write it down first.

    python3 naive.py delta.npy start.npy map.npy

Each point in turn tries a step of length r in both directions of every axis and keeps the best one, if it
lowers the point's error. When a round helps too little, r is halved; below 0.001 the map is done.
"""

import json
import sys
import time

import numpy as np

START_RADIUS, SMALLEST_RADIUS, TOLERANCE = 16.0, 1e-3, 1e-4


def dist_from_point(x, y):
    """Distance of each row of x to y."""
    return np.array([np.linalg.norm(row - y) for row in x])


def mse(d_goal, d):
    """Sum of squared differences."""
    return sum((goal - now) ** 2 for goal, now in zip(d_goal, d))


def update_distance_matrix(x, d, i):
    """Point i has moved: its row and column of d change."""
    d[i, :] = d[:, i] = dist_from_point(x, x[i])


def pattern_search(d_goal, x):
    n, p = x.shape
    d = np.zeros((n, n))
    for i in range(n):
        update_distance_matrix(x, d, i)
    stress = mse(d_goal.ravel(), d.ravel()) / 2
    radius, epochs = START_RADIUS, 0
    while radius >= SMALLEST_RADIUS:
        for i in range(n):
            least, best = mse(d_goal[i], d[i]), None
            for k in range(p):
                here = x[i, k]
                for there in (here + radius, here - radius):
                    x[i, k] = there
                    error = mse(d_goal[i], dist_from_point(x, x[i]))
                    if error < least:
                        least, best = error, (k, there)
                x[i, k] = here
            if best:
                k, there = best
                x[i, k] = there
                update_distance_matrix(x, d, i)
        epochs += 1
        before, stress = stress, mse(d_goal.ravel(), d.ravel()) / 2
        if before - stress < TOLERANCE * before:
            radius /= 2
    return epochs, stress


if __name__ == "__main__":
    delta, x = np.load(sys.argv[1]), np.load(sys.argv[2])
    began = time.perf_counter()
    epochs, stress = pattern_search(delta, x)
    seconds = time.perf_counter() - began
    np.save(sys.argv[3], x)
    print(json.dumps({"epochs": epochs, "stress": float(stress), "seconds": seconds}))
