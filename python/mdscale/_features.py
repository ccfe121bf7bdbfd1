"""Dissimilarities from features, by any metric: the library's, a function, or scikit-learn's and SciPy's."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Union

import numpy as np

from . import _mdscale
from ._measures import distances, metrics

Metric = Union[str, Callable[..., float]]
OTHER_NAMES = {"l2": "euclidean", "l1": "manhattan", "cityblock": "manhattan"}


def euclidean(known: np.ndarray, row: np.ndarray) -> np.ndarray:
    return _mdscale.dist_from_point(known, row)


def cosine(known: np.ndarray, row: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((known * known).sum(1)) * np.sqrt((row * row).sum())
    if not (lengths > 0).all():
        raise ValueError("X has a row without a direction, which has no cosine distances")
    return np.maximum(1 - (known * row).sum(1) / lengths, 0.0)


ROWS = {
    "euclidean": euclidean,
    "sqeuclidean": lambda known, row: euclidean(known, row) ** 2,
    "manhattan": lambda known, row: np.abs(known - row).sum(1),
    "chebyshev": lambda known, row: np.abs(known - row).max(1),
    "cosine": cosine,
    "correlation": lambda known, row: cosine(known - known.mean(1, keepdims=True), row - row.mean()),
}


def pairwise(features: np.ndarray, metric: Metric, params: Optional[Dict[str, Any]], threads: int) -> np.ndarray:
    """The square of distances between all rows."""
    params = params or {}
    if callable(metric):
        square = np.zeros((len(features), len(features)))
        for i, row in enumerate(features):
            for j in range(i):
                square[i, j] = square[j, i] = metric(row, features[j], **params)
        return square
    name = OTHER_NAMES.get(metric, metric)
    if name in metrics() and not params:
        return distances(features, name, threads=threads)
    square = elsewhere(features, features, metric, params)
    np.fill_diagonal(square, 0.0)
    return (square + square.T) / 2


def between(new: np.ndarray, known: np.ndarray, metric: Metric, params: Optional[Dict[str, Any]]) -> np.ndarray:
    """The distances of each row of ``new`` to the rows of ``known``; a row computes the same whatever the others are."""
    params = params or {}
    if callable(metric):
        return np.array([[metric(row, other, **params) for other in known] for row in new])
    name = OTHER_NAMES.get(metric, metric)
    if params or name not in ROWS:
        return np.vstack([elsewhere(new[i : i + 1], known, metric, params) for i in range(len(new))])
    known = np.ascontiguousarray(known)
    return np.array([ROWS[name](known, row) for row in new])


def elsewhere(one: np.ndarray, other: np.ndarray, metric: str, params: Dict[str, Any]) -> np.ndarray:
    try:
        from scipy.spatial.distance import cdist
    except ImportError:
        raise ValueError(
            f"the metric {metric!r}{' with metric_params' if params else ''} needs SciPy, which is not installed; "
            f"without it there are: {', '.join(metrics())}"
        ) from None
    try:
        return np.asarray(cdist(one, other, metric, **params))
    except ValueError:
        try:
            from sklearn.metrics import pairwise_distances
        except ImportError:
            raise
        return np.asarray(pairwise_distances(one, other, metric=metric, **params))
