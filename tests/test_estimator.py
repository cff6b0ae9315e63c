"""The estimator keeps scikit-learn's rules, and finds what a study finds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from segscope.estimator import SegmentClusterer
from segscope.features import as_number
from segscope.recipe import Method
from segscope.segmentation import SEGMENT
from segscope.study import open_study


@parametrize_with_checks([SegmentClusterer()])  # type: ignore[untyped-decorator]  # scikit-learn has no types
def test_it_keeps_the_rules_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def test_it_finds_the_segments_of_a_study(shop: Path) -> None:
    live = open_study(shop)
    features = live.recipe.features
    table = live.customers.select(s=live.customers[SEGMENT], **{f: as_number(live.customers[f]) for f in features})
    found = live.engine.fetch(table)
    X = np.column_stack([found[f].to_numpy() for f in features]).astype(float)
    labels = SegmentClusterer(n_segments=2).fit_predict(X)
    same = labels == found["s"].to_numpy()
    assert same.all() or not same.any()  # two segments, whichever comes first
    live.engine.close()


@pytest.mark.parametrize("method", ["kmeans", "mixture", "ward"])
def test_it_sits_in_a_pipeline(method: Method) -> None:
    X = np.concatenate([np.random.default_rng(0).normal(m, 1, (30, 2)) for m in (0, 9)])
    X[3, 0] = np.nan
    model = make_pipeline(FunctionTransformer(), SegmentClusterer(n_segments=2, method=method)).fit(X)
    labels = model.predict(X)
    assert len(set(labels[:30])) == len(set(labels[30:])) == 1 and labels[0] != labels[-1]
    assert model.transform(X).shape == (60, 2)


def test_what_cannot_be_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="segments"):
        SegmentClusterer(n_segments=3).fit([[1.0], [1.0], [2.0]])
