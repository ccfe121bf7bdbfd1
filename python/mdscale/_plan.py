"""What a fit will take, before there are data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from . import _mdscale
from ._inputs import whole


@dataclass(frozen=True)
class PlanStage:
    """A stretch of a fit: ``least`` to ``most`` steps, each of so much. All ranks together, but for the network."""

    least: float  #: steps
    most: float
    pairs: float  #: dissimilarities that a step needs
    multiply_adds: float
    roots: float
    bytes: float  #: read from memory, at most
    network_bytes: float  #: that each rank receives
    seconds: float  #: of one step,
    network_seconds: float  #: of which the network takes so many


@dataclass(frozen=True)
class PlanResult:
    """What ``plan`` gives back."""

    method: str  #: the method that a fit would have
    rows: bool  #: whether the problem is kept as rows: nothing is as large as n^2
    all_pairs_are_many: bool  #: so many that "auto" goes by a sample of them
    ranks: int
    threads: int  #: of each rank
    shared_by: int  #: threads that share a pass over all pairs, at most
    isa: str
    memory_bytes: float  #: of each rank, at most, the input among them
    input_bytes: float
    machine_bytes: float  #: that can be had on this machine now; 0: not known
    start: Optional[PlanStage]
    rounds: Optional[PlanStage]  #: descent over sampled pairs, if there is any
    passes: Optional[PlanStage]  #: iterations over all pairs, if there are any
    stress: Optional[PlanStage]
    least_seconds: float  #: all of it
    most_seconds: float


def plan(
    objects: int,
    features: int = 0,
    dims: int = 2,
    *,
    pairs: int = 0,
    metric: str = "euclidean",
    method: str = "auto",
    effort: str = "normal",
    ranks: int = 1,
    threads: int = 0,
    latency: float = 20e-6,
    bandwidth: float = 1e9,
    isa: str = "auto",
) -> PlanResult:
    """What a fit of so many objects will do, how much memory it takes, and how long on this machine, without data.

    The rates of this machine are measured meanwhile, for some tenths of a second, in which it should do nothing else.
    How many steps a fit takes hangs on the data, so that is a range.

    Parameters
    ----------
    objects, features
        How many objects, and how many features each of them has; 0: dissimilarities are given.
    pairs
        How many of them are, where not all are known; 0: all, as a matrix.
    dims, metric, method, effort, isa
        As ``mdscale.fit`` has them.
    ranks, threads
        Processes started by ``mpirun``, each on a machine like this one, and threads of each; 0: one per core.
    latency, bandwidth
        Of the network: seconds that a message takes, and bytes that a process receives in a second.

    Examples
    --------
    >>> import mdscale
    >>> plan = mdscale.plan(200_000, features=64, threads=2)
    >>> plan.method, plan.rows, plan.all_pairs_are_many
    ('auto', True, True)
    >>> plan.rounds.most, plan.passes
    (1000.0, None)
    """
    facts = _mdscale.plan(
        whole("objects", objects, 1, 10**15),
        whole("features", features, 0, 10**9),
        whole("pairs", pairs, 0, 10**15),
        whole("dims", dims, 1, 1000),
        method,
        effort,
        metric,
        isa,
        whole("threads", threads, 0, 4096),
        whole("ranks", ranks, 1, 1 << 20),
        latency,
        bandwidth,
    )
    for name in ("start", "rounds", "passes", "stress"):
        facts[name] = PlanStage(**facts[name]) if facts[name] else None
    return PlanResult(**facts)
