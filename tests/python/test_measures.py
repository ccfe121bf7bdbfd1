"""Distances, stress, Shepard diagrams, classical scaling: against sums written out."""

import mdscale
import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize(
    "metric, distance",
    [
        ("euclidean", lambda a, b: np.sqrt(((a - b) ** 2).sum())),
        ("sqeuclidean", lambda a, b: ((a - b) ** 2).sum()),
        ("manhattan", lambda a, b: np.abs(a - b).sum()),
        ("chebyshev", lambda a, b: np.abs(a - b).max()),
        ("cosine", lambda a, b: 1 - a @ b / np.sqrt((a @ a) * (b @ b))),
        ("correlation", lambda a, b: 1 - np.corrcoef(a, b)[0, 1]),
    ],
)
def test_distances(rng, metric, distance):
    x = rng.normal(size=(9, 6))
    square = mdscale.distances(x, metric)
    assert metric in mdscale.metrics()
    assert (square == square.T).all() and (np.diagonal(square) == 0).all()
    for i in range(9):
        for j in range(i):
            assert square[i, j] == pytest.approx(distance(x[i], x[j]), rel=1e-12)


def test_distances_name_what_they_cannot_do(rng):
    with pytest.raises(ValueError, match="metric 'taxicab' is not one of euclidean, sqeuclidean, manhattan"):
        mdscale.distances(np.eye(3), "taxicab")
    with pytest.raises(mdscale.MdsError, match="row 2, column 1"):
        mdscale.distances([[0, 1], [np.nan, 1]])
    with pytest.raises(ValueError, match="two dimensions, not 1"):
        mdscale.distances([1, 2, 3])


def test_stress_is_the_sum_written_out(rng):
    d = mdscale.distances(rng.normal(size=(15, 5)))
    d[1, 2] = d[2, 1] = np.nan
    x = rng.normal(size=(15, 2))
    weights = rng.uniform(1, 2, d.shape)
    weights += weights.T
    i, j = np.triu_indices(15, 1)
    known = ~np.isnan(d[i, j])
    i, j = i[known], j[known]
    apart, wanted, w = np.sqrt(((x[i] - x[j]) ** 2).sum(1)), d[i, j], weights[i, j]
    result = mdscale.stress(d, x, weights=weights)
    raw = (w * (wanted - apart) ** 2).sum()
    assert result.pairs == len(i)
    assert result.raw == pytest.approx(raw, rel=1e-12)
    assert result.normalized == pytest.approx(np.sqrt(raw / (w * wanted**2).sum()), rel=1e-12)
    scale = (w * wanted * apart).sum() / (w * apart**2).sum()
    assert result.scale == pytest.approx(scale, rel=1e-12)
    assert result.stress1 == pytest.approx(
        np.sqrt((w * (wanted - scale * apart) ** 2).sum() / (w * wanted**2).sum()), rel=1e-12)
    assert result.absolute == pytest.approx((w * np.abs(wanted - apart)).sum(), rel=1e-12)
    halves = np.zeros(15)
    np.add.at(halves, i, w * (wanted - apart) ** 2 / 2)
    np.add.at(halves, j, w * (wanted - apart) ** 2 / 2)
    np.testing.assert_allclose(result.per_point, halves / raw, rtol=1e-11)
    with pytest.raises(ValueError, match="x has 14 rows instead of 15"):
        mdscale.stress(d, x[:14])
    with pytest.raises(ValueError, match="weights are 3 x 3 where d is 15 x 15"):
        mdscale.stress(d, x, weights=np.ones((3, 3)))


def test_shepard(rng):
    d = mdscale.distances(rng.normal(size=(10, 3)))
    d[0, 4] = d[4, 0] = np.nan
    x = rng.normal(size=(10, 2))
    diagram = mdscale.shepard(d, x)
    assert len(diagram.dissimilarities) == 44 and (np.diff(diagram.dissimilarities) >= 0).all()
    assert (diagram.rows < diagram.columns).all()
    assert np.array_equal(d[diagram.rows, diagram.columns], diagram.dissimilarities)
    apart = np.sqrt(((x[diagram.rows] - x[diagram.columns]) ** 2).sum(1))
    np.testing.assert_allclose(diagram.distances, apart, rtol=1e-14)
    with pytest.raises(ValueError, match="x has 9 rows instead of 10"):
        mdscale.shepard(d, x[:9])


def pooled(values):
    """Pooling of adjacent violators, one at a time."""
    blocks = []
    for value in values:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    return np.concatenate([[mean] * count for mean, count in blocks])


def test_levels_of_a_shepard_diagram(rng):
    d = mdscale.distances(rng.normal(size=(12, 3)))
    x = rng.normal(size=(12, 2))
    ratio = mdscale.shepard(d, x)
    b = (ratio.dissimilarities @ ratio.distances) / (ratio.dissimilarities @ ratio.dissimilarities)
    np.testing.assert_allclose(ratio.disparities, b * ratio.dissimilarities, rtol=1e-12)
    ordinal = mdscale.shepard(d, x, level="ordinal")
    np.testing.assert_allclose(ordinal.disparities, pooled(ordinal.distances), rtol=1e-12)
    lack = ((ordinal.disparities - ordinal.distances) ** 2).sum() / (ordinal.distances**2).sum()
    assert mdscale.stress(d, x, level="ordinal").stress1 == pytest.approx(np.sqrt(lack), rel=1e-10)
    whole = np.rint(d)  # ties
    tied = mdscale.shepard(whole, x, level="ordinal", ties="secondary")
    for value in np.unique(tied.dissimilarities):
        assert np.ptp(tied.disparities[tied.dissimilarities == value]) == 0
    line = mdscale.shepard(d, x, level="interval")
    assert np.corrcoef(line.disparities, line.dissimilarities)[0, 1] == pytest.approx(1, abs=1e-12)


def test_a_degenerate_map_is_told(rng):
    """Two groups, whose members are all nearer to each other than to the others: two heaps have no stress."""
    d = np.where(np.equal.outer(np.arange(12) % 2, np.arange(12) % 2), rng.uniform(1, 2, (12, 12)), 5.0)
    d = np.triu(d, 1) + np.triu(d, 1).T
    with pytest.warns(mdscale.DegenerateMapWarning, match="nearly all points are in 2 places"):
        result = mdscale.fit(d, level="ordinal")
    assert result.heaps == 2 and result.stress1 < 0.01


def test_classical_is_fit_with_that_method(rng):
    d = mdscale.distances(rng.uniform(size=(20, 6)), "manhattan")
    one, other = mdscale.classical(d, 3, correction="cailliez"), mdscale.fit(d, 3, method="classical",
                                                                            correction="cailliez")
    assert np.array_equal(one.x, other.x) and one.statistics == other.statistics


def test_eurodist_classical_is_r_s():
    """cmdscale(eurodist) of R's manual: Athens, and the two eigenvalues."""
    import pathlib

    lines = (pathlib.Path(__file__).parents[2] / "data/eurodist.csv").read_text().splitlines()
    d = [[float(number) for number in line.split(",")[1:]] for line in lines[1:]]
    model = mdscale.ClassicalMDS(metric="precomputed").fit(d)
    assert lines[1].startswith("Athens")
    np.testing.assert_allclose(np.abs(model.embedding_[0]), [2290.274680, 1798.80293], rtol=1e-8)
    np.testing.assert_allclose(model.eigenvalues_, [19538377.0895, 11856555.3340], rtol=1e-11)


def r_data(name):
    """A file of data/ as a square: R's eurodist has a header, UScitiesD is a lower triangle."""
    import pathlib

    lines = (pathlib.Path(__file__).parents[2] / f"data/{name}.csv").read_text().splitlines()
    rows = [[float(number) for number in line.split(",")[1:]] for line in lines if not line.startswith(",")]
    n = len(rows)
    lower = np.array([row[:i] + [0.0] * (n - i) for i, row in enumerate(rows)])
    return lower + lower.T


@pytest.mark.parametrize("name, sammon", [("eurodist", 0.00939815844096), ("us_cities_air", 3.00037934716e-06)])
def test_inverse_weights_are_sammon_s_mapping(name, sammon):
    """sammon(eurodist, niter = 10000, tol = 1e-14)$stress, and of UScitiesD, by MASS 7.3-58.2."""
    d = r_data(name)
    for method in ("auto", "lbfgs", "smacof"):
        result = mdscale.fit(d, method=method, weights="inverse", tolerance=1e-12)
        assert result.loss / (d.sum() / 2) == pytest.approx(sammon, rel=2e-6)


@pytest.mark.parametrize("name, isomds", [("eurodist", 5.88352020814), ("us_cities_air", 0.00986465196297)])
def test_ordinal_maps_are_no_worse_than_isomds(name, isomds):
    """isoMDS(eurodist, maxit = 10000, tol = 1e-12)$stress, in per cent, and of UScitiesD: ours come out lower."""
    assert 100 * mdscale.fit(r_data(name), level="ordinal").stress1 <= isomds


class TestPlot:
    @pytest.fixture
    def pyplot(self):
        matplotlib = pytest.importorskip("matplotlib")
        matplotlib.use("Agg")
        from matplotlib import pyplot

        yield pyplot
        pyplot.close("all")

    def test_axes_in_axes_out(self, pyplot, rng):
        result = mdscale.fit(mdscale.distances(rng.normal(size=(8, 3))))
        axes = pyplot.figure().add_subplot()
        assert mdscale.plot(result, axes, labels="abcdefgh", color="red") is axes
        assert np.array_equal(np.asarray(axes.collections[0].get_offsets()), result.x)
        assert [text.get_text() for text in axes.texts] == list("abcdefgh")
        assert axes.get_aspect() == 1.0
        groups = ["one", "two"] * 4
        own = mdscale.plot(result.x, groups=groups)
        assert own is not axes and [text.get_text() for text in own.get_legend().get_texts()] == ["one", "two"]
        assert not mdscale.plot(result, labels=()).texts
        line = mdscale.plot(result.x[:, :1])
        assert (np.asarray(line.collections[0].get_offsets())[:, 1] == 0).all()

    @pytest.mark.parametrize("options, words", [({"labels": "ab"}, "2 labels for 8"), ({"groups": [1]}, "1 groups"),
                                                ({"dims": (0, 2)}, "two of the dimensions 0 to 1")])
    def test_what_does_not_fit_is_named(self, rng, options, words):
        with pytest.raises(ValueError, match=words):
            mdscale.plot(rng.normal(size=(8, 2)), **options)
