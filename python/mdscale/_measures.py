"""What is told of a map that is there, and distances from features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np

from . import _mdscale
from ._fit import FitResult, fit
from ._inputs import companion, dissimilarities, level_of, numbers, whole


@dataclass(frozen=True, eq=False)
class StressResult:
    """How well distances in a map follow dissimilarities. Sums run over pairs i < j."""

    raw: float  #: sum w (d - distance)^2
    normalized: float  #: sqrt(raw / sum w d^2)
    stress1: float  #: Kruskal's stress-1, at the best scale of the map
    scale: float  #: that scale
    absolute: float  #: sum w |d - distance|
    pairs: int  #: pairs that count
    per_point: np.ndarray = field(repr=False)  #: each object's share of the raw stress; they add to 1


@dataclass(frozen=True, eq=False)
class ShepardResult:
    """A Shepard diagram's numbers: one entry for each known pair i < j, in rising order of the dissimilarities."""

    dissimilarities: np.ndarray = field(repr=False)
    distances: np.ndarray = field(repr=False)
    disparities: np.ndarray = field(repr=False)  #: what the distances should be: the fitted line
    rows: np.ndarray = field(repr=False)  #: i of the pair
    columns: np.ndarray = field(repr=False)  #: j of the pair


def distances(features: Any, metric: str = "euclidean", *, threads: int = 0, isa: str = "auto") -> np.ndarray:
    """The distances between the rows of ``features``.

    Parameters
    ----------
    features : (n, m) array, data frame or list
        One object a row. Nothing may be missing.
    metric : str
        A name of ``metrics()``.
    threads : int
        0: one per available core. The result has the same bits at any number.
    isa : {"auto", "scalar", "avx2", "avx512", "neon"}

    Returns
    -------
    (n, n) array
        Exactly symmetric, with a zero diagonal. Near objects keep all their digits: nothing is computed through
        inner products.

    Examples
    --------
    >>> import mdscale
    >>> mdscale.distances([[0, 0], [3, 4]])
    array([[0., 5.],
           [5., 0.]])
    """
    features = numbers("features", features)
    if features.ndim != 2:
        raise ValueError(f"features must have two dimensions, not {features.ndim}")
    square = np.empty((len(features), len(features)))
    _mdscale.distances(features, square, metric, whole("threads", threads, 0, 4096), isa)
    return square


def metrics() -> "list[str]":
    """The metrics that ``distances`` knows by name.

    Examples
    --------
    >>> import mdscale
    >>> "manhattan" in mdscale.metrics()
    True
    """
    return _mdscale.metrics()


def classical(d: Any, dims: int = 2, *, correction: str = "none", threads: int = 0, isa: str = "auto") -> FitResult:
    """Classical scaling, also called principal coordinates: ``fit`` with that method.

    Parameters
    ----------
    d : (n, n) array
        Dissimilarities, in any form that ``fit`` takes; none missing.
    dims : int
        Dimensions of the map.
    correction : {"none", "lingoes", "cailliez"}
        The constant that leaves no eigenvalue negative.

    Returns
    -------
    FitResult
        Its ``statistics`` hold the eigenvalues and the goodness of fit.

    Examples
    --------
    >>> import mdscale
    >>> result = mdscale.classical([[0, 3, 4], [3, 0, 5], [4, 5, 0]])
    >>> round(result.statistics["goodness_of_fit"], 12)
    1.0
    """
    return fit(d, dims, method="classical", correction=correction, threads=threads, isa=isa)


def stress(
    d: Any,
    x: Any,
    *,
    weights: Any = None,
    level: str = "ratio",
    ties: str = "primary",
    spline_degree: int = 0,
    spline_knots: int = 0,
    threads: int = 0,
    isa: str = "auto",
) -> StressResult:
    """How well the distances in the map ``x`` follow the dissimilarities ``d``.

    Parameters
    ----------
    d : (n, n) array
        Dissimilarities, in any form that ``fit`` takes.
    x : (n, p) array or data frame
        The map. The rows of a labelled frame are matched with the labels of ``d``.
    weights : (n, n) array, optional
        As ``fit`` takes them.
    level, ties, spline_degree, spline_knots
        As ``fit`` takes them. At another level than "ratio" the disparities stand for the dissimilarities.

    Returns
    -------
    StressResult

    Examples
    --------
    >>> import mdscale
    >>> mdscale.stress([[0, 3, 4], [3, 0, 5], [4, 5, 0]], [[0, 0], [3, 0], [0, 5]]).raw
    1.690...
    """
    square, labels = dissimilarities(d)
    points = companion("x", x, labels, square=False)
    if weights is not None:
        weights = companion("weights", weights, labels, masked=0.0, square=True)
    shares = np.empty(len(square))
    return StressResult(
        per_point=shares,
        **_mdscale.stress(
            square, weights, points, shares, level_of(level, ties, spline_degree, spline_knots),
            whole("threads", threads, 0, 4096), isa,
        ),
    )


def shepard(
    d: Any,
    x: Any,
    *,
    weights: Any = None,
    level: str = "ratio",
    ties: str = "primary",
    spline_degree: int = 0,
    spline_knots: int = 0,
    threads: int = 0,
) -> ShepardResult:
    """The numbers of a Shepard diagram: dissimilarities, distances in the map ``x``, and the line that was fitted.

    Parameters
    ----------
    d : (n, n) array
        Dissimilarities, in any form that ``fit`` takes; pairs with NaN or of weight 0 are left out.
    x : (n, p) array or data frame
        The map. The rows of a labelled frame are matched with the labels of ``d``.
    weights, level, ties, spline_degree, spline_knots
        As ``fit`` takes them.
    threads : int
        0: one per available core.

    Returns
    -------
    ShepardResult
        At level "ratio" the line is the best multiple of the dissimilarities.

    Examples
    --------
    >>> import mdscale
    >>> d, x = [[0, 3, 4], [3, 0, 5], [4, 5, 0]], [[0, 0], [3, 0], [0, 5]]
    >>> mdscale.shepard(d, x).distances
    array([3.        , 5.        , 5.83095189])
    >>> mdscale.shepard(d, x, level="ordinal").disparities  # they are in order already
    array([3.        , 5.        , 5.83095189])
    """
    square, labels = dissimilarities(d)
    points = companion("x", x, labels, square=False)
    if weights is not None:
        weights = companion("weights", weights, labels, masked=0.0, square=True)
    wanted = np.empty_like(square)
    _mdscale.disparities(
        square, weights, points, wanted, level_of(level, ties, spline_degree, spline_knots),
        whole("threads", threads, 0, 4096), "auto",
    )
    rows, columns = np.triu_indices(len(square), 1)
    known = ~np.isnan(wanted[rows, columns])
    rows, columns = rows[known], columns[known]
    order = np.argsort(square[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    apart = distances(points, threads=threads)
    return ShepardResult(square[rows, columns], apart[rows, columns], wanted[rows, columns], rows, columns)
