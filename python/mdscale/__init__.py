"""Multidimensional scaling at the speed of the hardware.

Given the dissimilarities of n objects, place n points in p dimensions so that the distances between them
follow the dissimilarities::

    import numpy as np, mdscale

    result = mdscale.fit(d, dims=2, seed=42)
    result.x          # the map, n rows of p coordinates
    result.stress1    # how well it fits: 0 is perfect

Everything is computed by the C library libmdscale; arrays pass through the buffer protocol without a copy
when they are C-contiguous float64.
"""

from . import kernels
from ._mdscale import MdsError, isa_best, version
from ._fit import FitResult, PatternResult, fit, methods, pattern_search

__version__ = version()
__all__ = ["FitResult", "MdsError", "PatternResult", "fit", "isa_best", "kernels", "methods", "pattern_search"]
