"""The recipe: frozen, checked, and the same after a trip through JSON."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segscope.errors import RecipeError
from segscope.json_text import build, dump_json
from segscope.recipe import CleaningRule, ColumnRole, Concept, DerivedColumn, Family, FamilyMember, Recipe, Role

numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=20)
roles = st.builds(
    ColumnRole, texts, st.sampled_from(Role), texts, texts, st.none() | st.sampled_from(Concept), st.none() | texts,
    texts, st.booleans(),
)  # fmt: skip
families = st.builds(
    Family, texts, texts, st.sampled_from(["spend", "purchases", "responses", "other"]),
    st.lists(st.builds(FamilyMember, texts, texts, st.booleans()), max_size=3).map(tuple), texts,
)  # fmt: skip
rules = st.builds(
    CleaningRule, st.sampled_from(["implausible", "fill"]), texts, texts, st.none() | numbers, st.none() | numbers,
    st.lists(numbers, max_size=3).map(tuple), st.booleans(),
)  # fmt: skip
derived = st.builds(DerivedColumn, texts, texts, texts, texts, st.none() | st.sampled_from(Concept), texts)
recipes = st.builds(
    Recipe,
    columns=st.lists(roles, max_size=3).map(tuple),
    families=st.lists(families, max_size=2).map(tuple),
    cleaning=st.lists(rules, max_size=2).map(tuple),
    derived=st.lists(derived, max_size=2).map(tuple),
    features=st.lists(texts, max_size=3).map(tuple),
    transform=st.sampled_from(["auto", "none"]),
    segments=st.none() | st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
    as_of=st.none() | st.dates(),
)


@given(recipes)
def test_a_recipe_is_the_same_after_a_trip_through_json(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()) == recipe


@given(recipes)
def test_equal_recipes_are_equal_bytes(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()).to_json() == recipe.to_json()


@pytest.mark.parametrize("segments", [0, -1, 13, 1000])
def test_one_to_twelve_segments_can_be_asked_for(segments: int) -> None:
    with pytest.raises(RecipeError, match=f"from 1 to 12, or auto. Got {segments}"):
        Recipe(columns=(), segments=segments)


def test_an_unknown_transform_is_refused() -> None:
    with pytest.raises(RecipeError, match="'auto' or 'none'"):
        Recipe(columns=(), transform="log")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_must_fit_32_bits(seed: int) -> None:
    with pytest.raises(RecipeError, match="seed"):
        Recipe(columns=(), seed=seed)


def test_replacing_leaves_the_old_recipe_alone() -> None:
    old = Recipe(columns=())
    assert old.replace(segments=4).segments == 4
    assert old.segments is None


def plain(**changes: Any) -> str:
    data = json.loads(Recipe((ColumnRole("a", Role.MEASURE, "numbers", "A"),)).to_json())
    data.update(changes)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        (plain(schema_version=2), "schema_version 1"),
        (plain(segments="four"), "recipe.segments must be int"),
        (plain(segments=True), "recipe.segments must be int"),
        (plain(segments=4.0), "recipe.segments must be int"),
        (plain(segmnts=4), "unknown entry 'segmnts'. Did you mean segments?"),
        (plain(columns=[{"column": "a"}]), r"recipe.columns\[0\] lacks the entry 'role'"),
        (
            plain(columns=[{"column": "a", "role": "king", "reason": "", "label": ""}]),
            r"columns\[0\].role must be Role",
        ),
        (plain(columns=[{"column": "a", "role": [], "reason": "", "label": ""}]), r"columns\[0\].role must be Role"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "too many digits"),
        (plain(columns=["a"]), r"recipe.columns\[0\] must be an object"),
        (plain(columns={"a": 1}), "recipe.columns must be"),
        (plain(as_of="2014-02-30"), "must be a date like 2014-06-29"),
        (plain(as_of=20140629), "recipe.as_of must be date"),
        (plain(transform="log"), "recipe.transform must be"),
        (plain(method="dbscan"), "recipe.method must be"),
        (plain(seed=None), "recipe.seed must be int"),
        (plain(cleaning=[{"action": "drop", "column": "a", "reason": ""}]), r"cleaning\[0\].action must be"),
        (plain(cleaning=[{"action": "fill", "column": "a", "reason": "", "low": float("nan")}]), r"low must be float"),
        (plain(cleaning=[{"action": "fill", "column": "a", "reason": "", "low": float("inf")}]), r"low must be float"),
        (plain(cleaning=[{"action": "fill", "column": "a", "reason": "", "low": 10**400}]), r"low must be float"),
    ],
    ids=range(25),
)
def test_a_damaged_or_foreign_recipe_is_refused_with_the_place_that_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(RecipeError, match=complaint):
        Recipe.from_json(text)


def test_a_number_that_json_does_not_know_is_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump_json(CleaningRule("implausible", "a", "", low=float("nan")))


def test_whole_numbers_stand_for_numbers_but_not_the_other_way_round() -> None:
    assert build(float, 3, RecipeError, "x") == 3.0
    with pytest.raises(RecipeError, match="x must be int"):
        build(int, 3.0, RecipeError, "x")


RECIPE = Recipe(
    columns=(
        ColumnRole("ID", Role.IDENTIFIER, "", "ID"),
        ColumnRole("Z", Role.CONSTANT, "", "Z", Concept.SPEND),
        ColumnRole("Spend", Role.MEASURE, "", "Spend", Concept.SPEND),
    ),
    families=(Family("spend", "Spend", "spend", (FamilyMember("a", "A"), FamilyMember("b", "B", overlaps=True))),),
    derived=(DerivedColumn("age", "Age", "2014 - b", "", Concept.AGE),),
    as_of=date(2014, 6, 29),
)


def test_columns_are_found_by_name_and_misspelt_ones_answered() -> None:
    assert RECIPE.column("Spend").label == "Spend"
    assert RECIPE.column("age").label == "Age"
    with pytest.raises(RecipeError, match=r"There is no column 'Spnd'\. Did you mean Spend"):
        RECIPE.column("Spnd")


def test_the_identifier_is_the_column_of_that_role() -> None:
    assert RECIPE.identifier == "ID"
    assert Recipe(columns=()).identifier is None


def test_a_constant_stands_for_no_concept() -> None:
    assert RECIPE.with_concept(Concept.SPEND) == "Spend"
    assert RECIPE.with_concept(Concept.AGE) == "age"
    assert RECIPE.with_concept(Concept.INCOME) is None


def test_what_overlaps_is_no_part_of_a_familys_whole() -> None:
    family = RECIPE.family_of_kind("spend")
    assert family is not None
    assert [m.column for m in family.parts] == ["a"]
    assert RECIPE.family_of_kind("responses") is None
