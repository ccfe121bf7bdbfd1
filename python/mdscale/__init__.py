"""Multidimensional scaling at the speed of the hardware.

Given the dissimilarities of n objects, place n points in p dimensions so that the distances between them
follow the dissimilarities::

    import numpy as np, mdscale

    result = mdscale.pattern_search(d, dims=2, seed=42)
    result.x          # the map, n rows of p coordinates
    result.stress     # sum over pairs of (d - distance)^2

Everything is computed by the C library libmdscale; arrays pass through the buffer protocol without a copy
when they are C-contiguous float64.
"""

from . import kernels
from ._mdscale import MdsError, isa_best, version
from ._pattern import PatternResult, pattern_search

__version__ = version()
__all__ = ["MdsError", "PatternResult", "isa_best", "kernels", "pattern_search"]
