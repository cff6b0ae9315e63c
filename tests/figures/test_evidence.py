"""The panel of the evidence on tiny inputs with known answers."""

from dataclasses import replace
from pathlib import Path

import pytest

from segscope.clustering import Criteria, Evidence
from segscope.figures import evidence as figures
from segscope.study import Fit, read_card, read_fit

ROWS = (
    Criteria(1, 100.0, gap=0.1, gap_error=0.01),
    Criteria(
        2, 40.0, 0.5, (0.45, 0.55), 0.7, 0.9, 0.02, 0.9, 0.01, 0.99, 0.001, (0.99, 1.0), 100, 0.2, True, 0.4,
        wcss_error=2.5, bic=-20.0,
    ),
    Criteria(3, 15.0, 0.4, (0.35, 0.45), 0.6, 0.8, 0.02, 0.6, 0.05, 0.6, 0.04, (0.9, 0.6, 0.7), 100, 0.9, False, 0.1),
)  # fmt: skip
BY_KEY = {m.key: m for m in figures.PANEL}


@pytest.fixture(scope="module")
def fit(shop: Path) -> Fit:
    """The shop in two segments, its evidence in place of the measured."""
    found = read_fit(shop, read_card(shop))
    return replace(found, evidence=Evidence(ROWS, 2, 2, "2 segments: all apart.", 60, 60, True, gap_choice=3))


def test_a_criterion_has_its_threshold_its_error_and_the_current_number_in_blue(fit: Fit) -> None:
    made = figures.panel_figure(fit, BY_KEY["prediction"], "light")
    assert list(made.data[0].x) == [2, 3]
    assert list(made.data[0].text) == ["0.90 ± 0.010", "0.60 ± 0.050"]
    assert [s.y0 for s in made.layout.shapes if s.line.dash == "dash"] == [0.8]
    assert [a.text for a in made.layout.annotations] == ["<b>0.90</b>"]


def test_stability_has_a_dot_for_every_segment_and_the_least_stable_joined(fit: Fit) -> None:
    dots, line, *_ = figures.panel_figure(fit, BY_KEY["stability"], "light").data
    assert list(dots.y) == [0.99, 1.0, 0.9, 0.6, 0.7]
    assert dots.mode == "markers"
    assert list(line.y) == [0.99, 0.6]


def test_what_a_criterion_would_choose_by_itself_is_ringed_unless_it_is_current(fit: Fit) -> None:
    assert [list(t.x) for t in figures.panel_figure(fit, BY_KEY["gap"], "dark").data] == [[1, 2, 3], [3], [2]]
    assert [list(t.x) for t in figures.panel_figure(fit, BY_KEY["wcss"], "dark").data] == [[1, 2, 3], [2]]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("wcss", "bends at 2"),
        ("gap", "its own rule says 3"),
        ("silhouette", "best at 2 (0.50)"),
        ("squared", "best at 2 (0.70)"),
        ("prediction", "reaches 0.8 up to 2"),
        ("stability", "reaches 0.75 up to 2"),
        ("separation", "empty enough at 2"),
        ("bic", "lowest at 2"),
    ],
)
def test_findings(fit: Fit, key: str, said: str) -> None:
    assert figures.panel_words(fit, BY_KEY[key]) == said


def test_what_is_not_there_yet_comes_with_the_full_evidence(fit: Fit) -> None:
    bare = replace(fit, evidence=Evidence((Criteria(1, 9.0), Criteria(2, 4.0)), None, 1, "1 segment.", 60, 60))
    assert figures.panel_words(bare, BY_KEY["gap"]) == "comes with the full evidence"
    assert figures.panel_words(bare, BY_KEY["wcss"]) == "no clear elbow"
    assert len(figures.panel_figure(bare, BY_KEY["gap"], "light").data) == 0


def test_only_a_mixture_has_a_bic(fit: Fit) -> None:
    assert "bic" not in {m.key for m in figures.shown_measures(fit.evidence)}
    assert "bic" in {m.key for m in figures.shown_measures(replace(fit.evidence, method="mixture"))}


def test_all_numbers_come_with_their_errors(fit: Fit) -> None:
    head, rows = figures.numbers_table(fit)
    assert head[:2] == ("k", "Spread within (WCSS)")
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[1][1:4] == ("40 ± 2.5", "0.90 ± 0.020", "0.50 ± 0.050")
    assert rows[1][-2:] == ("100", "yes")
    assert rows[0][-1] == "–"


def test_a_sample_is_told_as_such(fit: Fit) -> None:
    assert figures.sample_words(fit.evidence).startswith("Computed on all 60 customers.")
    many = replace(fit.evidence, sample=41_230, customers=10_000_000)
    assert "on 41,230 weighted customers, drawn to stand for all 10,000,000" in figures.sample_words(many)
