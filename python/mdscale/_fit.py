"""Fitting: one entry for every method of the library."""

from dataclasses import dataclass, field
from operator import index

import numpy as np

from . import _mdscale


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
    gradient: float  #: the share of its own size by which a majorization step would move the map; NaN: no gradient
    outcomes: list = field(repr=False)  #: how the first 1000 starts ended: start, loss, iterations, stop
    statistics: dict  #: what the method counted itself


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


def _numbers(name, values):
    values = np.asarray(values)
    if np.iscomplexobj(values):
        raise TypeError(f"{name} must hold real numbers, not {values.dtype}")
    return np.ascontiguousarray(values, dtype=np.float64)


def _whole(name, value, least, most):
    value = index(value)
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {value}")
    return value


def methods():
    """The library's table of methods: a list of dictionaries with name, title, summary, losses, levels, options
    (name, help, choices), and the defaults of iterations and tolerance. The first is "auto"."""
    return _mdscale.methods()


def _method_for(method, dims, n, options):
    """The method by name: what "auto" stands for, or the one that the options belong to."""
    table = {m["name"]: [o["name"] for o in m["options"]] for m in methods()}
    if method not in table:
        raise ValueError(f"there is no method '{method}'; there are: {', '.join(table)}")
    if method == "auto":
        if not options:
            return _mdscale.method_auto(n, dims)
        owners = [name for name, known in table.items() if set(options) <= set(known)]
        if owners:
            return owners[0]
        raise TypeError(f"no method has the options {', '.join(options)}")
    for name in options:
        if name not in table[method]:
            raise TypeError(f"method '{method}' has no option '{name}'; it has: {', '.join(table[method])}")
    return method


def fit(
    d,
    dims=2,
    *,
    method="auto",
    init=None,
    weights=None,
    level="ratio",
    loss="squared",
    starts=0,
    effort="normal",
    iterations=None,
    tolerance=None,
    huber=0.0,
    max_seconds=0.0,
    seed=0,
    threads=0,
    isa="auto",
    progress=None,
    **options,
):
    """Place the objects of the dissimilarities ``d`` in ``dims`` dimensions.

    Parameters
    ----------
    d : (n, n) array
        Dissimilarities of any magnitude: symmetric, zero diagonal, nonnegative. NaN means missing.
    dims : int
        Dimensions of the map, when ``init`` is left out.
    method : str
        A name from ``methods()``. "auto" looks for the best map; with ``options`` of one method it stands for that method.
    init : (n, p) array, "random" or "classical", optional
        The starting configuration. What the method prefers, drawn from ``seed``, when left out.
    weights : (n, n) array, "inverse" or "inverse-square", optional
        Nonnegative and symmetric; 0 means missing. By name: 1 / d or 1 / d**2.
    level : {"ratio"}
        How distances follow the dissimilarities.
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
    **options
        The method's own, as ``methods()`` lists them.

    Raises
    ------
    mdscale.MdsError
        When the data or an option is not acceptable; the message names row, column and value.
    KeyboardInterrupt
        On Ctrl-C, at the end of the iteration.
    """
    iterations = 0 if iterations is None else _whole("iterations", iterations, 1, 2**64 - 1)
    starts = _whole("starts", starts, 0, 10**6)
    seed = _whole("seed", seed, 0, 2**64 - 1)
    threads = _whole("threads", threads, 0, 4096)
    d = _numbers("d", d)
    if d.ndim != 2:
        raise ValueError(f"d must have two dimensions, not {d.ndim}")
    start = "default"
    if isinstance(init, str):
        if init == "given":
            raise ValueError('init "given" is an array')
        start, init = init, None
    if init is not None:
        start = "given"
        x = _numbers("init", init).copy()  # it becomes the map
        if x.ndim != 2:
            raise ValueError(f"init must have two dimensions, not {x.ndim}")
    else:
        x = np.empty((len(d), _whole("dims", dims, 1, 2**31)), dtype=np.float64)
    weighting = "none"
    if isinstance(weights, str):
        weighting, weights = weights, None
    if weights is not None:
        weights = _numbers("weights", weights)
    fields = _mdscale.fit(
        d, x, weights, _method_for(method, x.shape[1], len(d), options), start, weighting, level, loss, effort,
        starts, iterations, 0.0 if tolerance is None else tolerance, huber, max_seconds, seed, threads, isa, options,
        progress,
    )
    return FitResult(x, **fields)


def pattern_search(
    d,
    init=None,
    *,
    dims=2,
    weights=None,
    radius=0.0,
    shrink=0.5,
    tolerance=1e-4,
    smallest_radius=0.0,
    max_epochs=10_000,
    point_share=1.0,
    dimension_share=1.0,
    shuffle=False,
    loss="squared",
    seed=0,
    threads=0,
    isa="auto",
    progress=None,
):
    """Embed the dissimilarities ``d`` by pattern search (arXiv:1806.00416): ``fit`` with that method.

    Parameters
    ----------
    d : (n, n) array
        Dissimilarities of any magnitude: symmetric, zero diagonal, nonnegative. NaN means missing.
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
    """
    result = fit(
        d, dims, method="pattern", init=init, weights=weights, loss=loss,
        iterations=_whole("max_epochs", max_epochs, 1, 2**64 - 1), tolerance=tolerance, seed=seed, threads=threads,
        isa=isa, progress=progress, radius=radius, shrink=shrink, smallest_radius=smallest_radius,
        point_share=point_share, dimension_share=dimension_share, order="shuffled" if shuffle else "natural",
    )
    return PatternResult(
        x=result.x, stress=result.loss, start=result.start_loss, epochs=result.iterations,
        moves=result.statistics["moves"], radius=result.statistics["radius"], stop=result.stop, isa=result.isa,
        threads=result.threads, seconds=result.seconds,
    )
