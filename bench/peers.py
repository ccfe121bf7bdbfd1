#!/usr/bin/env python3
"""Other programs that scale dissimilarities, each run once on a matrix.

    build/peers/bin/python bench/peers.py NAME DELTA.npy MAP.npy [KEY=VALUE...]

Prints one line of JSON with the seconds of the fit alone, and writes the map. The environment is made by

    python3 -m venv build/peers && build/peers/bin/pip install scikit-learn s_gd2

The benches that use it say how to make it where it is missing, and leave the peers out.
"""

import json
import sys
import time

import numpy as np


def sklearn_mds(delta, iterations=300, init="classical_mds", seed=0, eps=1e-6):
    from sklearn.manifold import MDS

    model = MDS(n_components=2, metric="precomputed", n_init=1, init=init, max_iter=iterations, eps=eps,
                random_state=seed)
    began = time.perf_counter()
    x = model.fit_transform(delta)
    return time.perf_counter() - began, x, int(model.n_iter_)


def sklearn_nonmetric(delta, iterations=300, init="classical_mds", seed=0, eps=1e-6):
    from sklearn.manifold import MDS

    model = MDS(n_components=2, metric_mds=False, metric="precomputed", n_init=1, init=init, max_iter=iterations, eps=eps,
                random_state=seed)
    began = time.perf_counter()
    x = model.fit_transform(delta)
    return time.perf_counter() - began, x, int(model.n_iter_)


def sklearn_classical(delta):
    from sklearn.manifold import ClassicalMDS

    model = ClassicalMDS(n_components=2, metric="precomputed")
    began = time.perf_counter()
    x = model.fit_transform(delta)
    return time.perf_counter() - began, x, 1


def s_gd2_direct(delta, passes=15, seed=0):
    import s_gd2

    n = len(delta)
    condensed = delta[np.triu_indices(n, 1)]
    steps = s_gd2.default_schedule(np.ones(len(condensed)), t_max=passes)  # its own schedule, unit weights
    began = time.perf_counter()
    x = s_gd2.mds_direct(n, condensed, etas=steps, random_seed=seed)
    return time.perf_counter() - began, np.asarray(x), passes


PEERS = {"sklearn_mds": sklearn_mds, "sklearn_nonmetric": sklearn_nonmetric, "sklearn_classical": sklearn_classical, "s_gd2": s_gd2_direct}


def main(name, delta_path, map_path, *settings):
    given = dict(setting.split("=", 1) for setting in settings)
    given = {key: value if key == "init" else float(value) if key == "eps" else int(value)
             for key, value in given.items()}
    seconds, x, iterations = PEERS[name](np.load(delta_path), **given)
    np.save(map_path, x)
    print(json.dumps({"seconds": seconds, "iterations": iterations}))


if __name__ == "__main__":
    main(*sys.argv[1:])
