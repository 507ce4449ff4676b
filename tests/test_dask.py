"""A Dask cluster carries starts and samples, and the results are those of one worker, to the byte."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import joblib
import numpy as np
import pandas as pd
import pytest

from cdo_analysis.profiles import Effort, LatentProfiles, bootstrap_jaccard, find_profiles
from cdo_analysis.profiles.stability import split_half

pytestmark = pytest.mark.slow

EFFORT = Effort(starts=4, stability_samples=3, continuum_samples=3, ratio_test_samples=5)


@pytest.fixture(scope="module")
def client() -> Iterator[object]:
    """Two processes of one thread each, on the loopback interface."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed (extra `dask`)")
    given = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(host="127.0.0.1", **given) as started, distributed.Client(started) as client:
        yield client


def plant(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return six yes/no items and two scores of two classes."""
    random = np.random.default_rng(0)
    truth = random.choice(2, n)
    items = (random.random((n, 6)) < np.array([0.2, 0.8])[truth][:, None]).astype(int)
    scores = pd.DataFrame(random.normal(30.0 * truth[:, None], 20.0, (n, 2)))
    return pd.DataFrame(items).add_prefix("item"), scores.add_prefix("score")


def everything() -> list[bytes]:
    """Return what the call on answers and the parts that draw samples say, as bytes."""
    items, scores = plant(90)
    given = {"numbers": [1, 2], "effort": EFFORT, "order_by": items.mean(axis=1), "random_state": 3}
    found = find_profiles(items, scores, **given)
    tables = (found.table, found.posterior, found.stabilities, found.grouping.table, found.shares)
    model = LatentProfiles(2, n_init=3, random_state=0).fit(scores)
    arrays = [model.predict_proba(scores), bootstrap_jaccard(model, scores, replicates=3, random_state=1)]
    arrays.append(split_half(model, scores, replicates=2, random_state=1))
    return [table.to_csv().encode() for table in tables] + [array.tobytes() for array in arrays]


def test_a_dask_cluster_gives_the_bytes_of_one_worker(client):
    alone = everything()
    assert not any(client.run(has_searched).values())
    with joblib.parallel_config(backend="dask"):
        assert everything() == alone
    assert list(client.run(has_searched).values()) == [True, True], "both processes took part"


def has_searched() -> bool:
    """Tell whether this process has loaded the compiled search."""
    return "cdo_analysis.profiles.fused" in sys.modules
