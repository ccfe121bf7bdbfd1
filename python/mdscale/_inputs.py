"""What people hand over, as the arrays that the library takes: C-contiguous float64."""

from __future__ import annotations

from operator import index
from typing import Any, List, Optional, Sequence, Tuple

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
            f"stored in it would be a zero. Pass {name}.toarray(), with NaN where nothing is known; fit takes one as pairs="
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
    try:
        values = np.asarray(values)
    except ValueError as error:  # rows of several lengths
        raise ValueError(f"{name} is no array: {error}") from None
    if np.iscomplexobj(values):
        raise TypeError(f"{name} must hold real numbers, not {values.dtype}")
    try:
        return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from None


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
        square = repair(square, float(np.finfo(kind).eps), square is d)
    if square.shape[0] == square.shape[1]:
        square = fill_half(square, square is d)
    return square, labels


def feature_rows(features: Any, metric: str) -> Tuple[np.ndarray, Labels]:
    """Features as a matrix, nothing missing but for "gower", and the labels of a frame's rows."""
    labels = axis_labels(features.index) if is_frame(features) else None
    rows = numbers("features", features, masked=np.nan if metric == "gower" else None)
    if rows.ndim != 2:
        raise ValueError(f"features must have two dimensions, not {rows.ndim}")
    return rows, labels


PAIR = np.dtype([("i", np.uintp), ("j", np.uintp), ("delta", np.float64), ("weight", np.float64)])  # mds_pair


def sparse_pairs(pairs: Any) -> Tuple[np.ndarray, int]:
    """Pairs, each once, as the library takes them, and the number of objects: from (i, j, d[, w]) or a SciPy matrix."""
    weight: Any = None
    if hasattr(pairs, "tocoo") and hasattr(pairs, "nnz"):
        stored = pairs.tocsr().tocoo()  # where repeated entries have been added, as SciPy means them
        if stored.shape[0] != stored.shape[1]:
            raise ValueError(f"pairs is not square: {stored.shape[0]} x {stored.shape[1]}")
        i, j, delta, n = stored.row, stored.col, np.asarray(stored.data, dtype=np.float64), stored.shape[0]
    else:
        if len(pairs) not in (3, 4):
            raise ValueError(f"pairs must be (i, j, d) or (i, j, d, w), not {len(pairs)} arrays")
        i, j = (np.asarray(one) for one in pairs[:2])
        delta = numbers("d of pairs", pairs[2], masked=np.nan)
        weight = None if len(pairs) == 3 else numbers("w of pairs", pairs[3], masked=0.0)
        if i.dtype.kind not in "iu" or j.dtype.kind not in "iu":
            raise TypeError(f"i and j of pairs must hold whole numbers, not {i.dtype} and {j.dtype}")
        if not i.shape == j.shape == delta.shape == (delta if weight is None else weight).shape or i.ndim != 1:
            raise ValueError("the arrays of pairs must be vectors of one length")
        if len(i) and min(i.min(), j.min()) < 0:
            raise ValueError("pairs counts objects from 0, and has a negative one")
        n = int(max(i.max(), j.max())) + 1 if len(i) else 0
    made = np.empty(len(delta), dtype=PAIR)
    made["i"], made["j"] = np.minimum(i, j), np.maximum(i, j)
    made["delta"], made["weight"] = delta, 1.0 if weight is None else weight
    own = (made["i"] == made["j"]) & (made["delta"] != 0) & ~np.isnan(made["delta"])
    if own.any():
        first = made[np.argmax(own)]
        raise ValueError(f"pairs has {first['delta']} for object {first['i']} and itself, which is 0")
    made = made[(made["i"] != made["j"]) & ~np.isnan(made["delta"]) & (made["weight"] != 0)]
    return merge_pairs(made), n


def merge_pairs(made: np.ndarray) -> np.ndarray:
    """Each pair once, as the mean of what it is given as, which may differ by rounding only."""
    made = made[np.lexsort((made["j"], made["i"]))]
    new = np.ones(len(made), dtype=bool)
    new[1:] = (made["i"][1:] != made["i"][:-1]) | (made["j"][1:] != made["j"][:-1])
    if new.all():
        return made
    first = np.flatnonzero(new)
    for name in ("delta", "weight"):
        low, high = np.minimum.reduceat(made[name], first), np.maximum.reduceat(made[name], first)
        apart = high - low > 1e-6 * np.abs(high)
        if apart.any():
            at = int(np.argmax(apart))
            one = made[first[at]]
            what = "dissimilarity" if name == "delta" else "weight"
            raise ValueError(f"the {what} of objects {one['i']} and {one['j']} is given as {low[at]} and as {high[at]}")
        made[name][first] = low + (high - low) / 2
    return made[first]


COLUMNS = ("number", "category", "presence")  # mds_column


def column_numbers(columns: Optional[Sequence[str]]) -> Optional[List[int]]:
    """What each feature is, as the library takes it."""
    if columns is None:
        return None
    unknown = [word for word in columns if word not in COLUMNS]
    if unknown:
        raise ValueError(f"columns: {unknown[0]!r} is not one of {', '.join(COLUMNS)}")
    return [COLUMNS.index(word) for word in columns]


def fill_half(square: np.ndarray, borrowed: bool) -> np.ndarray:
    """With both halves where one of them is missing altogether."""
    n = len(square)
    if n < 2 or np.isnan(square[0, -1]) == np.isnan(square[-1, 0]):
        return square
    given = square if np.isnan(square[0, -1]) else square.T
    if not all(np.isnan(given[i, i + 1 :]).all() for i in range(n - 1)):
        return square
    square = square.copy() if borrowed else square
    given = square if np.isnan(square[0, -1]) else square.T
    for i in range(n - 1):
        given[i, i + 1 :] = given[i + 1 :, i]
    return square


def repair(square: np.ndarray, eps: float, borrowed: bool) -> np.ndarray:
    """Without the asymmetry and the diagonal that rounding to a precision of ``eps`` leaves; more stays as it is.

    Returns ``square`` where nothing is to be done; ``borrowed``: what it holds must stay. Float64 with a zero diagonal
    is not searched: the library itself allows for rounding there.
    """
    diagonal = np.abs(np.diagonal(square)).max(initial=0.0)
    if not diagonal > 0 and eps < 1e-15:
        return square
    bound = 8 * eps * max(np.nanmax(square, initial=0.0), -np.nanmin(square, initial=0.0))
    equal, apart = halves(square, 0.0, bound)
    if apart is not None or not diagonal <= bound or (equal and not diagonal):
        return square
    if borrowed:
        square = square.copy()
    average_halves(square)
    square[(square < 0) & (square >= -bound)] = 0.0
    np.fill_diagonal(square, 0.0)
    return square


BLOCK = 256  # rows that are compared at a time, so that no second matrix is made


def halves(square: np.ndarray, relative: float, absolute: float) -> Tuple[bool, Optional[Tuple[int, int]]]:
    """Whether both halves are the same, and where they differ the most, if by more than is allowed."""
    equal, worst, place = True, 0.0, None
    for at in range(0, len(square), BLOCK):
        lower, upper = square[at : at + BLOCK], square[:, at : at + BLOCK].T
        if np.array_equal(lower, upper, equal_nan=True):
            continue
        equal = False
        with np.errstate(invalid="ignore"):  # infinity - infinity
            beyond = np.abs(lower - upper) - (absolute + relative * np.abs(upper))
        beyond[np.isnan(lower) != np.isnan(upper)] = np.inf
        beyond = np.nan_to_num(beyond, nan=0.0, posinf=np.inf)
        i, j = np.unravel_index(int(np.argmax(beyond)), beyond.shape)
        if beyond[i, j] > worst:
            worst, place = float(beyond[i, j]), (min(at + int(i), int(j)), max(at + int(i), int(j)))
    return equal, place


def average_halves(square: np.ndarray) -> None:
    """Make it symmetric in place."""
    for at in range(0, len(square), BLOCK):
        lower, upper = square[at : at + BLOCK, at:], square[at:, at : at + BLOCK].T
        mean = (lower + upper) / 2
        square[at : at + BLOCK, at:] = mean
        square[at:, at : at + BLOCK] = mean.T


def columns_like(labels: Labels, frame: Any) -> Any:
    """A frame of new objects with its columns in the order of a map's objects."""
    columns = axis_labels(frame.columns)
    if labels is None or columns is None:
        return frame
    order = match(labels, columns, "the map", "the columns")
    return frame if order is None else frame.iloc[:, order]


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
