"""The silhouette plot, and what it says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segscope.clustering import SegmentSilhouette
from segscope.figures import silhouettes as figures
from segscope.segmentation import Segment
from segscope.study import Fit
from segscope.study.folder import read_card, read_fit


def silhouette(low: float, high: float, below: float = 0.0) -> SegmentSilhouette:
    return SegmentSilhouette((low + high) / 2, below, tuple(np.linspace(low, high, 21).tolist()))


def segment(place: int, size: int) -> Segment:
    return Segment(f"s{place + 1}", f"<i>Group {place}s", place, size, size / 100, "", "reproducible", 0.8)


@pytest.fixture(scope="module")
def fit(shop: Path) -> Fit:
    return read_fit(shop, read_card(shop))


def test_a_band_is_as_wide_as_its_segment_and_falls_from_the_best_customer() -> None:
    made = figures.silhouette_plot(
        [silhouette(0.1, 0.9), silhouette(-0.2, 0.4)], [segment(0, 75), segment(1, 25)], "light"
    )
    first, second = made.data
    assert (first.x[0], first.x[-1]) == (0.9, 0.1)
    assert first.y[-1] - first.y[0] == 75
    assert second.y[-1] - second.y[0] == 25
    assert second.y[0] > first.y[-1]
    assert made.layout.xaxis.range[0] < -0.2
    assert "<i>Group" not in str(made.to_plotly_json())


def test_names_of_small_segments_do_not_cover_each_other() -> None:
    segments = [segment(g, 1 if g < 11 else 989) for g in range(12)]
    made = figures.silhouette_plot([silhouette(0, 1)] * 12, segments, "dark")
    places = [a.y for a in made.layout.annotations[:12]]
    span = made.layout.yaxis.range[0] - made.layout.yaxis.range[1]
    assert min(np.diff(places)) / span * figures.height(12) > 14


def test_the_title_says_who_sits_best_and_who_is_nearer_to_another_segment(fit: Fit) -> None:
    names = [s.name for s in fit.segments]
    two = replace(fit, silhouettes=(silhouette(0.1, 0.9), silhouette(-0.2, 0.4, 0.09)))
    assert figures.silhouettes_title(two) == (
        f"{names[0]} sit best (0.50); 9\u202f% of {names[1]} are nearer to another segment"
    )
    assert figures.below_words(two) == f"Nearer to another segment: 9\u202f% of {names[1]}."
    good = replace(fit, silhouettes=(silhouette(0.1, 0.9), silhouette(0.2, 0.4)))
    assert figures.silhouettes_title(good).endswith("; hardly anybody is nearer to another segment")


def test_the_note_says_which_silhouette_it_is_and_on_whom(fit: Fit) -> None:
    assert figures.silhouettes_note(fit).endswith("By squared Euclidean distance, on all 60 customers")
    many = replace(fit, evidence=replace(fit.evidence, sample=50_123, customers=1_000_000))
    assert figures.silhouettes_note(many).endswith("on a weighted sample of 50,123 that stand for 1,000,000 customers")
    aside = replace(fit, segmentation=replace(fit.segmentation, recipe=fit.recipe.replace(set_aside=True)))
    assert figures.silhouettes_note(aside).endswith("on all 60 customers who made the segments")
