"""The inner loops, for programs that bring their own outer loop.

Arrays are C-contiguous float64 (anything with the buffer protocol). The GIL is released while they run.
"""

from ._mdscale import dist_from_point, mse, update_distance_matrix, use_isa

__all__ = ["dist_from_point", "mse", "update_distance_matrix", "use_isa"]
