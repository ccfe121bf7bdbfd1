"""Sparse pairs: arrays and SciPy matrices of them, the same as the matrix that they make."""
import numpy as np
import pytest

import mdscale

RING = 10_100  # objects: too many for a matrix


@pytest.fixture(scope="module")
def near():
    """Some pairs of points in the plane, all of which they join, and the matrix that misses the others."""
    points = np.random.default_rng(1).random((120, 2))
    d = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    i, j = np.where((d < 0.3) & (np.arange(120)[:, None] < np.arange(120)))
    square = np.full(d.shape, np.nan)
    square[i, j] = square[j, i] = d[i, j]
    np.fill_diagonal(square, 0)
    return i, j, d[i, j], square


@pytest.fixture(scope="module")
def ring():
    k = np.arange(RING)
    return np.concatenate([k, k]), np.concatenate([(k + 1) % RING, (k + 2) % RING]), np.repeat([1.0, 2.0], RING)


def test_the_same_as_the_matrix(near):
    i, j, d, square = near
    expected = mdscale.fit(square, iterations=50)
    for pairs in ((i, j, d), (j, i, d), (i[::-1].tolist(), j[::-1].tolist(), d[::-1].tolist()),
                  (np.r_[i, j, 3], np.r_[j, i, 3], np.r_[d, d, 0]), (i, j, d, np.ones(len(d)))):
        result = mdscale.fit(pairs=pairs, iterations=50)
        assert np.array_equal(result.x, expected.x)
        assert result.stress1 == expected.stress1


def test_weights(near):
    i, j, d, square = near
    weights = np.zeros_like(square)
    weights[i, j] = weights[j, i] = 1 + d
    expected = mdscale.fit(square, weights=weights, method="smacof", iterations=5)
    result = mdscale.fit(pairs=(i, j, d, 1 + d), method="smacof", iterations=5)
    assert np.array_equal(result.x, expected.x)
    without = mdscale.fit(pairs=(np.r_[i, 0], np.r_[j, 99], np.r_[d, 7], np.r_[1 + d, 0]), method="smacof", iterations=5)
    assert np.array_equal(without.x, expected.x)


def test_sparse_matrices(near):
    sparse = pytest.importorskip("scipy.sparse")
    i, j, d, _ = near
    expected = mdscale.fit(pairs=(i, j, d), iterations=50)
    for kind in (sparse.csr_matrix, sparse.coo_matrix, sparse.csc_array):
        half = kind((d, (i, j)), shape=(120, 120))
        for matrix in (half, half + half.T):
            assert np.array_equal(mdscale.fit(pairs=matrix, iterations=50).x, expected.x)


def test_more_objects_than_a_matrix_holds(ring):
    result = mdscale.fit(pairs=ring, iterations=20)
    assert result.x.shape == (RING, 2)
    assert result.pairs == 2 * RING
    assert result.stress1 < 0.06
    assert np.array_equal(mdscale.fit(pairs=ring, iterations=20, threads=1).x, result.x)
    mdscale.fit(pairs=ring, iterations=2, method="smacof", weights="inverse-square", init=result.x)
    with pytest.raises(mdscale.MdsError, match="level ordinal needs the dissimilarities as a matrix"):
        mdscale.fit(pairs=ring, level="ordinal")


def test_completion():
    chain = mdscale.fit(pairs=([0, 1, 2], [1, 2, 3], [1.0, 2.0, 3.0]), completion="paths", dims=1)
    assert chain.pairs == 6
    assert np.allclose(np.sort(np.abs(np.diff(chain.x[:, 0]))), [1, 2, 3])


@pytest.mark.parametrize("pairs, words", [
    (([0], [1]), "must be .i, j, d. or"),
    (([0, 1], [1, 2], [1.0]), "of one length"),
    (([0.0], [1.0], [1.0]), "whole numbers"),
    (([0, -1], [1, 2], [1.0, 1.0]), "counts objects from 0"),
    (([0, 2], [1, 2], [1.0, 3.0]), "3.0 for object 2 and itself"),
    (([0, 1], [1, 0], [1.0, 2.0]), "objects 0 and 1 is given as 1.0 and as 2.0"),
    (([0, 2], [1, 3], [1.0, 1.0]), "no chain of pairs joins object 2 to object 0"),
    (([0, 1], [1, 2], [1.0, -1.0]), "the dissimilarity is -1"),
    (([], [], []), "whole numbers|no pairs"),
])
def test_what_is_refused(pairs, words):
    with pytest.raises((TypeError, ValueError), match=words):
        mdscale.fit(pairs=pairs)


def test_what_does_not_go_together(near):
    i, j, d, square = near
    with pytest.raises(ValueError, match="stand beside them"):
        mdscale.fit(pairs=(i, j, d), weights=np.ones(square.shape))
    with pytest.raises(TypeError, match="either d, dissimilarities, or features, or pairs"):
        mdscale.fit(square, pairs=(i, j, d))
    with pytest.raises(ValueError, match="completion 'ways'"):
        mdscale.fit(pairs=(i, j, d), completion="ways")
    with pytest.raises(ValueError, match="init has 7 rows"):
        mdscale.fit(pairs=(i, j, d), init=square[:7, :2])
