"""The file of a segmentation: the same after a trip through JSON, and refused when it is damaged or hostile."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segscope.errors import SegscopeError, StudyError
from segscope.segmentation import (
    Segmentation,
    assign_numpy,
    by_name,
)
from tests.segmentations import HAND, MODEL


def test_it_is_the_same_after_a_trip_through_json() -> None:
    assert Segmentation.from_json(MODEL.to_json()) == MODEL


def damaged(**changes: Any) -> str:
    data = json.loads(MODEL.to_json())
    for path, value in changes.items():
        *way, last = path.split("__")
        place: Any = data
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        place[int(last) if last.isdigit() else last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        (MODEL.to_json()[:500], "not JSON"),
        ("[]", "must be a JSON object"),
        (damaged(schema_version=2), "schema_version 1"),
        (damaged(recipe__schema_version=2), "schema_version 1"),
        (damaged(centres__0__0=float("nan")), "must be float"),
        (damaged(centres__0__0=float("inf")), "must be float"),
        (damaged(centres__0__0="1"), "must be float"),
        (damaged(centres__0=[1.0]), "must have 2 numbers"),
        (damaged(centres=[[1.0, 2.0]]), "as many centres as segments"),
        (damaged(centres=[], segments=[]), "at least one"),
        (damaged(preparation__0__deviation=0.0), "deviation that is not positive"),
        (damaged(preparation__0__low=None), "bounds"),
        (damaged(preparation__0__low=400.0), "bounds"),
        (damaged(preparation__0__feature="orders"), "does not fit the features"),
        (damaged(spread=0.0), "spread must be positive"),
        (damaged(spread=-1.0), "spread must be positive"),
        (damaged(segments__0__id="s2"), "an id of its own"),
        (damaged(segments__0__id="../../x"), "an id of its own"),
        (damaged(segments__0__name="Last"), "a name of its own"),
        (damaged(segments__0__colour=-1), "a place in the palette"),
        (damaged(segments__0__verdict="true"), "verdict must be"),
        (damaged(recipe__features=["spend"]), "does not fit the features"),
        (damaged(recipe__cleaning__0__column="nope"), "cleans a column 'nope'"),
        (damaged(recipe__derived__0__formula="sum("), "stops early"),
        (damaged(recipe__derived__0__formula="nope + 1"), "needs a column 'nope'"),
        (damaged(recipe__derived__0__formula="basket + 1"), "needs a column 'basket'"),
        (damaged(recipe__derived__0__name="other"), "no column 'basket'"),
    ],
    ids=range(28),
)
def test_a_damaged_or_foreign_file_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(SegscopeError, match=complaint):
        Segmentation.from_json(text)


def test_segments_are_found_by_name_or_id_in_any_case() -> None:
    assert by_name(MODEL.segments, "best") is by_name(MODEL.segments, "S1")
    with pytest.raises(StudyError, match=r"no segment 'Bst'\. Did you mean Best\?"):
        by_name(MODEL.segments, "Bst")


def _places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON document."""
    if at:
        yield at
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from _places(value, (*at, key))


PLACES = sorted(_places(json.loads(HAND.to_json())), key=str)
HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**40), 10**40), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from(["../../x", "__import__('os')", "sum(", "ratio(" * 300, "\x00", "s0"]),
    st.sampled_from([[], {}, [[]], {"a": 1}, [1e308]]),
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(where=st.sampled_from(PLACES), value=HOSTILE, drop=st.booleans())
def test_a_file_damaged_anywhere_is_refused_or_places_customers(where: tuple[Any, ...], value: Any, drop: bool) -> None:
    data = json.loads(HAND.to_json())
    holder = data
    for key in where[:-1]:
        holder = holder[key]
    if drop:
        del holder[where[-1]]
    else:
        holder[where[-1]] = value
    try:
        found = Segmentation.from_json(json.dumps(data))
    except SegscopeError as error:
        assert str(error)
        return
    features = {f: np.array([1.0, np.nan]) for f in found.recipe.features}
    placed = assign_numpy(found, features)
    assert ((placed >= 0) & (placed < len(found.segments))).all()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(text=st.text(max_size=60) | st.binary(max_size=40).map(lambda b: b.decode("latin-1")))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(SegscopeError):
        Segmentation.from_json(text)
