"""mdscale.plan: the library's plan, as it decides for a fit."""

import mdscale
import numpy as np
import pytest


def test_a_plan_says_what_a_fit_does():
    plan = mdscale.plan(300, features=5, method="smacof", threads=1)
    assert (plan.method, plan.rows, plan.ranks, plan.threads) == ("smacof", False, 1, 1)
    assert plan.input_bytes == 300 * 5 * 8
    assert plan.rounds is None and plan.passes.most > 0
    assert plan.passes.pairs == 300 * 299 / 2
    assert plan.passes.multiply_adds == plan.passes.pairs * 7  # the distances are held
    assert plan.memory_bytes > 300 * 300 * 8
    stages = [plan.start, plan.rounds, plan.passes, plan.stress]
    least = sum(stage.least * stage.seconds for stage in stages if stage)
    assert least == pytest.approx(plan.least_seconds) and plan.least_seconds <= plan.most_seconds
    assert mdscale.fit(features=np.eye(30), method="smacof").method == plan.method


def test_rows_ranks_and_the_network():
    plan = mdscale.plan(20_000, 64, metric="manhattan", effort="low", ranks=4, threads=1, latency=0.5, bandwidth=1e6)
    assert plan.rows and not plan.all_pairs_are_many and plan.shared_by == 4
    assert plan.rounds.most == 250
    assert plan.passes.roots == 20_000 * 19_999 / 2  # a Manhattan distance is none
    assert plan.rounds.network_bytes == 2 * 20_000 * 2 * 8 * 3 / 4
    assert mdscale.plan(20_000).passes.bytes == 8 * 20_000 * 19_999 / 2  # a matrix


def test_sparse_pairs_stay_a_list():
    plan = mdscale.plan(200_000, pairs=3_000_000, threads=1)
    assert plan.rows and plan.rounds is None
    assert plan.passes.roots == 2 * 3_000_000 and plan.memory_bytes < 1e9


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match="objects must be from 1"):
        mdscale.plan(0)
    with pytest.raises(TypeError):
        mdscale.plan(1e6)
    with pytest.raises(ValueError, match="euclidean"):
        mdscale.plan(100, 4, metric="magic")
    with pytest.raises(mdscale.MdsError, match="there is no method 'magic'"):
        mdscale.plan(100, method="magic")
    with pytest.raises(mdscale.MdsError, match="200 ranks are more than there are objects, 100"):
        mdscale.plan(100, ranks=200)
