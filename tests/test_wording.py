"""Wording: numbers and lists as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segscope.wording import counted, full, listed, percent, short, times


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (7, "7"), (0.5, "0.5"), (12.345, "12"), (999, "999"), (999.6, "1k"), (1000, "1k"), (1949, "1.9k"),
        (9960, "10k"), (999_400, "999k"), (999_600, "1M"), (1.25e9, "1.2B"), (-1234, "-1.2k"), (100, "100"),
    ],
)  # fmt: skip
def test_a_label_has_few_figures_and_a_unit(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize("write", [short, full, percent])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_known_is_called_unknown(write: object, value: float | None) -> None:
    assert callable(write)
    assert write(value) == "unknown"


@given(st.floats(-1e12, 1e12))
def test_a_label_is_never_longer_than_eight_signs_and_never_ends_in_a_point(value: float) -> None:
    text = short(value) if abs(value) >= 1e-4 or value == 0 else "0"
    assert len(text) <= 8
    assert not text.rstrip("kMB").endswith(".")


@given(st.floats(1.0, 9e11))
def test_a_label_is_within_six_percent_of_its_number(value: float) -> None:
    text = short(value)
    unit = {"k": 1e3, "M": 1e6, "B": 1e9}.get(text[-1], 1.0)
    assert float(text.rstrip("kMB")) * unit == pytest.approx(value, rel=0.06)


def test_a_full_number_has_thousands_signs_and_no_needless_decimals() -> None:
    assert [full(v) for v in (51_373, 51_373.4, 16.5, 16.0, -1234.5)] == ["51,373", "51,373", "16.5", "16", "-1,234"]


def test_a_small_share_is_not_rounded_to_nothing() -> None:
    assert percent(0.004) == "0.4\u202f%"
    assert percent(0.0) == "0\u202f%"


def test_times_are_short() -> None:
    assert [times(v) for v in (1.0, 2.46, 9.96, 12.3)] == ["1x", "2.5x", "10x", "12x"]


def test_lists_read_as_sentences_do() -> None:
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert listed(["a", "b"], "or") == "a or b"


def test_a_noun_follows_its_count() -> None:
    assert [counted(n, "customer") for n in (0, 1, 2240)] == ["0 customers", "1 customer", "2,240 customers"]
    assert counted(2, "category") == "2 categories"
    assert counted(2, "day") == "2 days"
