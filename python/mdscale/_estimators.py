"""``MDS`` and ``ClassicalMDS``: multidimensional scaling in the form of scikit-learn's estimators."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Callable, Dict, Optional, Union

import numpy as np

from . import _inputs, _smacof
from ._base import Base, check_is_fitted, validate_data
from ._features import between, pairwise
from ._fit import FitResult, fit
from ._measures import classical, place, shepard


class Scaling(Base):
    """What both estimators do: data in, dissimilarities, a map, and places in it for new data."""

    n_components: int
    metric: Any
    metric_params: Optional[Dict[str, Any]]
    n_jobs: Optional[int]
    embedding_: np.ndarray
    dissimilarity_matrix_: np.ndarray
    result_: FitResult

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self._metric_in_use() == "precomputed"
        tags.input_tags.allow_nan = self._metric_in_use() in ("precomputed", "gower")
        return tags

    @property
    def _n_features_out(self) -> int:
        return int(self.embedding_.shape[1])

    def _metric_in_use(self) -> Any:
        return self.metric

    def _check_metric(self) -> None:
        if not (isinstance(self.metric, str) or callable(self.metric)):
            raise ValueError(f"metric must be a name or a function, not {self.metric!r}")
        if self.metric_params is not None and not isinstance(self.metric_params, dict):
            raise ValueError(f"metric_params must be a dict or None, not {self.metric_params!r}")

    def _features(self, X: Any, reset: bool) -> np.ndarray:
        gower = self._metric_in_use() == "gower"
        if isinstance(X, np.ma.MaskedArray):  # a mask would be dropped below
            X = _inputs.numbers("X", X, masked=np.nan if gower else None)
        finite = "allow-nan" if gower else True
        return np.ascontiguousarray(validate_data(self, X, dtype=np.float64, reset=reset, ensure_all_finite=finite))

    def _dissimilarities(self, X: Any, threads: int) -> _inputs.Labels:
        """Set ``dissimilarity_matrix_``; returns the objects' labels."""
        self._check_metric()
        metric = self._metric_in_use()
        if metric == "precomputed":
            if _inputs.is_frame(X):
                X, _ = _inputs.square_frame("X", X)
            square, labels = _smacof.as_square(X, "X")
            validate_data(self, X if np.ndim(X) == 2 else square, skip_check_array=True)
            self.dissimilarity_matrix_ = square
            return labels
        features = self._features(X, reset=True)
        if features.shape[0] == features.shape[1] and not np.diagonal(features).any():
            warnings.warn(
                f"X is square with a zero diagonal and is taken for features. If these are dissimilarities, say "
                f"{type(self).__name__}(metric='precomputed')",
                stacklevel=3,
            )
        self.dissimilarity_matrix_ = pairwise(features, metric, self.metric_params, threads)
        self._known = features
        return axis_of(X)

    def _new(self, X: Any) -> np.ndarray:
        """The dissimilarities of new objects to those of the map."""
        check_is_fitted(self)
        metric = self._metric_in_use()
        if metric != "precomputed":
            threads = _smacof.threads_of(self.n_jobs)
            return between(self._features(X, reset=False), self._known, metric, self.metric_params, threads)
        if _inputs.is_frame(X):
            X = _inputs.columns_like(self.result_.labels, X)
        rows = _inputs.numbers("X", X, masked=np.nan)
        validate_data(self, X if np.ndim(X) == 2 else rows, reset=False, skip_check_array=True)
        return rows

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Scale ``X`` and return the map.

        Parameters
        ----------
        X : (n, m) array or data frame
            Features, or dissimilarities where ``metric`` is "precomputed".
        y : ignored

        Returns
        -------
        (n, n_components) array
        """
        return self.fit(X).embedding_

    def fit(self, X: Any, y: Any = None) -> "Scaling":
        raise NotImplementedError


def axis_of(X: Any) -> _inputs.Labels:
    return _inputs.axis_labels(X.index) if _inputs.is_frame(X) else None


class MDS(Scaling):
    """Multidimensional scaling with the parameters and attributes of ``sklearn.manifold.MDS``.

    With none of ``init``, ``max_iter`` and ``eps`` given, the map is that of ``mdscale.fit``: several starts, descent
    and repairs, which ends at less stress, sooner. Where one of them is, the algorithm is scikit-learn's (plain
    majorization, its starts from ``random_state``, its criterion), and so is the map, but for rounding.

    Parameters
    ----------
    n_components : int
        Dimensions of the map.
    metric_mds : bool
        False: only the order of the dissimilarities counts.
    n_init : int, optional
        How many starts are tried. None: what the algorithm prefers, which is 1 for scikit-learn's.
    init : {"random", "classical_mds"}, optional
        The starting configuration of scikit-learn's algorithm.
    max_iter : int, optional
        The most iterations of a run of scikit-learn's algorithm; 300 where ``init`` or ``eps`` is given without it.
    verbose : int
        1: how the run ended; 2: every iteration.
    eps : float, optional
        When scikit-learn's algorithm stops: when the stress fell by less than this share of the sum of the squared
        distances; 1e-6 where ``init`` or ``max_iter`` is given without it.
    n_jobs : int, optional
        Threads; None and -1 are all cores. The result has the same bits at any number.
    random_state : int, RandomState instance or None
        None is NumPy's global generator.
    dissimilarity : {"euclidean", "precomputed"}, optional
        The name that ``metric`` had before scikit-learn 1.8.
    metric : str or callable
        "precomputed", a name of ``mdscale.metrics()``, one of SciPy's or scikit-learn's where these are installed, or
        a function of two rows.
    metric_params : dict, optional
        More arguments of the metric.
    normalized_stress : bool or "auto"
        Whether ``stress_`` is stress-1; "auto": for non-metric scaling.
    level : str, optional
        How distances follow the dissimilarities, as ``mdscale.fit`` has it, in place of ``metric_mds``.
    effort : {"normal", "low", "high"}
        How hard ``mdscale.fit`` looks for the best map.

    Attributes
    ----------
    embedding_ : (n, n_components) array
        The map.
    stress_ : float
        The sum of squares of what distances lack over all pairs, or stress-1.
    dissimilarity_matrix_ : (n, n) array
    n_iter_ : int
    n_features_in_ : int
    feature_names_in_ : array of str
        Where ``X`` was a data frame.
    result_ : FitResult
        All that the library says of the map.

    Examples
    --------
    >>> import mdscale
    >>> towns = [[0, 3, 4], [3, 0, 5], [4, 5, 0]]
    >>> mdscale.MDS(metric="precomputed", random_state=0).fit_transform(towns).shape
    (3, 2)
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        metric_mds: bool = True,
        n_init: Optional[int] = None,
        init: Optional[str] = None,
        max_iter: Optional[int] = None,
        verbose: int = 0,
        eps: Optional[float] = None,
        n_jobs: Optional[int] = None,
        random_state: Any = None,
        dissimilarity: Optional[str] = None,
        metric: Union[str, Callable[..., float]] = "euclidean",
        metric_params: Optional[Dict[str, Any]] = None,
        normalized_stress: Union[bool, str] = "auto",
        level: Optional[str] = None,
        effort: str = "normal",
    ) -> None:
        self.n_components = n_components
        self.metric_mds = metric_mds
        self.n_init = n_init
        self.init = init
        self.max_iter = max_iter
        self.verbose = verbose
        self.eps = eps
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.dissimilarity = dissimilarity
        self.metric = metric
        self.metric_params = metric_params
        self.normalized_stress = normalized_stress
        self.level = level
        self.effort = effort

    def _metric_in_use(self) -> Any:
        if self.dissimilarity not in (None, "deprecated"):
            return self.dissimilarity
        return "euclidean" if isinstance(self.metric, bool) else self.metric

    def _level(self) -> str:
        if self.level is not None:
            return self.level
        metric = self.metric if isinstance(self.metric, bool) else self.metric_mds
        return "ratio" if metric else "ordinal"

    def _check_metric(self) -> None:
        if self.dissimilarity not in (None, "deprecated"):
            if self.dissimilarity not in ("euclidean", "precomputed"):
                raise ValueError(f"dissimilarity must be 'euclidean' or 'precomputed', not {self.dissimilarity!r}")
            if not isinstance(self.metric, bool) and self.metric != "euclidean":
                raise ValueError("You provided both `dissimilarity` and `metric`; they are one parameter: use `metric`")
        if not isinstance(self.metric, bool):
            super()._check_metric()

    def _check(self) -> None:
        _smacof.positive("n_components", self.n_components)
        for name in ("n_init", "max_iter"):
            if getattr(self, name) is not None:
                _smacof.positive(name, getattr(self, name))
        if self.init not in (None, "random", "classical_mds"):
            raise ValueError(f"init must be 'random', 'classical_mds' or None, not {self.init!r}; an array goes to fit")
        if self.eps is not None and not self.eps >= 0:
            raise ValueError(f"eps must not be negative, as {self.eps!r} is")
        if self.normalized_stress not in (True, False, "auto"):
            raise ValueError(f"normalized_stress must be True, False or 'auto', not {self.normalized_stress!r}")

    def fit(self, X: Any, y: Any = None, init: Any = None) -> "MDS":
        """Scale ``X``.

        Parameters
        ----------
        X : (n, m) array or data frame
            Features, or dissimilarities where ``metric`` is "precomputed": in any form that ``mdscale.fit`` takes.
        y : ignored
        init : (n, n_components) array, optional
            The starting configuration, for scikit-learn's algorithm.

        Returns
        -------
        MDS
            Itself.
        """
        self._check()
        threads = _smacof.threads_of(self.n_jobs)
        labels = self._dissimilarities(X, threads)
        theirs = any(given is not None for given in (init, self.init, self.max_iter, self.eps))
        result = self._theirs(init, labels, threads) if theirs else self._ours(threads)
        if result.labels is None and labels is not None:
            result = replace(result, labels=labels)
        level = self._level()
        normalized = level != "ratio" if self.normalized_stress == "auto" else bool(self.normalized_stress)
        self.result_ = result
        self.embedding_ = result.x
        self.n_iter_ = max(1, result.iterations)
        self.stress_ = _smacof.final_stress(self.dissimilarity_matrix_, result, level, normalized)
        return self

    def _ours(self, threads: int) -> FitResult:
        seed, level = self.random_state, self._level()
        if not isinstance(seed, (int, np.integer)):
            seed = _smacof.generator(seed).randint(2**31 - 1)

        def tell(iteration: int, step: float, loss: float, moves: int) -> None:
            print(f"Iteration {iteration}, loss {loss:.6g}")

        result = fit(
            self.dissimilarity_matrix_, self.n_components, level=level, ties=_smacof.ties_of(level), starts=self.n_init or 0,
            effort=self.effort, seed=int(seed), threads=threads, progress=tell if self.verbose >= 2 else None,
        )
        if self.verbose:
            print(f"{result.method}: {result.best_count} of {result.starts} starts ended in this map, stress-1 "
                  f"{result.stress1:.6g}, {result.iterations} iterations, {result.seconds:.3g} s")
        return result

    def _theirs(self, init: Any, labels: _inputs.Labels, threads: int) -> FitResult:
        square = self.dissimilarity_matrix_
        if init is not None:
            init = _inputs.companion("init", init, labels, square=False)
        elif self.init == "classical_mds":
            init = flipped(classical(square, self.n_components, threads=threads).x)
            lengths = np.abs(init).max(0)
            init[:, lengths < 1e-7 * lengths.max()] = 0.0  # rounding of data with fewer dimensions
        return _smacof.runs(
            square, self.n_components, init, self._level(), self.n_init or 1, self.max_iter or 300,
            1e-6 if self.eps is None else self.eps, self.verbose, self.random_state, threads,
        )

    def fit_transform(self, X: Any, y: Any = None, init: Any = None) -> Any:
        """``fit``, and the map.

        Parameters
        ----------
        X : (n, m) array or data frame
            Features, or dissimilarities where ``metric`` is "precomputed".
        y : ignored
        init : (n, n_components) array, optional
            The starting configuration, for scikit-learn's algorithm.

        Returns
        -------
        (n, n_components) array
        """
        return self.fit(X, init=init).embedding_


    def transform(self, X: Any) -> Any:
        """Places for new objects in the map, which stays as it is; each is placed by itself.

        Parameters
        ----------
        X : (count, m) array or data frame
            Features, or the dissimilarities to the n objects of the map where ``metric`` is "precomputed". NaN is
            missing there.

        Returns
        -------
        (count, n_components) array
            An object at distance 0 from one of the map gets the place of that. Where only the order of dissimilarities
            counts, or a curve through them, they are read off that curve first.
        """
        rows = self._new(X)
        if self._level() != "ratio":
            rows = self._through_the_curve(rows)
        return place(self.embedding_, rows, threads=_smacof.threads_of(self.n_jobs)).x

    def _through_the_curve(self, rows: np.ndarray) -> np.ndarray:
        """What dissimilarities become in this map: between the known ones straight lines, beyond them the last. Only 0
        becomes 0, which is the same object."""
        level = self._level()
        diagram = shepard(self.dissimilarity_matrix_, self.embedding_, level=level, ties=_smacof.ties_of(level))
        if not len(diagram.disparities):
            return rows
        given, first = np.unique(diagram.dissimilarities, return_index=True)
        wanted = np.add.reduceat(diagram.disparities, first) / np.diff([*first, len(diagram.disparities)])
        return np.where(rows == 0, 0.0, np.maximum(np.interp(rows, given, wanted), 1e-9 * wanted.max()))


def flipped(x: np.ndarray) -> np.ndarray:
    """Each axis reflected so that its largest coordinate in size is positive, as scikit-learn turns axes."""
    largest = x[np.abs(x).argmax(0), np.arange(x.shape[1])]
    return x * np.where(largest < 0, -1.0, 1.0)


class ClassicalMDS(Scaling):
    """Classical scaling with the parameters and attributes of ``sklearn.manifold.ClassicalMDS``.

    Parameters
    ----------
    n_components : int
        Dimensions of the map.
    metric : str or callable
        "precomputed", a name of ``mdscale.metrics()``, one of SciPy's or scikit-learn's where these are installed, or
        a function of two rows.
    metric_params : dict, optional
        More arguments of the metric.
    n_jobs : int, optional
        Threads; None and -1 are all cores. The result has the same bits at any number.

    Attributes
    ----------
    embedding_ : (n, n_components) array
        The map, with axes reflected as scikit-learn reflects them. An axis whose eigenvalue is not positive is 0.
    eigenvalues_ : (n_components,) array
    dissimilarity_matrix_ : (n, n) array
    n_features_in_ : int
    feature_names_in_ : array of str
        Where ``X`` was a data frame.
    result_ : FitResult
        All that the library says of the map.

    Examples
    --------
    >>> import mdscale
    >>> towns = [[0, 3, 4], [3, 0, 5], [4, 5, 0]]
    >>> mdscale.ClassicalMDS(metric="precomputed").fit(towns).eigenvalues_.round(3)
    array([12.964,  3.703])
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        metric: Union[str, Callable[..., float]] = "euclidean",
        metric_params: Optional[Dict[str, Any]] = None,
        n_jobs: Optional[int] = None,
    ) -> None:
        self.n_components = n_components
        self.metric = metric
        self.metric_params = metric_params
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> "ClassicalMDS":
        """Scale ``X``.

        Parameters
        ----------
        X : (n, m) array or data frame
            Features, or dissimilarities where ``metric`` is "precomputed".
        y : ignored

        Returns
        -------
        ClassicalMDS
            Itself.
        """
        _smacof.positive("n_components", self.n_components)
        threads = _smacof.threads_of(self.n_jobs)
        labels = self._dissimilarities(X, threads)
        result = classical(self.dissimilarity_matrix_, self.n_components, threads=threads)
        self.result_ = replace(result, x=flipped(result.x), labels=labels)
        self.embedding_ = self.result_.x
        self._mean_squares = np.einsum("ij,ij->j", self.dissimilarity_matrix_, self.dissimilarity_matrix_) / len(result.x)
        squares = (self.embedding_**2).sum(0)
        known = [result.statistics.get(f"eigenvalue_{k + 1}", np.nan) for k in range(self.n_components)]
        self.eigenvalues_ = np.where(np.isnan(known), squares, known)
        return self

    def transform(self, X: Any) -> Any:
        """Where the axes of the map put new objects (Gower 1968); each by itself.

        Parameters
        ----------
        X : (count, m) array or data frame
            Features, or the dissimilarities to the n objects of the map where ``metric`` is "precomputed".

        Returns
        -------
        (count, n_components) array
        """
        rows = self._new(X)
        lengths = (self.embedding_**2).sum(0)
        axes = np.divide(self.embedding_, 2 * lengths, out=np.zeros_like(self.embedding_), where=lengths > 0)
        return np.array([(self._mean_squares - row**2) @ axes for row in rows]).reshape(len(rows), -1)
