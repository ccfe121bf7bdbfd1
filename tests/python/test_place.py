"""New objects in a map, maps turned onto each other, and transform of the estimators."""

import mdscale
import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(9)


@pytest.fixture
def known(rng):
    return rng.normal(size=(40, 2))


def lack(x, row, y):
    return ((row - np.sqrt(((x - y) ** 2).sum(1))) ** 2).sum()


def test_new_objects_get_their_places(rng, known):
    new = rng.normal(size=(6, 2))
    rows = mdscale.distances(known, others=new)
    placed = mdscale.place(known, rows)
    np.testing.assert_allclose(placed.x, new, atol=1e-7)
    assert (placed.stress < 1e-7).all()
    rows[:, 7] = np.nan
    rows[2, 20:] = np.nan
    np.testing.assert_allclose(mdscale.place(known, rows).x, new, atol=1e-6)
    hidden = np.ma.masked_invalid(np.where(np.isnan(rows), 99.0, rows))
    hidden[np.isnan(rows)] = np.ma.masked
    assert np.array_equal(mdscale.place(known, hidden).x, mdscale.place(known, rows).x)
    assert np.array_equal(mdscale.place(known, rows[3]).x, mdscale.place(known, rows).x[3:4])  # a vector is one object


def test_each_by_itself_and_no_worse_than_its_neighbourhood(rng, known):
    rows = rng.uniform(0.5, 2, (12, 40))
    placed = mdscale.place(known, rows)
    for threads in (1, 3):
        assert np.array_equal(mdscale.place(known, rows, threads=threads).x, placed.x)
    for i, row in enumerate(rows):
        assert np.array_equal(mdscale.place(known, rows[i : i + 1]).x[0], placed.x[i])
        least = lack(known, row, placed.x[i])
        assert placed.stress[i] == pytest.approx(np.sqrt(least / (row**2).sum()), rel=1e-10)
        around = [lack(known, row, placed.x[i] + step) for step in rng.normal(size=(50, 2)) * 0.05]
        assert min(around) > least
        grid = [lack(known, row, np.array([a, b])) for a in np.linspace(-3, 3, 41) for b in np.linspace(-3, 3, 41)]
        assert least < min(grid) + 1e-9  # the best of all its minima


def test_weights_and_losses(rng, known):
    rows = mdscale.distances(known, others=rng.normal(size=(3, 2)))
    right = mdscale.place(known, rows).x
    rows[:, :3] *= 5
    weights = np.ones_like(rows)
    weights[:, :3] = 0
    np.testing.assert_allclose(mdscale.place(known, rows, weights=weights).x, right, atol=1e-6)
    np.testing.assert_allclose(mdscale.place(known, rows, loss="absolute").x, right, atol=0.02)
    assert np.abs(mdscale.place(known, rows).x - right).max() > 0.1


@pytest.mark.parametrize("change, words", [
    (lambda d: d.__setitem__((1, 2), -1.0), "row 2, column 3: the dissimilarity is -1"),
    (lambda d: d.__setitem__((1, slice(None)), np.nan), "known"),
    (lambda d: d.__setitem__((1, 2), np.inf), "inf"),
])
def test_rows_that_will_not_do(rng, known, change, words):
    rows = mdscale.distances(known, others=rng.normal(size=(3, 2)))
    change(rows)
    with pytest.raises(mdscale.MdsError, match=words):
        mdscale.place(known, rows)


def test_shapes_that_do_not_fit(known):
    with pytest.raises(ValueError, match="d has 39 columns where the map has 40 objects"):
        mdscale.place(known, np.ones((2, 39)))
    with pytest.raises(ValueError, match="weights is 1 x 40 instead of 2 x 40"):
        mdscale.place(known, np.ones((2, 40)), weights=np.ones((1, 40)))
    with pytest.raises(ValueError, match="others have 3 features instead of 2"):
        mdscale.distances(known, others=np.ones((1, 3)))


def test_progress_ends_it_and_its_errors_come_through(rng, known):
    rows = mdscale.distances(known, others=rng.normal(size=(5000, 2)))
    with pytest.raises(ZeroDivisionError):
        mdscale.place(known, rows, progress=lambda *told: 1 / 0)
    ended = mdscale.place(known, rows, progress=lambda *told: False)
    assert np.isnan(ended.x).any()


def test_columns_follow_the_labels_of_the_map(rng, known):
    pandas = pytest.importorskip("pandas")
    names = [f"object {i}" for i in range(40)]
    square = pandas.DataFrame(mdscale.distances(known), index=names, columns=names)
    result = mdscale.fit(square, seed=1)
    order = rng.permutation(40)
    rows = pandas.DataFrame(mdscale.distances(known, others=rng.normal(size=(3, 2))), index=list("abc"), columns=names)
    placed = mdscale.place(result, rows.iloc[:, order])
    assert np.array_equal(placed.x, mdscale.place(result.x, rows.to_numpy()).x) and placed.labels == ("a", "b", "c")
    with pytest.raises(ValueError, match="'object 0' is only in the map, 'x' is only in the columns"):
        mdscale.place(result, rows.rename(columns={"object 0": "x"}))
    turned = mdscale.procrustes(pandas.DataFrame(known, index=names).iloc[order], result)
    assert turned.r2 == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(turned.x, known[order], atol=1e-4)


def test_procrustes(rng):
    one, other = rng.normal(size=(2, 15, 3))
    turned = mdscale.procrustes(one, other)
    a, b = one - one.mean(0), other - other.mean(0)
    u, values, v = np.linalg.svd(b.T @ a)
    scale = values.sum() / (b**2).sum()
    np.testing.assert_allclose(turned.x, scale * b @ u @ v + one.mean(0), atol=1e-12)
    assert turned.scale == pytest.approx(scale, rel=1e-12)
    r2 = values.sum() ** 2 / ((a**2).sum() * (b**2).sum())
    assert turned.r2 == pytest.approx(r2, rel=1e-12) and turned.m2 == pytest.approx(1 - r2, rel=1e-12)
    i, j = np.triu_indices(15, 1)
    d, e = mdscale.distances(one)[i, j], mdscale.distances(other)[i, j]
    assert turned.congruence == pytest.approx(d @ e / np.sqrt((d @ d) * (e @ e)), rel=1e-12)
    rigid = mdscale.procrustes(one, other, scaling=False)
    assert rigid.scale == 1
    np.testing.assert_allclose(rigid.x, b @ u @ v + one.mean(0), atol=1e-12)
    with pytest.raises(ValueError, match="x is 15 x 2 instead of 15 x 3"):
        mdscale.procrustes(one, other[:, :2])


def test_metrics_beyond_scikit_learn_s(rng):
    """Against sums written out; those that SciPy has too are compared with it in test_scikit_learn.py."""
    table = rng.uniform(size=(8, 5))
    table[0, 1] = table[2, 3] = np.nan
    table[:, 4] = rng.integers(0, 3, 8)
    gower = mdscale.distances(table, "gower", columns=["number"] * 4 + ["category"])
    spans = np.nanmax(table[:, :4], 0) - np.nanmin(table[:, :4], 0)
    for i in range(8):
        for j in range(8):
            parts = [*(np.abs(table[i, :4] - table[j, :4]) / spans), float(table[i, 4] != table[j, 4])]
            assert gower[i, j] == pytest.approx(np.nanmean(parts), rel=1e-12)
    model = mdscale.MDS(metric="gower", metric_params={"columns": ["number"] * 4 + ["category"]}, random_state=0)
    assert np.array_equal(model.fit(table).dissimilarity_matrix_, gower)
    np.testing.assert_array_equal(model.transform(table), model.embedding_)
    proportions = np.nan_to_num(table) / np.nan_to_num(table).sum(1, keepdims=True)
    hellinger = mdscale.distances(np.sqrt(proportions))
    np.testing.assert_allclose(mdscale.distances(np.nan_to_num(table), "hellinger"), hellinger, atol=1e-14)
    standard = mdscale.distances(table[:, 4:], scaling="range")
    np.testing.assert_allclose(standard, mdscale.distances(table[:, 4:]) / np.ptp(table[:, 4]), rtol=1e-13)
    with pytest.raises(ValueError, match="columns: 'text' is not one of number, category, presence"):
        mdscale.distances(table, "gower", columns=["text"] * 5)
    with pytest.raises(ValueError, match="a word for each of the 5 features"):
        mdscale.distances(table, "gower", columns=["number"])


class TestTransform:
    @pytest.fixture
    def features(self, rng):
        return rng.normal(size=(30, 4))

    @pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine", lambda a, b: np.abs(a - b).max()])
    @pytest.mark.parametrize("parameters", [{}, {"init": "random"}, {"metric_mds": False}, {"level": "interval"}])
    def test_each_object_by_itself_and_the_map_s_own_where_they_are(self, rng, features, metric, parameters):
        model = mdscale.MDS(metric=metric, random_state=0, **parameters).fit(features)
        np.testing.assert_allclose(model.transform(features), model.embedding_,
                                   atol=1e-6 if metric == "cosine" else 0)  # of itself: 0 but for rounding
        new = rng.normal(size=(5, 4))
        placed = model.transform(new)
        for i in range(5):
            assert np.array_equal(model.transform(new[i : i + 1])[0], placed[i])
        mixed = model.transform(np.vstack([new, features[:2]]))
        assert np.array_equal(mixed[:5], placed)

    def test_precomputed(self, rng, features):
        new = rng.normal(size=(5, 4))
        rows = mdscale.distances(features, others=new)
        by_features = mdscale.MDS(random_state=0).fit(features).transform(new)
        model = mdscale.MDS(metric="precomputed", random_state=0).fit(mdscale.distances(features))
        assert np.array_equal(model.transform(rows), by_features)
        with pytest.raises(ValueError, match="(?i)29 features"):
            model.transform(rows[:, :29])

    def test_a_non_metric_map_reads_dissimilarities_off_its_curve(self, features):
        """The order alone counts: cubes of all dissimilarities lead to the same places."""
        half, rest = features[:20], features[20:]
        model = mdscale.MDS(metric="precomputed", metric_mds=False, random_state=0, init="random")
        d, rows = mdscale.distances(half), mdscale.distances(half, others=rest)
        plain = model.fit(d).transform(rows)
        # Between the known dissimilarities the curve is straight, so the places differ a little.
        np.testing.assert_allclose(model.fit(d**3).transform(rows**3), plain, atol=0.05 * np.abs(plain).max())
        assert model.fit(d * 4).transform(rows * 4) == pytest.approx(plain, abs=1e-9)
