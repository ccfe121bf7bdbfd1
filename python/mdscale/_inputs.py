"""What people hand over, as the arrays that the library takes: C-contiguous float64."""

from __future__ import annotations

from operator import index
from typing import Any, Optional, Sequence, Tuple

import numpy as np

Labels = Optional[Tuple[Any, ...]]


def whole(name: str, value: Any, least: int, most: int) -> int:
    number: int = index(value)
    if not least <= number <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {number}")
    return number


def level_of(level: str, ties: str, spline_degree: int, spline_knots: int) -> Tuple[str, str, int, int]:
    """A scale level as the library takes it; 0 of a spline's numbers is their default."""
    return (level, ties, whole("spline_degree", spline_degree, 0, 5), whole("spline_knots", spline_knots, 0, 20))


def numbers(name: str, values: Any, *, masked: Optional[float] = None) -> np.ndarray:
    """``values`` as float64; what a mask hides becomes ``masked``, or is refused where that is None.

    Anything but C-contiguous float64 is converted once: 8 bytes a number.
    """
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError(
            f"{name} is a sparse matrix ({type(values).__name__}), and sparse matrices are not supported: what is not "
            f"stored in it would be a zero. Pass {name}.toarray(), with NaN where nothing is known"
        )
    if is_frame(values):
        try:
            values = values.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} has a column that does not hold numbers: {error}") from None
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            if masked is None:
                raise ValueError(f"{name} has masked elements, and may have none missing")
            values = np.ma.asarray(values, dtype=np.float64).filled(masked)
        else:
            values = values.data
    values = np.asarray(values)
    if np.iscomplexobj(values):
        raise TypeError(f"{name} must hold real numbers, not {values.dtype}")
    return np.ascontiguousarray(values, dtype=np.float64)


def is_frame(values: Any) -> bool:
    """A pandas DataFrame, or what behaves like one."""
    return all(hasattr(values, name) for name in ("index", "columns", "to_numpy"))


def axis_labels(axis: Any) -> Labels:
    """The labels of a frame's rows or columns; None where nobody has given any."""
    if type(axis).__name__ == "RangeIndex":
        return None
    return tuple(axis)


def match(labels: Sequence[Any], others: Sequence[Any], what: str, whose: str) -> Optional[np.ndarray]:
    """Where each of ``labels`` stands among ``others``; None where they stand in the same order."""
    if tuple(labels) == tuple(others):
        return None
    places = {label: place for place, label in enumerate(others)}
    known = set(labels)
    for names, of in ((labels, what), (others, whose)):
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise ValueError(f"{of} have the label {twice!r} twice")
    lacking = [label for label in labels if label not in places]
    beyond = [label for label in others if label not in known]
    if lacking or beyond:
        parts = [f"{lacking[0]!r} is only in {what}"] if lacking else []
        parts += [f"{beyond[0]!r} is only in {whose}"] if beyond else []
        raise ValueError(f"the labels of {what} and of {whose} differ: {', '.join(parts)}")
    return np.array([places[label] for label in labels])


def unfold(name: str, condensed: np.ndarray) -> np.ndarray:
    """The square of a condensed vector in SciPy's order: d_01, d_02, ..., d_12, ..."""
    n = int((1 + np.sqrt(1 + 8 * len(condensed))) / 2 + 1e-9)
    if len(condensed) == 0 or n * (n - 1) // 2 != len(condensed):
        raise ValueError(
            f"{name} is a vector of {len(condensed)} numbers, which no number of objects has as its pairs: "
            f"{max(n, 2)} objects have {max(n * (n - 1) // 2, 1)}, {max(n, 2) + 1} have {max(n * (n + 1) // 2, 3)}"
        )
    square = np.zeros((n, n))
    at = 0
    for i in range(n - 1):
        row = condensed[at : at + n - 1 - i]
        square[i, i + 1 :] = row
        square[i + 1 :, i] = row
        at += n - 1 - i
    return square


def square_frame(name: str, values: Any) -> Tuple[Any, Labels]:
    """A frame with its columns in the order of its rows, and the labels."""
    rows, columns = axis_labels(values.index), axis_labels(values.columns)
    if rows is None or columns is None or len(rows) != len(columns):
        return values, rows if rows is not None else columns
    order = match(rows, columns, f"the rows of {name}", f"the columns of {name}")
    return (values if order is None else values.iloc[:, order]), rows


def dissimilarities(d: Any, name: str = "d", *, masked: float = np.nan) -> Tuple[np.ndarray, Labels]:
    """``d`` as a square matrix with NaN where something is missing, and the objects' labels."""
    labels: Labels = None
    kind = getattr(d, "dtype", None)
    if is_frame(d):
        d, labels = square_frame(name, d)
        kind = np.result_type(*d.dtypes) if all(isinstance(one, np.dtype) for one in d.dtypes) else None
    square = numbers(name, d, masked=masked)
    if square.ndim == 1:
        return unfold(name, square), labels
    if square.ndim != 2:
        raise ValueError(f"{name} must have two dimensions, or one (condensed), not {square.ndim}")
    if kind is not None and kind.kind == "f" and square.shape[0] == square.shape[1]:
        square = mend(square, float(np.finfo(kind).eps), square is d)
    return square, labels


def mend(square: np.ndarray, eps: float, borrowed: bool) -> np.ndarray:
    """Without the asymmetry and the diagonal that rounding to a precision of ``eps`` leaves; more stays as it is.

    Returns ``square`` where nothing is to be done; ``borrowed``: what it holds must stay. Float64 with a zero diagonal
    is not searched: the library itself allows for rounding there.
    """
    diagonal = np.abs(np.diagonal(square)).max(initial=0.0)
    if not diagonal > 0 and (eps < 1e-15 or np.array_equal(square, square.T, equal_nan=True)):
        return square
    bound = 8 * eps * np.nanmax(np.abs(square), initial=0.0)
    with np.errstate(invalid="ignore"):  # infinity - infinity
        uneven = np.nanmax(np.abs(square - square.T), initial=0.0)
    if not (diagonal <= bound and uneven <= bound) or not np.array_equal(np.isnan(square), np.isnan(square.T)):
        return square
    if borrowed:
        square = square.copy()
    square += square.T.copy()
    square /= 2
    square[(square < 0) & (square >= -bound)] = 0.0
    np.fill_diagonal(square, 0.0)
    return square


def named(name: str, values: Any, *, masked: Optional[float] = None) -> Tuple[np.ndarray, Labels]:
    """A map, or what else has a row for each object, and the objects' labels: from an array, a frame or a result."""
    if is_frame(values):
        return numbers(name, values, masked=masked), axis_labels(values.index)
    result = getattr(values, "result_", values)  # of an estimator
    if hasattr(result, "x") and hasattr(result, "labels"):
        return result.x, result.labels
    return numbers(name, values, masked=masked), None


def companion(name: str, values: Any, labels: Labels, *, masked: Optional[float] = None, square: bool) -> np.ndarray:
    """Weights, a start or a map that belong to labelled dissimilarities: in their order of the objects."""
    if square and is_frame(values):
        values, rows = square_frame(name, values)
        numeric = numbers(name, values, masked=masked)
    else:
        numeric, rows = named(name, values, masked=masked)
    order = match(labels, rows, "d", name) if labels is not None and rows is not None else None
    if order is None:
        return numeric
    return np.ascontiguousarray(numeric[np.ix_(order, order)] if square else numeric[order])
