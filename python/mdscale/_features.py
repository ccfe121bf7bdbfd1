"""Dissimilarities from features, by any metric: the library's, a function, or scikit-learn's and SciPy's."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Union

import numpy as np

from ._measures import distances, metrics

Metric = Union[str, Callable[..., float]]
OTHER_NAMES = {"l2": "euclidean", "l1": "manhattan", "cityblock": "manhattan"}
OTHER_MEANING = ("haversine",)  # radians on a sphere of radius 1 there, degrees and kilometres here
PARAMETERS = {"p", "columns", "scaling"}


def by_library(metric: Metric, params: Dict[str, Any]) -> Optional[str]:
    """The library's name of the metric; None where it has none."""
    name = OTHER_NAMES.get(metric, metric) if isinstance(metric, str) else None
    return name if name in metrics() and name not in OTHER_MEANING and set(params) <= PARAMETERS else None


def pairwise(features: np.ndarray, metric: Metric, params: Optional[Dict[str, Any]], threads: int) -> np.ndarray:
    """The square of distances between all rows."""
    params = params or {}
    name = by_library(metric, params)
    if name:
        return distances(features, name, threads=threads, **params)
    if callable(metric):
        square = np.zeros((len(features), len(features)))
        for i, row in enumerate(features):
            for j in range(i):
                square[i, j] = square[j, i] = metric(row, features[j], **params)
        return square
    square = elsewhere(features, features, metric, params)
    square = np.add(square, square.T) / 2
    np.fill_diagonal(square, 0.0)
    return square


def between(
    new: np.ndarray, known: np.ndarray, metric: Metric, params: Optional[Dict[str, Any]], threads: int
) -> np.ndarray:
    """The distances of each row of ``new`` to the rows of ``known``; a row computes the same whatever the others are."""
    params = params or {}
    name = by_library(metric, params)
    if name:
        return distances(known, name, others=new, threads=threads, **params)
    if callable(metric):
        return np.array([[metric(row, other, **params) for other in known] for row in new])
    return np.vstack([elsewhere(new[i : i + 1], known, metric, params) for i in range(len(new))])


def elsewhere(one: np.ndarray, known: np.ndarray, metric: str, params: Dict[str, Any]) -> np.ndarray:
    """By scikit-learn for the names that it has alone, else by SciPy; variances are those of ``known``."""
    if metric == "seuclidean" and "V" not in params:
        params = {**params, "V": known.var(0, ddof=1)}
    try:
        from scipy.spatial.distance import cdist
    except ImportError:
        raise ValueError(
            f"the metric {metric!r}{' with these metric_params' if params else ''} needs SciPy, which is not installed; "
            f"without it there are: {', '.join(metrics())}"
        ) from None
    try:
        return np.asarray(cdist(one, known, metric, **params))
    except ValueError:
        try:
            from sklearn.metrics import pairwise_distances
        except ImportError:
            pass
        else:
            return np.asarray(pairwise_distances(one, known, metric=metric, **params))
        raise
