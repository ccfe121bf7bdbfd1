"""Fitting: one entry for every method of the library."""

from __future__ import annotations

import os
import tempfile
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import numpy as np

from . import _mdscale
from ._inputs import Labels, column_numbers, companion, dissimilarities, feature_rows, level_of, sparse_pairs, whole

Progress = Callable[[int, float, float, int], Any]
Path = Union[str, "os.PathLike[str]"]


class DegenerateMapWarning(UserWarning):
    """A map that fits well and says nothing: its points are in a few heaps."""


@dataclass(frozen=True, eq=False)
class FitResult:
    """What a fit gives back, whatever the method.

    Two results are equal when they are the same object, so that they can be compared and be keys of a dictionary;
    ``numpy.array_equal(a.x, b.x)`` compares maps.
    """

    x: np.ndarray = field(repr=False)  #: the map, n x p
    method: str  #: the method that ran
    loss: float  #: what was minimised, at the end, summed over pairs i < j
    start_loss: float  #: the same of the starting configuration
    raw: float  #: sum w (d - distance)^2
    normalized: float  #: sqrt(raw / sum w d^2)
    stress1: float  #: Kruskal's stress-1, at the best scale of the map
    scale: float  #: that scale
    absolute: float  #: sum w |d - distance|
    pairs: int  #: pairs that count
    iterations: int
    stop: str  #: "converged", "limit" (the most iterations), "cancelled", "exact" (a loss of zero) or "time"
    seconds: float  #: wall time of the starts and the iterations
    threads: int
    isa: str  #: the instruction set that ran
    best_start: int  #: which start the map comes from
    starts: int  #: how many were tried
    best_count: int  #: how many of them ended in a map as good as this one
    intercept: float  #: level interval: of the line through the dissimilarities; else 0
    slope: float  #: the same line's slope; else 0
    power: float  #: level log: of the dissimilarities; else 0
    heaps: int  #: 0, or into how few places nearly all points have fallen: a degenerate map, which says nothing
    sampled_pairs: int  #: 0, or the stress is an estimate from so many pairs
    normalized_error: float  #: the standard error of ``normalized``, where it is an estimate
    stress1_error: float  #: that of ``stress1``
    gradient: float  #: the share of its own size by which a majorization step would move the map; NaN: no gradient
    outcomes: List[Dict[str, Any]] = field(repr=False)  #: how the first 1000 starts ended: start, loss, iterations, stop
    statistics: Dict[str, Any]  #: what the method counted itself
    labels: Labels = field(default=None, repr=False)  #: of the objects, where the dissimilarities were a labelled frame

    def frame(self) -> Any:
        """The map as a pandas DataFrame: a row for each object, with its label, and columns dim1, dim2, ..."""
        import pandas

        columns = [f"dim{k + 1}" for k in range(self.x.shape[1])]
        return pandas.DataFrame(self.x, index=None if self.labels is None else list(self.labels), columns=columns)


@dataclass(frozen=True, eq=False)
class PatternResult:
    """What ``pattern_search`` gives back. Compares as ``FitResult`` does."""

    x: np.ndarray = field(repr=False)  #: the map, n x p
    stress: float  #: the loss at the end, summed over pairs i < j
    start: float  #: the loss of the starting configuration
    epochs: int
    moves: int  #: how many times a point moved
    radius: float  #: the last radius used
    stop: str  #: "converged", "limit" (the most epochs), "cancelled" or "exact" (a loss of zero)
    isa: str  #: the instruction set that ran
    threads: int
    seconds: float  #: wall time of the solve


def methods() -> List[Dict[str, Any]]:
    """The library's table of methods: a list of dictionaries with name, title, summary, losses, levels, options
    (name, help, choices), and the defaults of iterations and tolerance. The first is "auto".

    Examples
    --------
    >>> import mdscale
    >>> [method["name"] for method in mdscale.methods()]
    ['auto', 'classical', 'smacof', 'lbfgs', 'sgd', 'pattern', 'unidimensional']
    """
    return _mdscale.methods()


def _method_for(method: str, dims: int, n: int, options: Dict[str, Any]) -> str:
    """The method by name: what "auto" stands for, or the one that the options belong to."""
    table = {m["name"]: [o["name"] for o in m["options"]] for m in methods()}
    if method not in table:
        raise ValueError(f"there is no method '{method}'; there are: {', '.join(table)}")
    if method == "auto":
        if not options:
            return _mdscale.method_auto(n, dims)
        owners: List[str] = [name for name, known in table.items() if set(options) <= set(known)]
        if owners:
            return owners[0]
        raise TypeError(f"no method has the options {', '.join(options)}")
    for name in options:
        if name not in table[method]:
            raise TypeError(f"method '{method}' has no option '{name}'; it has: {', '.join(table[method])}")
    return method


def _checkpoint_writer(path: Path) -> Callable[[bytes], None]:
    """What writes a checkpoint: beside the file first, which it takes the place of when it is whole."""
    folder, name = os.path.split(os.path.abspath(os.fspath(path)))

    def write(content: bytes) -> None:
        number, beside = tempfile.mkstemp(prefix=name + ".", dir=folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
            os.replace(beside, os.path.join(folder, name))
        except BaseException:
            os.unlink(beside)
            raise

    return write


def _pairs_problem(pairs: Any, completion: str, weights: Any) -> Tuple[Any, int]:
    """The pairs as the extension takes them, and the number of objects."""
    words = ("none", "paths")
    if completion not in words:
        raise ValueError(f"completion {completion!r} is not one of {', '.join(words)}")
    if weights is not None and not isinstance(weights, str):
        raise ValueError("weights of pairs stand beside them: (i, j, d, w)")
    made, n = sparse_pairs(pairs)
    return (n, made.view(np.uint8), words.index(completion)), n


def fit(
    d: Any = None,
    dims: int = 2,
    *,
    features: Any = None,
    pairs: Any = None,
    completion: str = "none",
    metric: str = "euclidean",
    metric_params: Optional[Dict[str, Any]] = None,
    method: str = "auto",
    init: Any = None,
    weights: Any = None,
    level: str = "ratio",
    ties: str = "primary",
    spline_degree: int = 0,
    spline_knots: int = 0,
    loss: str = "squared",
    starts: int = 0,
    effort: str = "normal",
    iterations: Optional[int] = None,
    tolerance: Optional[float] = None,
    huber: float = 0.0,
    max_seconds: float = 0.0,
    seed: int = 0,
    threads: int = 0,
    isa: str = "auto",
    progress: Optional[Progress] = None,
    checkpoint: Optional[Path] = None,
    checkpoint_seconds: float = 300.0,
    resume: Optional[Path] = None,
    **options: Any,
) -> FitResult:
    """Place the objects of the dissimilarities ``d`` in ``dims`` dimensions.

    Parameters
    ----------
    d : (n, n) array, data frame or list, or (n (n - 1) / 2,) array
        Dissimilarities of any magnitude: symmetric, zero diagonal, nonnegative. NaN means missing, and so does what
        the mask of a masked array hides. A vector is condensed, in the order of ``scipy.spatial.distance.squareform``.
        The labels of a pandas frame are kept, and its columns brought into the order of its rows. A half that is
        missing altogether is the other one. Asymmetry and a diagonal within the rounding of the array's own precision
        are corrected. C-contiguous float64 is used where it
        lies; anything else, float32 too, is converted once (8 n**2 bytes). Sparse matrices are for ``pairs``.
    dims : int
        Dimensions of the map, when ``init`` is left out.
    features : (n, m) array or data frame, in place of ``d``
        One object a row, of which distances are computed. Above 10,000 objects they are never held: tiles of them are
        computed in single precision whenever they are needed, so memory grows with n, not with n**2. Where n**2 / 2
        pairs are too many for that too (134,000 objects with 64 features), the fit goes by a sample of them, and the stress
        is an estimate (``sampled_pairs``, ``stress1_error``). Methods "auto", "lbfgs", "smacof" and "sgd", level "ratio".
    pairs : (i, j, d) or (i, j, d, w), or SciPy sparse matrix, in place of ``d``
        Only some pairs are known: objects ``i`` and ``j``, counted from 0, are ``d`` apart, with weight ``w``; or what
        is stored in the matrix, zeros too (a k-nearest-neighbour graph). Either direction will do; both must agree.
        Above 10,000 objects no matrix is made, unless a quarter of all pairs are there: memory grows with the pairs.
        Then the methods are "auto", "lbfgs", "smacof" and "sgd", the level "ratio".
    completion : {"none", "paths"}
        What stands for pairs that ``pairs`` does not have: nothing, or the shortest path along those that it has (a
        matrix, whatever the number of objects).
    metric : str
        For ``features``: a name of ``metrics()``.
    metric_params : dict, optional
        For ``features``: ``p``, ``scaling`` and ``columns``, as ``distances`` takes them.
    method : str
        A name from ``methods()``. "auto" looks for the best map; with ``options`` of one method it stands for that method.
    init : (n, p) array or data frame, "random" or "classical", optional
        The starting configuration. What the method prefers, drawn from ``seed``, when left out. The rows of a labelled
        frame are matched with the labels of ``d``.
    weights : (n, n) array or data frame, "inverse" or "inverse-square", optional
        Nonnegative and symmetric; 0, and what a mask hides, means missing. By name: 1 / d or 1 / d**2.
    level : {"ratio", "interval", "ordinal", "spline", "log"}
        How distances follow the dissimilarities: as they are, after a straight line through them, in their order only,
        after a smooth rising curve, or after a power of them.
    ties : {"primary", "secondary", "tertiary"}
        Level "ordinal": what equal dissimilarities become: distances that may differ, equal ones, or ones whose means
        keep the order.
    spline_degree, spline_knots : int
        Level "spline": 1 to 5, and how many interior knots, at most 20; 0: 2 and 3.
    loss : {"squared", "absolute", "huber"}
    starts : int
        How many starts are tried, all but the first random; 0: the method decides.
    effort : {"normal", "low", "high"}
        How hard "auto" and "unidimensional" look for the best map.
    iterations, tolerance
        The most iterations from each start, and when to stop; the method's defaults when left out.
    huber : float
        The threshold, for loss "huber" alone; 0: a tenth of the root mean square of ``d``.
    max_seconds : float
        Stop after so long and keep the best map so far; 0: no limit.
    threads : int
        0: one per available core. The result has the same bits at any number.
    isa : {"auto", "scalar", "avx2", "avx512", "neon"}
    progress : callable(iteration, step, loss, moves), optional
        Called after every iteration; a false return value other than None stops the fit.
    checkpoint : path, optional
        A file that all that the fit needs to go on, should it be killed, is written to at the beginning, every
        ``checkpoint_seconds`` and when ``progress`` stops it; whole or not at all.
    resume : path, optional
        Such a file, to go on from. The same data and options lead to the same map, bit by bit, as if nothing had
        happened; others are refused.
    **options
        The method's own, as ``methods()`` lists them.

    Returns
    -------
    FitResult

    Raises
    ------
    mdscale.MdsError
        When the data or an option is not acceptable; the message names row, column and value.
    KeyboardInterrupt
        On Ctrl-C, at the end of the iteration.

    Warns
    -----
    mdscale.DegenerateMapWarning
        Where nearly all points have fallen into a few heaps though their objects are not alike.

    Examples
    --------
    Three towns, 3, 4 and 5 km from each other:

    >>> import mdscale
    >>> result = mdscale.fit([[0, 3, 4], [3, 0, 5], [4, 5, 0]])
    >>> result.x.shape
    (3, 2)
    >>> bool(result.stress1 < 1e-6)
    True
    """
    resumed = None
    if resume is not None:
        with open(resume, "rb") as file:
            resumed = file.read()
    iterations = 0 if iterations is None else whole("iterations", iterations, 1, 2**64 - 1)
    starts = whole("starts", starts, 0, 10**6)
    seed = whole("seed", seed, 0, 2**64 - 1)
    threads = whole("threads", threads, 0, 4096)
    if sum(one is not None for one in (d, features, pairs)) != 1:
        raise TypeError("fit takes either d, dissimilarities, or features, or pairs")
    labels: Labels = None
    problem: Any = None
    if pairs is not None:
        problem, n = _pairs_problem(pairs, completion, weights)
    else:
        problem, labels = dissimilarities(d) if features is None else feature_rows(features, metric)
        n = len(problem)
    start = "default"
    if isinstance(init, str):
        if init == "given":
            raise ValueError('init "given" is an array')
        start, init = init, None
    if init is not None:
        start = "given"
        x = companion("init", init, labels, square=False).copy()  # it becomes the map
        if x.ndim != 2:
            raise ValueError(f"init must have two dimensions, not {x.ndim}")
    else:
        x = np.empty((n, whole("dims", dims, 1, 2**31)), dtype=np.float64)
    weighting = "none"
    if isinstance(weights, str):
        weighting, weights = weights, None
    if weights is not None:
        weights = companion("weights", weights, labels, masked=0.0, square=True)
    if features is not None:
        if weights is not None:
            raise ValueError("weights are for dissimilarities d, not for features")
        known = {"p": 0.0, "scaling": "none", "columns": None}
        unknown = set(metric_params or {}) - set(known)
        if unknown:
            raise TypeError(f"metric_params has {sorted(unknown)[0]!r}; there are: {', '.join(known)}")
        known.update(metric_params or {})
        problem = (problem, metric, known["p"], known["scaling"], column_numbers(known["columns"]))
    fields = _mdscale.fit(
        problem, x, weights, _method_for(method, x.shape[1], n, options), start, weighting,
        level_of(level, ties, spline_degree, spline_knots), loss, effort, starts, iterations, 0.0 if tolerance is None else tolerance,
        huber, max_seconds, seed, threads, isa, options, progress,
        None if checkpoint is None else _checkpoint_writer(checkpoint), float(checkpoint_seconds), resumed,
    )
    if fields["heaps"]:
        advice = " or ties='secondary'" if (level, ties) == ("ordinal", "primary") else ""
        warnings.warn(
            f"the map is degenerate: nearly all points are in {fields['heaps']} places, though objects of one place are "
            f"not alike; a low stress says nothing here. Try another level than {level!r}{advice}",
            DegenerateMapWarning,
            stacklevel=2,
        )
    return FitResult(x, labels=labels, **fields)


def pattern_search(
    d: Any,
    init: Any = None,
    *,
    dims: int = 2,
    weights: Any = None,
    radius: float = 0.0,
    shrink: float = 0.5,
    tolerance: float = 1e-4,
    smallest_radius: float = 0.0,
    max_epochs: int = 10_000,
    point_share: float = 1.0,
    dimension_share: float = 1.0,
    shuffle: bool = False,
    loss: str = "squared",
    seed: int = 0,
    threads: int = 0,
    isa: str = "auto",
    progress: Optional[Progress] = None,
) -> PatternResult:
    """Embed the dissimilarities ``d`` by pattern search (arXiv:1806.00416): ``fit`` with that method.

    Parameters
    ----------
    d : (n, n) array
        Dissimilarities, in any form that ``fit`` takes.
    init : (n, p) array, optional
        The starting configuration. Drawn from ``seed`` when left out.
    dims : int
        p, when ``init`` is left out.
    weights : (n, n) array, optional
        Nonnegative and symmetric; 0 means missing.
    radius : float
        Start radius; 0 chooses one from the data.
    shrink, tolerance, smallest_radius, max_epochs
        The radius is multiplied by ``shrink`` after an epoch that lowered the loss by less than the share
        ``tolerance``; the search ends when it falls below ``smallest_radius`` (0: 1e-4 of the start radius), or
        after ``max_epochs``.
    point_share, dimension_share : float
        Shares of the points tried in an epoch, and of the dimensions tried for a point.
    shuffle : bool
        Visit the points in a new random order in every epoch instead of 0, 1, ... n-1.
    loss : {"squared", "absolute"}
    threads : int
        0: one per available core. The result has the same bits at any number.
    isa : {"auto", "scalar", "avx2", "avx512", "neon"}
    progress : callable(epoch, radius, stress, moves), optional
        Called after every epoch; a false return value other than None stops the search.

    Raises
    ------
    mdscale.MdsError
        When the data or an option is not acceptable; the message names row, column and value.
    KeyboardInterrupt
        On Ctrl-C, at the end of the epoch.

    Examples
    --------
    >>> import mdscale
    >>> result = mdscale.pattern_search([[0, 3, 4], [3, 0, 5], [4, 5, 0]], seed=1)
    >>> bool(result.stress < 1e-3)
    True
    """
    result = fit(
        d, dims, method="pattern", init=init, weights=weights, loss=loss,
        iterations=whole("max_epochs", max_epochs, 1, 2**64 - 1), tolerance=tolerance, seed=seed, threads=threads,
        isa=isa, progress=progress, radius=radius, shrink=shrink, smallest_radius=smallest_radius,
        point_share=point_share, dimension_share=dimension_share, order="shuffled" if shuffle else "natural",
    )
    return PatternResult(
        x=result.x, stress=result.loss, start=result.start_loss, epochs=result.iterations,
        moves=result.statistics["moves"], radius=result.statistics["radius"], stop=result.stop, isa=result.isa,
        threads=result.threads, seconds=result.seconds,
    )
