"""What is told of a map that is there, and distances from features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional, Sequence

import numpy as np

from . import _mdscale
from ._fit import FitResult, Progress, fit
from ._inputs import Labels, axis_labels, column_numbers, columns_like, companion, dissimilarities, is_frame, level_of, match, named, numbers, whole




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


def distances(
    features: Any,
    metric: str = "euclidean",
    *,
    others: Any = None,
    p: float = 0.0,
    columns: Optional[Sequence[str]] = None,
    scaling: str = "none",
    threads: int = 0,
    isa: str = "auto",
) -> np.ndarray:
    """The distances between the rows of ``features``, or from those of ``others`` to them.

    Parameters
    ----------
    features : (n, m) array, data frame or list
        One object a row. Nothing may be missing, but for "gower".
    metric : str
        A name of ``metrics()``.
    others : (count, m) array, data frame or list, optional
        Other objects. Scalings, covariances and ranges are those of ``features``, and each row's distances do not depend
        on the other rows.
    p : float
        The exponent of "minkowski", from 1 to 1000; 0: 2.
    columns : sequence of m, optional
        For "gower", what each feature is: "number", "category" or "presence". Numbers when left out.
    scaling : {"none", "sd", "range", "robust"}
        What is done with each feature before: less its mean over its standard deviation, less its minimum over its
        range, or less its median over the distance of its quartiles.
    threads : int
        0: one per available core. The result has the same bits at any number.
    isa : {"auto", "scalar", "avx2", "avx512", "neon"}

    Returns
    -------
    (n, n) array, or (count, n)
        The square is exactly symmetric, with a zero diagonal. Near objects keep all their digits: nothing is computed
        through inner products.

    Examples
    --------
    >>> import mdscale
    >>> mdscale.distances([[0, 0], [3, 4]])
    array([[0., 5.],
           [5., 0.]])
    >>> mdscale.distances([[0, 0], [3, 4]], "manhattan", others=[[1, 1]])
    array([[2., 5.]])
    """
    masked = np.nan if metric == "gower" else None
    features = numbers("features", features, masked=masked)
    if features.ndim != 2:
        raise ValueError(f"features must have two dimensions, not {features.ndim}")
    if others is not None:
        others = numbers("others", others, masked=masked)
        if others.ndim != 2:
            raise ValueError(f"others must have two dimensions, not {others.ndim}")
    kinds = column_numbers(columns)
    out = np.empty((len(features if others is None else others), len(features)))
    _mdscale.distances(
        features, others, out, metric, p, scaling, kinds, whole("threads", threads, 0, 4096), isa,
    )
    return out


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


@dataclass(frozen=True, eq=False)
class PlaceResult:
    """Where new objects are in a map."""

    x: np.ndarray = field(repr=False)  #: their places, count x p; NaN: ``progress`` ended it before
    stress: np.ndarray = field(repr=False)  #: of each one: sqrt(sum w (d - distance)^2 / sum w d^2)
    labels: Labels = field(default=None, repr=False)  #: of the new objects, where ``d`` was a labelled frame


def place(
    x: Any,
    d: Any,
    *,
    weights: Any = None,
    loss: str = "squared",
    huber: float = 0.0,
    starts: int = 0,
    iterations: int = 0,
    tolerance: float = 0.0,
    seed: int = 0,
    threads: int = 0,
    isa: str = "auto",
    progress: Optional[Progress] = None,
) -> PlaceResult:
    """Places for new objects in a map, which stays as it is.

    Each object is placed by itself: its place depends on its own dissimilarities alone, and one at dissimilarity 0 from
    an object of the map gets that object's place.

    Parameters
    ----------
    x : FitResult, fitted estimator, (n, p) array or data frame
        The map.
    d : (count, n) array or data frame
        Dissimilarities of the new objects to those of the map, NaN or masked where unknown. The columns of a labelled
        frame are matched with the labels of the map. A vector of n is one object.
    weights : (count, n) array, optional
        Nonnegative; 0 means missing.
    loss : {"squared", "absolute", "huber"}
    huber : float
        The threshold of the Huber loss; 0: a tenth of the root mean square of the object's own dissimilarities.
    starts : int
        How many descents for each object, at most 64; 0: 4.
    iterations : int
        The most of a descent; 0: 200.
    tolerance : float
        A descent is at rest when its step is so small a part of the map's width; 0: 1e-9.
    seed : int
        Of the objects that descents may begin at, in four dimensions or more.
    threads : int
        0: one per available core. The result has the same bits at any number.
    isa : {"auto", "scalar", "avx2", "avx512", "neon"}
    progress : callable(placed, step, loss, moves), optional
        Called as objects get their places; a false return value other than None ends it.

    Returns
    -------
    PlaceResult

    Examples
    --------
    >>> import mdscale
    >>> corners = [[0, 0], [3, 0], [0, 4]]
    >>> mdscale.place(corners, [[5, 4, 3], [3, 0, 5]]).x.round(6)
    array([[3., 4.],
           [3., 0.]])
    """
    points, labels = named("x", x)
    rows = np.atleast_2d(numbers("d", columns_like(labels, d) if is_frame(d) else d, masked=np.nan))
    if weights is not None:
        weights = np.atleast_2d(numbers("weights", weights, masked=0.0))
    if points.ndim != 2:
        raise ValueError(f"x must have two dimensions, not {points.ndim}")
    out, stresses = np.empty((len(rows), points.shape[1])), np.empty(len(rows))
    _mdscale.place(
        points, rows, weights, out, stresses, loss, huber, whole("starts", starts, 0, 64),
        whole("iterations", iterations, 0, 2**64 - 1), tolerance, whole("seed", seed, 0, 2**64 - 1),
        whole("threads", threads, 0, 4096), isa, progress,
    )
    return PlaceResult(out, stresses, axis_labels(d.index) if is_frame(d) else None)


@dataclass(frozen=True, eq=False)
class ProcrustesResult:
    """A map that has been turned onto another, and how alike the two are."""

    x: np.ndarray = field(repr=False)  #: the map, turned
    scale: float  #: by which it was multiplied; 1 without scaling
    r2: float  #: squared correlation of the two maps at their best fit
    m2: float  #: 1 - r2
    congruence: float  #: of their distances


def procrustes(reference: Any, x: Any, *, scaling: bool = True) -> ProcrustesResult:
    """Move, turn and reflect the map ``x`` so that it lies on ``reference`` as well as can be.

    Parameters
    ----------
    reference, x : FitResult, fitted estimator, (n, p) array or data frame
        Two maps of the same objects. Where both have labels, these are matched, and the result is in the order of the
        reference.
    scaling : bool
        Whether ``x`` may be stretched or shrunk.

    Returns
    -------
    ProcrustesResult

    Examples
    --------
    >>> import mdscale
    >>> turned = mdscale.procrustes([[0, 0], [2, 0], [0, 1]], [[0, 0], [0, 1], [0.5, 0]])
    >>> round(turned.scale, 6), round(turned.r2, 6)
    (2.0, 1.0)
    """
    goal, labels = named("reference", reference)
    points, others = named("x", x)
    order = match(labels, others, "the reference", "x") if labels is not None and others is not None else None
    points = points.copy() if order is None else np.ascontiguousarray(points[order])
    return ProcrustesResult(points, **_mdscale.procrustes(goal, points, bool(scaling)))
