"""Multidimensional scaling at the speed of the hardware.

Given the dissimilarities of n objects, place n points in p dimensions so that the distances between them
follow the dissimilarities::

    import numpy as np, mdscale

    result = mdscale.fit(d, dims=2, seed=42)
    result.x          # the map, n rows of p coordinates
    result.stress1    # how well it fits: 0 is perfect

``MDS`` and ``ClassicalMDS`` are the same in the form of scikit-learn's estimators, which needs no scikit-learn.

Everything is computed by the C library libmdscale; arrays pass through the buffer protocol without a copy
when they are C-contiguous float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from . import kernels
from ._fit import DegenerateMapWarning, FitResult, PatternResult, fit, methods, pattern_search
from ._mdscale import MdsError, isa_best, version
from ._measures import (
    PlaceResult,
    ProcrustesResult,
    ShepardResult,
    StressResult,
    classical,
    distances,
    metrics,
    place,
    procrustes,
    shepard,
    stress,
)
from ._plan import PlanResult, PlanStage, plan
from ._plot import plot
from ._smacof import smacof

if TYPE_CHECKING:
    from ._estimators import MDS, ClassicalMDS

__version__ = version()
__all__ = [
    "ClassicalMDS",
    "DegenerateMapWarning",
    "FitResult",
    "MDS",
    "MdsError",
    "PatternResult",
    "PlaceResult",
    "PlanResult",
    "PlanStage",
    "ProcrustesResult",
    "ShepardResult",
    "StressResult",
    "classical",
    "distances",
    "fit",
    "isa_best",
    "kernels",
    "methods",
    "metrics",
    "pattern_search",
    "place",
    "plan",
    "plot",
    "procrustes",
    "shepard",
    "smacof",
    "stress",
]


def __getattr__(name: str) -> Any:
    """The estimators, when they are wanted: their base classes are scikit-learn's, which takes a second to import."""
    if name in ("MDS", "ClassicalMDS"):
        from . import _estimators

        return getattr(_estimators, name)
    raise AttributeError(f"module 'mdscale' has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
