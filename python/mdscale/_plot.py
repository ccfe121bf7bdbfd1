"""A map on matplotlib's axes. matplotlib is imported when it is wanted."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from ._inputs import named


def plot(
    x: Any,
    ax: Any = None,
    *,
    labels: Optional[Sequence[Any]] = None,
    groups: Optional[Sequence[Any]] = None,
    dims: Sequence[int] = (0, 1),
    **options: Any,
) -> Any:
    """Draw a map: equal scales on both axes, a point for each object.

    Parameters
    ----------
    x : FitResult, fitted estimator, (n, p) array or data frame
        The map.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes when left out.
    labels : sequence of n, optional
        What is written beside the points; those of the result when left out, and nothing where it is empty.
    groups : sequence of n, optional
        Points of one group get one colour, and the legend tells which.
    dims : pair of int
        The dimensions to show, counted from 0. A map on a line is drawn on a line.
    **options
        For ``Axes.scatter``.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import mdscale
    >>> axes = mdscale.plot(mdscale.fit([[0, 3, 4], [3, 0, 5], [4, 5, 0]]), labels="ABC")  # doctest: +SKIP
    """
    points, own = named("x", x)
    labels = own if labels is None else labels
    if points.ndim != 2:
        raise ValueError(f"a map has two dimensions, n x p, not {points.ndim}")
    for name, given in (("labels", labels), ("groups", groups)):
        if given is not None and len(given) not in ({0, len(points)} if name == "labels" else {len(points)}):
            raise ValueError(f"there are {len(given)} {name} for {len(points)} objects")
    if points.shape[1] == 1:
        points, dims = np.column_stack([points, np.zeros(len(points))]), (0, 1)
    if len(dims) != 2 or not all(0 <= k < points.shape[1] for k in dims):
        raise ValueError(f"dims must be two of the dimensions 0 to {points.shape[1] - 1}, not {tuple(dims)}")
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(layout="constrained").add_subplot()
    if groups is None:
        ax.scatter(points[:, dims[0]], points[:, dims[1]], **options)
    else:
        kinds = np.asarray(groups)
        for kind in dict.fromkeys(kinds.tolist()):
            of_kind = points[kinds == kind]
            ax.scatter(of_kind[:, dims[0]], of_kind[:, dims[1]], label=str(kind), **options)
        ax.legend()
    if labels is not None:
        for label, point in zip(labels, points):
            ax.annotate(str(label), (point[dims[0]], point[dims[1]]), xytext=(3, 3), textcoords="offset points")
    ax.set_aspect("equal", adjustable="datalim")
    return ax
