"""The C library's functions."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from numpy import ndarray

class MdsError(ValueError): ...

def dist_from_point(x: Any, y: Any, out: Any = None) -> ndarray: ...
def mse(d_goal: Any, d: Any, /) -> float: ...
def update_distance_matrix(x: Any, d: Any, i: int, /) -> None: ...
def use_isa(name: str, /) -> str: ...
def fit(
    d: Any,
    x: Any,
    weights: Any,
    method: str,
    init: str,
    weighting: str,
    level: Tuple[str, str, int, int],
    loss: str,
    effort: str,
    starts: int,
    iterations: int,
    tolerance: float,
    huber: float,
    max_seconds: float,
    seed: int,
    threads: int,
    isa: str,
    options: Dict[str, Any],
    progress: Optional[Callable[[int, float, float, int], Any]],
    checkpoint: Optional[Callable[[bytes], Any]],
    checkpoint_seconds: float,
    resume: Optional[bytes],
    /,
) -> Dict[str, Any]: ...
def method_auto(n: int, p: int, /) -> str: ...
def methods() -> List[Dict[str, Any]]: ...
def metrics() -> List[str]: ...
def distances(
    features: Any,
    others: Any,
    out: Any,
    metric: str,
    exponent: float,
    scaling: str,
    columns: Optional[Sequence[int]],
    threads: int,
    isa: str,
    /,
) -> None: ...
def place(
    x: Any,
    d: Any,
    weights: Any,
    out: Any,
    stress: Any,
    loss: str,
    huber: float,
    starts: int,
    iterations: int,
    tolerance: float,
    seed: int,
    threads: int,
    isa: str,
    progress: Optional[Callable[[int, float, float, int], Any]],
    /,
) -> None: ...
def plan(
    objects: int,
    features: int,
    pairs: int,
    dims: int,
    method: str,
    effort: str,
    metric: str,
    isa: str,
    threads: int,
    ranks: int,
    latency: float,
    bandwidth: float,
    /,
) -> Dict[str, Any]: ...
def procrustes(reference: Any, x: Any, scaling: bool, /) -> Dict[str, float]: ...
def stress(
    d: Any, weights: Any, x: Any, per_point: Any, level: Tuple[str, str, int, int], threads: int, isa: str, /
) -> Dict[str, Any]: ...
def disparities(
    d: Any, weights: Any, x: Any, out: Any, level: Tuple[str, str, int, int], threads: int, isa: str, /
) -> None: ...
def version() -> str: ...
def isa_best() -> str: ...
