"""What people hand over: masks, condensed vectors, frames, lists, single precision. Right, or refused by name."""

import mdscale
import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def d(rng):
    return mdscale.distances(rng.normal(size=(12, 4)))


def same(a, b):
    assert np.array_equal(a.x, b.x) and a.loss == b.loss


def test_a_mask_is_missing_and_not_dropped(d):
    mask = np.zeros(d.shape, bool)
    mask[2, 5] = mask[5, 2] = True
    missing = np.where(mask, np.nan, d)
    wrong = np.where(mask, 1e6, d)  # what lies under the mask must not count
    result = mdscale.fit(np.ma.array(wrong, mask=mask), seed=1)
    same(result, mdscale.fit(missing, seed=1))
    assert result.pairs == 12 * 11 // 2 - 1
    assert mdscale.stress(np.ma.array(wrong, mask=mask), result.x).raw == mdscale.stress(missing, result.x).raw
    weights = np.ma.array(np.full(d.shape, 1.0), mask=mask)
    same(mdscale.fit(d, weights=weights, seed=1), mdscale.fit(d, weights=np.where(mask, 0.0, 1.0), seed=1))
    same(mdscale.fit(np.ma.array(d), seed=1), mdscale.fit(d, seed=1))  # nothing masked


def test_one_half_is_enough(d):
    for keep in (np.tril, np.triu):
        half = np.where(keep(np.ones(d.shape)) > 0, d, np.nan)
        before = half.copy()
        same(mdscale.fit(half, seed=1), mdscale.fit(d, seed=1))
        assert np.array_equal(half, before, equal_nan=True)
        same(mdscale.fit(np.ma.masked_invalid(half), seed=1), mdscale.fit(d, seed=1))
    half[3, 2] = 1.0  # one more: no half
    with pytest.raises(mdscale.MdsError, match="one of them is missing"):
        mdscale.fit(half)


def test_a_mask_where_nothing_may_be_missing(rng, d):
    start = np.ma.array(rng.normal(size=(12, 2)))
    start[3, 1] = np.ma.masked
    with pytest.raises(ValueError, match="init has masked elements"):
        mdscale.fit(d, init=start)
    features = np.ma.masked_greater(rng.normal(size=(12, 3)), 1.0)
    with pytest.raises(ValueError, match="features has masked elements"):
        mdscale.distances(features)
    with pytest.raises(ValueError, match="X has masked elements"):
        mdscale.MDS().fit(features)


@pytest.mark.parametrize("n", [2, 3, 4, 17])
def test_condensed_vectors(rng, n):
    square = mdscale.distances(rng.normal(size=(n, 3)))
    condensed = square[np.triu_indices(n, 1)]  # SciPy's order
    same(mdscale.fit(condensed, seed=1), mdscale.fit(square, seed=1))
    mask = np.zeros(len(condensed), bool)
    mask[-1] = n > 2
    masked = mdscale.fit(np.ma.array(condensed, mask=mask), seed=1)
    assert masked.pairs == len(condensed) - (n > 2)


@pytest.mark.parametrize("length, words", [(0, "0 numbers"), (2, "2 objects have 1, 3 have 3"),
                                           (7, "4 objects have 6, 5 have 10")])
def test_vectors_that_are_not_condensed(length, words):
    with pytest.raises(ValueError, match=words):
        mdscale.fit(np.ones(length))


def test_lists_and_missing_items(d):
    same(mdscale.fit(d.tolist(), seed=1), mdscale.fit(d, seed=1))
    rows = d.tolist()
    rows[1][4] = rows[4][1] = None
    assert mdscale.fit(rows, seed=1).pairs == 12 * 11 // 2 - 1
    with pytest.raises(ValueError, match="d is no array|d must hold numbers"):
        mdscale.fit([[0, 1], [1]])
    with pytest.raises(ValueError, match="d must hold numbers: .*far"):
        mdscale.fit([[0, "far"], ["far", 0]])
    with pytest.raises(ValueError, match="two dimensions, or one"):
        mdscale.fit(np.zeros((2, 2, 2)))


def test_arrays_are_borrowed_and_unchanged(d):
    before = d.copy()
    model = mdscale.MDS(metric="precomputed", random_state=0).fit(d)
    assert np.array_equal(d, before)
    assert model.dissimilarity_matrix_ is d  # float64 and C-contiguous: not copied


@pytest.mark.parametrize("n", [1, 255, 256, 257, 600])
def test_halves_are_compared_and_averaged_in_blocks(rng, n):
    from mdscale._inputs import average_halves, halves

    square = rng.uniform(size=(n, n))
    mean = (square + square.T) / 2
    assert halves(mean, 0, 0) == (True, None)
    equal, apart = halves(square, 0, 0)
    if n > 1:
        gap = np.abs(square - square.T)
        assert not equal and gap[apart] == gap.max()
        holed = mean.copy()
        holed[n - 1, 0] = np.nan
        assert set(halves(holed, 1, 1)[1]) == {0, n - 1}
        assert halves(square, 0, 1) == (False, None)
    average_halves(square)
    assert np.array_equal(square, mean)


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_rounding_of_the_array_s_own_precision_is_corrected(rng, kind):
    rows = rng.normal(size=(20, 5))
    rows = (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(kind)
    cosine = (kind(1) - rows @ rows.T).astype(kind)
    cosine[3, 7] += np.spacing(cosine[3, 7])  # one last place
    np.fill_diagonal(cosine, np.finfo(kind).eps / 2)
    before = cosine.copy()
    result = mdscale.fit(cosine, seed=1)
    assert np.array_equal(cosine, before)
    exact = cosine.astype(float)
    exact = (exact + exact.T) / 2
    np.fill_diagonal(exact, 0)
    same(result, mdscale.fit(exact, seed=1))


def test_more_than_rounding_is_told(d):
    single = d.astype(np.float32)
    single[2, 3] *= 1.001
    with pytest.raises(mdscale.MdsError, match="row"):
        mdscale.fit(single)
    diagonal = d.copy()
    diagonal[4, 4] = 1e-6
    with pytest.raises(mdscale.MdsError, match="itself"):
        mdscale.fit(diagonal)
    rounded = d.copy()
    np.fill_diagonal(rounded, 1e-16)  # 1 - (a sum that is 1 but for rounding)
    same(mdscale.fit(rounded, seed=1), mdscale.fit(d, seed=1))
    assert rounded[0, 0] == 1e-16


def test_sparse_matrices_are_refused_by_name(d):
    sparse = pytest.importorskip("scipy.sparse")
    for kind in (sparse.csr_matrix, sparse.coo_array):
        for call in (mdscale.fit, mdscale.classical, mdscale.distances, mdscale.MDS().fit,
                     mdscale.MDS(metric="precomputed").fit):
            with pytest.raises(TypeError, match="(?i)sparse"):
                call(kind(d))


class TestFrames:
    @pytest.fixture
    def pandas(self):
        return pytest.importorskip("pandas")

    @pytest.fixture
    def frame(self, pandas, d):
        names = list("lkjihgfedcba")
        return pandas.DataFrame(d, index=names, columns=names)

    def test_labels_are_kept(self, frame, d):
        result = mdscale.fit(frame, seed=1)
        same(result, mdscale.fit(d, seed=1))
        assert result.labels == tuple(frame.index)
        table = result.frame()
        assert list(table.index) == list(frame.index) and list(table.columns) == ["dim1", "dim2"]
        assert np.array_equal(table.to_numpy(), result.x)
        assert mdscale.fit(d).labels is None
        assert list(mdscale.fit(d).frame().index) == list(range(12))

    def test_columns_in_another_order_are_matched(self, frame, d):
        shuffled = frame[sorted(frame.columns)]
        result = mdscale.fit(shuffled, seed=1)
        same(result, mdscale.fit(d, seed=1))
        assert result.labels == tuple(frame.index)

    def test_labels_on_one_side_are_enough(self, pandas, frame, d):
        for half in (pandas.DataFrame(d, index=frame.index), pandas.DataFrame(d, columns=frame.columns)):
            assert mdscale.fit(half, seed=1).labels == tuple(frame.index)

    def test_other_labels_are_refused(self, frame):
        with pytest.raises(ValueError, match="'l' is only in the rows of d, 'x' is only in the columns of d"):
            mdscale.fit(frame.rename(columns={"l": "x"}))
        with pytest.raises(ValueError, match="the columns of d have the label 'k' twice"):
            mdscale.fit(frame.rename(columns={"l": "k"}))

    def test_weights_start_and_map_follow_the_labels(self, pandas, rng, frame, d):
        weights = rng.uniform(1, 2, d.shape)
        weights += weights.T
        start = rng.normal(size=(12, 2))
        expected = mdscale.fit(d, init=start, weights=weights, method="smacof")
        order = rng.permutation(12)
        labelled = pandas.DataFrame(weights, index=frame.index, columns=frame.columns).iloc[order, order[::-1]]
        begin = pandas.DataFrame(start, index=frame.index).iloc[order]
        same(mdscale.fit(frame, init=begin, weights=labelled, method="smacof"), expected)
        there = pandas.DataFrame(expected.x, index=frame.index).iloc[order]
        assert mdscale.stress(frame, there, weights=labelled).raw == pytest.approx(expected.raw, rel=1e-12)
        with pytest.raises(ValueError, match="'l' is only in d, 'x' is only in init"):
            mdscale.fit(frame, init=begin.rename(index={"l": "x"}))

    def test_missing_cells_and_text(self, pandas, frame):
        frame = frame.astype("Float64")  # the kind that has pandas.NA
        frame.iloc[1, 2] = frame.iloc[2, 1] = pandas.NA
        assert mdscale.fit(frame).pairs == 12 * 11 // 2 - 1
        with pytest.raises(ValueError, match="does not hold numbers"):
            mdscale.fit(frame.astype(object).replace({frame.iloc[0, 1]: "far"}))

    def test_single_precision(self, frame, d):
        same(mdscale.fit(frame.astype(np.float32), seed=1), mdscale.fit(d.astype(np.float32), seed=1))
