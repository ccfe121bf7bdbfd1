"""Majorization in the way of scikit-learn's ``smacof``: its arguments, its random numbers, its criterion."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import Any, Callable, Optional, Tuple, Union

import numpy as np

from . import _inputs, _mdscale
from ._fit import FitResult, fit
from ._inputs import numbers, whole

NO_TOLERANCE = 1e-300  # that of the library, which eps replaces


def ties_of(level: str) -> str:
    """Scikit-learn's monotone regression gives equal dissimilarities equal disparities."""
    return "secondary" if level == "ordinal" else "primary"


def generator(random_state: Any) -> Any:
    """NumPy's RandomState for what scikit-learn calls a random state: None is NumPy's own."""
    if random_state is None or random_state is np.random:
        return np.random.mtrand._rand
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        return np.random.RandomState(random_state)
    if isinstance(random_state, np.random.RandomState):
        return random_state
    raise ValueError(f"random_state must be None, an int or a numpy.random.RandomState, not {random_state!r}")


def threads_of(n_jobs: Optional[int]) -> int:
    """Threads for ``n_jobs``: None and -1 are all cores, -2 all but one."""
    if n_jobs is None:
        return 0
    n_jobs = whole("n_jobs", n_jobs, -4096, 4096)
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning; None and -1 are all cores")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return n_jobs if n_jobs > 0 else max(1, cores + 1 + n_jobs)


def sum_of_squares(square: np.ndarray, x: np.ndarray) -> float:
    """The sum over known pairs i < j of their squared distance in the map."""
    if not np.isnan(square).any():
        return float(len(x) * ((x - x.mean(0)) ** 2).sum())
    total = 0.0
    for row, point in zip(square, x):
        apart = _mdscale.dist_from_point(x, point)[~np.isnan(row)]
        total += float(apart @ apart)
    return total / 2


def rounding(square: np.ndarray, x: np.ndarray) -> float:
    """The raw stress by scikit-learn's own formula. Where a fit is perfect but for rounding, what is left depends on the
    formula; by this one the users of both see the same."""
    squares = -2 * (x @ x.T)
    norms = np.einsum("ij,ij->i", x, x)
    squares += norms[:, None]
    squares += norms[None, :]
    np.maximum(squares, 0, out=squares)
    np.fill_diagonal(squares, 0)
    return float(np.nansum((np.sqrt(squares).ravel() - square.ravel()) ** 2) / 2)


def final_stress(square: np.ndarray, result: FitResult, level: str, normalized: bool) -> float:
    """What scikit-learn calls stress: raw, or over the distances' own squares (Kruskal's stress-1)."""
    if level != "ratio":
        return result.stress1 if normalized else result.loss
    raw = rounding(square, result.x) if result.normalized < 1e-10 else result.raw
    if not normalized:
        return raw
    squares = sum_of_squares(square, result.x)
    return float(np.sqrt(raw / squares)) if squares > 0 else 0.0


def watcher(total: float, eps: float, verbose: int) -> Callable[[int, float, float, int], bool]:
    """Scikit-learn's criterion: stop when the stress fell by less than ``eps`` of the distances' sum of squares.

    That sum is taken as the dissimilarities' (``total``) less the stress, which it is at a stationary point.
    """
    before = [np.inf]

    def go_on(iteration: int, step: float, loss: float, moves: int) -> bool:
        fall, before[0] = before[0] - loss, loss
        if verbose >= 2:
            print(f"Iteration {iteration}, stress {loss:.4f}")
        if fall < eps * (total - loss):
            if verbose:
                print(f"Converged in iteration {iteration}, stress {loss:.4f}")
            return False
        return True

    return go_on


def majorize(
    square: np.ndarray, start: np.ndarray, level: str, max_iter: int, eps: float, verbose: int, threads: int
) -> FitResult:
    """One run of plain Guttman transforms from ``start``, whose map is centred, as theirs is. An axis that is 0
    everywhere stays so, and is left out of the run."""
    used = start.any(0)
    if used.any() and not used.all():
        result = majorize(square, start[:, used], level, max_iter, eps, verbose, threads)
        x = np.zeros_like(start)
        x[:, used] = result.x
        return replace(result, x=x)
    total = float(np.nansum(square**2)) / 2
    result = fit(
        square, method="smacof", acceleration="none", init=start, level=level, ties=ties_of(level), iterations=max_iter,
        tolerance=NO_TOLERANCE, threads=threads, progress=watcher(total, eps, verbose),
    )
    result.x[...] -= result.x.mean(0)
    if result.stop == "cancelled":  # by the watcher
        result = replace(result, stop="converged")
    if level == "ratio" or not total:
        return result
    scale = np.sqrt(result.pairs / total)  # theirs: disparities whose mean square is 1
    return replace(result, x=result.x * scale, loss=result.loss * scale**2, raw=result.raw * scale**2)


def runs(
    square: np.ndarray, dims: int, init: Any, level: str, n_init: int, max_iter: int, eps: float, verbose: int,
    random_state: Any, threads: int,
) -> FitResult:
    """The best of ``n_init`` runs from random starts, or the one from ``init``."""
    draw = generator(random_state)
    best: Optional[FitResult] = None
    for _ in range(1 if init is not None else n_init):
        start = draw.uniform(size=len(square) * dims).reshape(len(square), dims) if init is None else init
        result = majorize(square, start, level, max_iter, eps, verbose, threads)
        if best is None or result.loss < best.loss:
            best = result
    assert best is not None
    return best


def positive(name: str, value: Any) -> int:
    return whole(name, value, 1, 2**31)


def smacof(
    dissimilarities: Any,
    *,
    metric: bool = True,
    n_components: int = 2,
    init: Any = None,
    n_init: int = 1,
    n_jobs: Optional[int] = None,
    max_iter: int = 300,
    verbose: int = 0,
    eps: float = 1e-6,
    random_state: Any = None,
    return_n_iter: bool = False,
    normalized_stress: Union[bool, str] = "auto",
) -> Union[Tuple[np.ndarray, float], Tuple[np.ndarray, float, int]]:
    """Scaling by majorization, with the arguments, starts and criterion of ``sklearn.manifold.smacof``.

    The same ``random_state`` gives scikit-learn's map, but for rounding. ``fit`` finds better maps, faster; this is
    for code that is written for the function of that name.

    Parameters
    ----------
    dissimilarities : (n, n) array
        In any form that ``fit`` takes. NaN means missing; 0 is a dissimilarity like any other.
    metric : bool
        False: only the order of the dissimilarities counts (level "ordinal").
    n_components : int
        Dimensions of the map, when ``init`` is left out.
    init : (n, p) array, optional
        The starting configuration, for a single run.
    n_init : int
        How many random starts are tried.
    n_jobs : int, optional
        Threads; None and -1 are all cores. The result has the same bits at any number.
    max_iter : int
        The most iterations of a run.
    verbose : int
        1: how each run ended; 2: every iteration.
    eps : float
        A run ends when its stress fell by less than this share of the sum of the squared distances.
    random_state : int, RandomState instance or None
        Where random starts come from; None is NumPy's global generator.
    return_n_iter : bool
        Return the number of iterations too.
    normalized_stress : bool or "auto"
        Return stress-1 in place of raw stress; "auto": when ``metric`` is False.

    Returns
    -------
    x : (n, p) array
    stress : float
    n_iter : int
        With ``return_n_iter``.

    Examples
    --------
    >>> import mdscale
    >>> x, stress = mdscale.smacof([[0, 3, 4], [3, 0, 5], [4, 5, 0]], random_state=42)
    >>> x.shape
    (3, 2)
    """
    square, _ = as_square(dissimilarities)
    if init is not None:
        init = numbers("init", init)
        if init.ndim != 2 or len(init) != len(square):
            raise ValueError(f"init matrix should be of shape ({len(square)}, p), not {init.shape}")
        if n_init != 1:
            warnings.warn(f"init is given, so one run is made and not {n_init}", stacklevel=2)
    level = "ratio" if metric else "ordinal"
    result = runs(
        square, positive("n_components", n_components), init, level, positive("n_init", n_init),
        positive("max_iter", max_iter), eps, verbose, random_state, threads_of(n_jobs),
    )
    normalized = not metric if normalized_stress == "auto" else bool(normalized_stress)
    value = final_stress(square, result, level, normalized)
    return (result.x, value, result.iterations) if return_n_iter else (result.x, value)


def as_square(values: Any, name: str = "dissimilarities") -> Tuple[np.ndarray, _inputs.Labels]:
    """Dissimilarities and their labels, symmetric as far as scikit-learn asks: halves that differ by 1e-5 of themselves
    are averaged."""
    square, labels = _inputs.dissimilarities(values, name)
    if square.shape[0] != square.shape[1]:
        raise ValueError(f"array must be 2-dimensional and square. shape = {square.shape}")
    equal, apart = _inputs.halves(square, 1e-5, 1e-10)
    if apart is not None:
        i, j = apart
        raise ValueError(
            f"Array must be symmetric: row {i + 1}, column {j + 1} is {square[i, j]:g} and row {j + 1}, column {i + 1} is "
            f"{square[j, i]:g}"
        )
    if not equal:
        square = square.copy()
        _inputs.average_halves(square)
    return square, labels
