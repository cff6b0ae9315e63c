"""Describing: the contract of `segscope describe --json`, and a short text for people."""

import json
from pathlib import Path

import pytest

from segscope.describing import describe, in_words
from segscope.study import Fit, read_card, read_fit


@pytest.fixture(scope="module")
def fit(shop: Path) -> Fit:
    return read_fit(shop, read_card(shop))


def test_the_json_has_what_was_promised(fit: Fit) -> None:
    found = describe(fit)
    assert set(found) >= {
        "customers",
        "columns",
        "cleaning",
        "features",
        "method",
        "k",
        "evidence",
        "verdict",
        "segments",
    }
    assert (found["customers"], found["k"], found["method"]) == (60, 2, "kmeans")
    assert found["columns"][0] == {
        "name": "customer_id", "role": "identifier", "missing": 0,
        "note": "60 different values among 60 rows: names the customer",
    }  # fmt: skip
    assert [c["missing"] for c in found["columns"] if c["name"] == "age"] == [3]
    assert [s["size"] for s in found["segments"]] == [20, 40]
    assert list(found["segments"][0]["profile"]) == found["features"]


def test_profiles_are_means_in_original_units(fit: Fit) -> None:
    top = describe(fit)["segments"][0]
    assert top["profile"]["spend"] == pytest.approx(sum(900 + 7 * i + 0.5 for i in range(0, 60, 3)) / 20)


def test_it_is_json_without_numbers_that_json_does_not_know(fit: Fit) -> None:
    text = json.dumps(describe(fit), allow_nan=False)
    assert json.loads(text) == describe(fit)


def test_the_text_names_every_segment_and_says_how_and_how_sure(fit: Fit) -> None:
    text = in_words(fit)
    assert text.startswith("60 customers, 2 segments (")
    for segment in fit.segments:
        assert segment.name in text
    assert fit.verdict.sentence in text
    assert fit.evidence.reason in text
    assert "with k-means into 2 segments" in text
