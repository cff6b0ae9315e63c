"""Fitting: the stages in order, on files of every shape, the pretty and the hostile."""

import decimal
import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.describing import describe
from segscope.errors import ColumnError, DataError, RecipeError, SegscopeError
from segscope.exploring import count_bins
from segscope.intake import read
from segscope.recipe import CleaningRule, Recipe
from segscope.scoring import score_file
from segscope.study import Choices, Fit, fit_source, open_study, read_card, read_fit, refit

N = 24
TWO = Choices(segments=2)
RANDOM = np.random.default_rng(5)
SPEND: list[float] = np.round([*RANDOM.normal(100, 10, N // 2), *RANDOM.normal(900, 10, N // 2)], 2).tolist()
Make = Callable[..., Fit]


@pytest.fixture
def fitted(tmp_path: Path) -> Make:
    """Write a Parquet file of the given columns, beside an id and a spend in two groups, and fit it."""

    def make(choices: Choices = TWO, own: bool = True, **columns: Any) -> Fit:
        base: dict[str, Any] = {"id": list(range(N)), "spend": SPEND} if own else {}
        pq.write_table(pa.table(base | columns), tmp_path / "customers.parquet")
        return fit_source(tmp_path / "customers.parquet", tmp_path / "study", choices)

    return make


def roles(fit: Fit) -> dict[str, str]:
    return {c.name: c.role.value for c in fit.columns}


# ----------------------------------------------------------------------------------------------------------- the stages


def test_two_groups_that_one_can_see_are_the_two_segments(fitted: Make) -> None:
    fit = fitted()
    assert [(s.id, s.name, s.size, s.colour) for s in fit.segments] == [
        ("s1", "Top spenders", 12, 0),
        ("s2", "Low spenders", 12, 1),
    ]
    assert fit.recipe.features == ("spend",)


def test_the_evidence_finds_them_without_being_told(fitted: Make) -> None:
    fit = fitted(Choices())
    assert len(fit.segments) == fit.evidence.recommended == 2


def test_progress_is_told_in_words_and_never_goes_back(shop_file: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    fit_source(shop_file, tmp_path / "study", TWO, lambda stage, done: told.append((stage, done)))
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert told[0] == ("Reading the file", 0.0)
    assert told[-1][0] == "Writing the study"


def test_an_error_in_the_progress_cancels_and_nothing_is_written(shop_file: Path, tmp_path: Path) -> None:
    def cancel(stage: str, done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_source(shop_file, tmp_path / "study", TWO, cancel)
    assert list(tmp_path.iterdir()) == []


def test_no_table_is_left_in_the_database_of_a_study(shop: Path) -> None:
    live = open_study(shop)
    left = live.engine.fetch(live.engine.table("customers").count().as_table())
    assert left.num_rows == 1
    for name in ("__customers", "__assigned", "__model", "__named"):
        with pytest.raises(Exception, match=name):
            live.engine.table(name)
    live.engine.close()


@pytest.mark.parametrize("k", [1, 12])
def test_any_number_of_segments_from_1_to_12_is_possible(fitted: Make, k: int) -> None:
    fit = fitted(Choices(segments=k))
    assert len(fit.segments) == len({s.name for s in fit.segments}) == len({s.id for s in fit.segments}) == k
    assert sum(s.size for s in fit.segments) == N
    json.dumps(describe(fit), allow_nan=False)


def test_two_customers_are_enough(fitted: Make) -> None:
    fit = fitted(own=False, id=[1, 2], spend=[1.0, 2.0])
    assert [s.size for s in fit.segments] == [1, 1]
    assert len(fitted(Choices(), own=False, id=[1, 2], spend=[1.0, 2.0]).segments) == 1


def test_features_can_be_chosen(fitted: Make) -> None:
    fit = fitted(Choices(segments=2, features=("visits",)), visits=[1, 9] * (N // 2))
    assert fit.recipe.features == ("visits",)
    assert {s.name for s in fit.segments} == {"High visits", "Low visits"}


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("choices", "columns", "complaint"),
    [
        (TWO, {"id": [1], "spend": [2.0]}, "has 1 customer. Segments need at least 2"),
        (
            TWO,
            {"id": [1, 2], "spend": [2.0, 2.0]},
            "customers.parquet: No column holds numbers or categories that differ",
        ),
        (
            TWO,
            {"id": [1, 2], "plan": ["a", "a"]},
            "customers.parquet: No column holds numbers or categories that differ",
        ),
        (Choices(segments=3), {"id": [1, 2, 3], "spend": [1.0, 2.0, 2.0]}, "There are 2 different customers"),
        (Choices(features=("spnd",)), {"id": [1, 2], "spend": [1.0, 2.0]}, "no column 'spnd'.* Did you mean spend"),
        (Choices(features=()), {"id": [1, 2], "spend": [1.0, 2.0]}, "Choose at least one feature"),
        (Choices(segments=13), {"id": [1, 2], "spend": [1.0, 2.0]}, "from 1 to 12"),
        (Choices(seed=-1), {"id": [1, 2], "spend": [1.0, 2.0]}, "seed"),
    ],
)
def test_what_cannot_be_segmented_is_refused_and_nothing_is_written(
    fitted: Make, tmp_path: Path, choices: Choices, columns: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SegscopeError, match=complaint):
        fitted(choices, own=False, **columns)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["customers.parquet"]


# ------------------------------------------------------------------------------------------------------ hostile columns


def used(fit: Fit, tmp_path: Path) -> None:
    """What a study has to survive: being written, read, described, opened, counted and scored with."""
    folder = tmp_path / "study"
    assert read_fit(folder, read_card(folder)) == fit
    json.dumps(describe(fit), allow_nan=False)
    live = open_study(folder)
    counts = count_bins(live.engine, live.customers, live.variables, live.customers)
    live.engine.close()
    assert all(sum(c) == fit.customers for c in counts.values())
    assert counts["__segment"][: len(fit.segments)] == [s.size for s in fit.segments]
    assert (
        score_file(fit.segmentation, tmp_path / "customers.parquet", tmp_path / "scored.parquet").rows == fit.customers
    )
    scored = pq.read_table(tmp_path / "scored.parquet")
    assert scored.column_names[: -len(("segment", "probability", "second"))] == list(
        pq.read_schema(tmp_path / "customers.parquet").names
    )
    by_name = {s.name: s.size for s in fit.segments}
    found = scored[scored.column_names[-3]].to_pylist()
    assert {n: found.count(n) for n in by_name} == by_name


NAMES = [
    "segment", "__segment", "__row", "__n", "__segment_name", "z0", "key", "selection", "total_spend", "x0", "sum", "n",
    'a"b', "it's", "a`b", "select * from t; --", "line\nbreak", "😀", "L" * 300, "{x} %s \\", "customers", "second",
]  # fmt: skip


def test_columns_may_have_any_names(fitted: Make, tmp_path: Path) -> None:
    draws = random.Random(5)
    measures = {name: [float(draws.randrange(7)) for _ in range(N)] for name in NAMES}
    fit = fitted(Choices(segments=2), **measures, **{f"{name} 2": draws.choices("xy", k=N) for name in NAMES})
    used(fit, tmp_path)
    found = list(roles(fit).values())[2:]
    assert found[: len(NAMES)] == ["ignored" if name == "key" else "measure" for name in NAMES]
    assert found[len(NAMES) :] == ["category"] * len(NAMES)


def test_a_source_column_called_segment_in_capitals_keeps_its_name(fitted: Make, tmp_path: Path) -> None:
    used(fitted(Segment=["gold", "silver"] * (N // 2)), tmp_path)
    names = pq.read_schema(tmp_path / "scored.parquet").names
    assert names[-4:] == ["Segment", "segment_2", "segment_probability", "second_segment"]


def test_formulas_hold_columns_of_any_names(fitted: Make, tmp_path: Path) -> None:
    columns = {"money `spent` (€)": SPEND, 'orders "web"': [1 + i % 3 for i in range(N)]}
    fit = fitted(own=False, id=list(range(N)), **columns)
    assert fit.recipe.features == (*columns, "average_spend")
    used(fit, tmp_path)


MIDNIGHT = datetime(2022, 1, 1, tzinfo=UTC)
VALUES: dict[str, tuple[Any, str]] = {
    "whole numbers beyond 2**53": ([2**53 + i * 10**12 for i in range(N)], "measure"),
    "the largest whole numbers": ([2**63 - 1 - i * 10**16 for i in range(N)], "measure"),
    "unsigned numbers beyond 2**63": (pa.array([2**64 - 1 - i * 10**16 for i in range(N)], pa.uint64()), "measure"),
    "infinities": ([float("inf"), float("-inf"), *[float(i) for i in range(N - 2)]], "measure"),
    "what is no number": ([float("nan"), *[float(i) for i in range(N - 1)]], "measure"),
    "one of 1e300": ([1e300, *[float(i) for i in range(N - 1)]], "measure"),
    "all the same but one": ([0.5] * (N - 1) + [7.0], "measure"),
    "decimals": ([decimal.Decimal(f"{i}.25") for i in range(N)], "measure"),
    "yes and no with blanks": ([None, *[bool(i % 2) for i in range(N - 1)]], "flag"),
    "nothing": (pa.nulls(N), "constant"),
    "no numbers": (pa.nulls(N, pa.float64()), "constant"),
    "clock times of a zone": (
        pa.array([MIDNIGHT + timedelta(days=9 * i) for i in range(N)], pa.timestamp("us", tz="Europe/Berlin")), "date",
    ),
    "the first and the last day": ([date(1, 1, 1), date(9999, 12, 31), *[date(2020, 1, 1)] * (N - 2)], "date"),
    "a dictionary": (pa.array(["a", "b"] * (N // 2)).dictionary_encode(), "category"),
    "hostile texts": (["<script>1</script>", 'a"b', "o'h", "", "a\0b", "=1+1", "(blank)", "(other)"] * 3, "category"),
    "lists": ([[i] for i in range(N)], "text"),
}  # fmt: skip


def test_columns_may_hold_anything(fitted: Make, tmp_path: Path) -> None:
    fit = fitted(**{what: values for what, (values, _) in VALUES.items()})
    used(fit, tmp_path)
    assert {k: v for k, v in roles(fit).items() if k in VALUES} == {what: role for what, (_, role) in VALUES.items()}


def test_any_column_of_numbers_can_be_clustered_on(fitted: Make, tmp_path: Path) -> None:
    numbers = {what: values for what, (values, role) in VALUES.items() if role == "measure"}
    for transform in ("auto", "none"):
        used(fitted(Choices(segments=2, features=tuple(numbers), transform=transform), **numbers), tmp_path)


def test_an_absurd_number_is_counted_as_blank_and_said_so(fitted: Make) -> None:
    fit = fitted(odd=[1e300, *[float(i) for i in range(N - 1)]])
    (entry,) = [e for e in fit.cleaning if e.action == "implausible"]
    assert (entry.column, entry.count, entry.customers) == ("odd", 1, ("0",))


def test_a_file_of_one_column_can_be_segmented(fitted: Make) -> None:
    assert [s.size for s in fitted(own=False, points=[*range(12), *range(100, 112)]).segments] == [12, 12]


def test_repeated_identifiers_are_kept_and_reported(fitted: Make, tmp_path: Path) -> None:
    ids = [*range(99), 98]
    fit = fitted(own=False, id=ids, spend=[float(i % 2 * 100 + i % 7) for i in range(100)])
    assert fit.customers == 100
    assert [e.count for e in fit.cleaning if e.action == "report_repeated_identifier"] == [1]
    used(fit, tmp_path)


def test_a_category_of_5000_values_is_no_category(fitted: Make, tmp_path: Path) -> None:
    n = 10_000
    columns = {"spend": [float(i % 3) for i in range(n)], "product": [f"v{i % 5000}" for i in range(n)]}
    pq.write_table(pa.table({"id": list(range(n)), **columns}), tmp_path / "customers.parquet")
    fit = fit_source(tmp_path / "customers.parquet", tmp_path / "study", Choices(segments=1))
    assert roles(fit)["product"] == "text"
    used(fit, tmp_path)


# ----------------------------------------------------------------------------------------------- recipes of other files


def test_a_recipe_fits_the_next_file_of_the_same_shape(shop: Path, shop_file: Path, tmp_path: Path) -> None:
    recipe = read_fit(shop, read_card(shop)).recipe
    again = fit_source(shop_file, tmp_path / "study", Choices(recipe=Recipe.from_json(recipe.to_json())))
    assert describe(again) == describe(read_fit(shop, read_card(shop)))


def test_a_column_that_the_recipe_does_not_name_is_ignored_and_said_so(
    shop_file: Path, shop: Path, tmp_path: Path
) -> None:
    recipe = read_fit(shop, read_card(shop)).recipe
    lines = shop_file.read_text(encoding="utf-8").splitlines()
    wider = tmp_path / "wider.csv"
    wider.write_text("\n".join([lines[0] + ";extra", *[f"{x};{i}" for i, x in enumerate(lines[1:])]]), encoding="utf-8")
    note = fit_source(wider, tmp_path / "study", Choices(recipe=recipe)).columns[-1]
    assert (note.name, note.role.value, note.note) == ("extra", "ignored", "the recipe does not name it")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (";spend;", ";amount;", "column 'spend' that other.csv does not have"),
        (",50;", " a lot;", "takes 'spend' for a measure"),
    ],
)
def test_a_recipe_for_other_columns_is_refused(
    shop_file: Path, shop: Path, tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    recipe = read_fit(shop, read_card(shop)).recipe
    other = tmp_path / "other.csv"
    other.write_text(shop_file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=complaint):
        fit_source(other, tmp_path / "study", Choices(recipe=recipe))
    assert not (tmp_path / "study").exists()


def test_a_blank_that_no_rule_fills_is_counted_all_the_same(fitted: Make) -> None:
    fit = fitted(Choices(segments=2, features=("odd",)), odd=[None, *[float(i) for i in range(N - 1)]])
    bare = fit.recipe.replace(cleaning=())
    again = fitted(Choices(recipe=bare), odd=[None, *[float(i) for i in range(N - 1)]])
    assert [(e.column, e.count) for e in again.cleaning if e.action == "fill"] == [("odd", 1)]


def test_a_rule_that_is_switched_off_lets_the_value_in(fitted: Make, tmp_path: Path) -> None:
    odd = [7_777_777.0, *[float(i) for i in range(N - 1)]]
    on = fitted(odd=odd)
    (rule,) = [r for r in on.recipe.cleaning if r.action == "implausible"]
    off = on.recipe.replace(cleaning=(CleaningRule(**{**rule.__dict__, "enabled": False}),))
    assert on.profiles.everybody.numbers["odd"].high == N - 2
    assert refit(tmp_path / "study", off).profiles.everybody.numbers["odd"].high == 7_777_777


# ------------------------------------------------------------------------------------------------- identity over refits


def test_segments_keep_id_name_and_colour_when_the_study_is_fitted_again(fitted: Make, tmp_path: Path) -> None:
    first = fitted()
    more = refit(tmp_path / "study", first.recipe.replace(segments=3))
    back = refit(tmp_path / "study", first.recipe)
    before, during, after = ({(s.id, s.name, s.colour) for s in fit.segments} for fit in (first, more, back))
    assert before < during, "the larger half of the group that is cut in two keeps its place"
    assert [(number, colour) for number, _, colour in during - before] == [("s3", 2)]
    assert len({s.name for s in more.segments}) == 3
    assert after == before
    assert read_fit(tmp_path / "study", read_card(tmp_path / "study")) == back


def test_an_impossible_refit_leaves_the_study_as_it_was(fitted: Make, tmp_path: Path) -> None:
    fit = fitted()
    with pytest.raises((DataError, ColumnError)):
        refit(tmp_path / "study", fit.recipe.replace(features=("nope",)))
    assert read_fit(tmp_path / "study", read_card(tmp_path / "study")) == fit


def test_the_seed_changes_draws_and_nothing_else(fitted: Make, tmp_path: Path) -> None:
    assert [s.size for s in fitted(Choices(segments=2, seed=7)).segments] == [12, 12]


def test_the_fit_reads_nothing_of_a_table_but_its_customers(fitted: Make, tmp_path: Path) -> None:
    fitted(Choices(segments=1))
    from segscope.engine import connect

    engine = connect()
    _, report = read(tmp_path / "customers.parquet", engine)
    assert read_card(tmp_path / "study").intake == report
    engine.close()
