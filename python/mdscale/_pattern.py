"""The pattern-search solver's Python face."""

from dataclasses import dataclass, field
from operator import index

import numpy as np

from . import _mdscale


@dataclass(frozen=True, eq=False)
class PatternResult:
    """What a solve gives back.

    Two results are equal when they are the same object, so that they can be compared and be keys of a dictionary;
    ``numpy.array_equal(a.x, b.x)`` compares maps.
    """

    x: np.ndarray = field(repr=False)  #: the map, n x p
    stress: float  #: the loss at the end, summed over pairs i < j
    start: float  #: the loss of the starting configuration
    epochs: int
    moves: int  #: how many times a point moved
    radius: float  #: the last radius used
    stop: str  #: "radius" (converged), "epochs", "cancelled" or "zero"
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
    """Embed the dissimilarities ``d`` by pattern search (arXiv:1806.00416).

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
    max_epochs = _whole("max_epochs", max_epochs, 1, 2**64 - 1)
    seed = _whole("seed", seed, 0, 2**64 - 1)
    threads = _whole("threads", threads, 0, 4096)
    d = _numbers("d", d)
    if d.ndim != 2:
        raise ValueError(f"d must have two dimensions, not {d.ndim}")
    if init is not None:
        x = _numbers("init", init).copy()  # it becomes the map
        if x.ndim != 2:
            raise ValueError(f"init must have two dimensions, not {x.ndim}")
    else:
        x = np.empty((len(d), _whole("dims", dims, 1, 2**31)), dtype=np.float64)
    if weights is not None:
        weights = _numbers("weights", weights)
    fields = _mdscale.pattern_search(
        d, x, init is not None, weights, radius, shrink, tolerance, smallest_radius, max_epochs, point_share,
        dimension_share, shuffle, loss, seed, threads, isa, progress,
    )
    return PatternResult(x, *fields)
