"""Learning rules: what they find, how well they agree, and what they may not look at."""

import json
from dataclasses import replace
from pathlib import Path

import ibis
import pyarrow as pa

from segscope.engine import Engine, connect
from segscope.errors import StudyError
from segscope.json_text import build, dump_json
from segscope.preparation import CategoryPreparation, FeaturePreparation, Preparation
from segscope.recipe import ColumnRole, Recipe, Role
from segscope.rules import Condition, RuleSet, conditions_in_words, learn_rules, simple_enough
from segscope.segmentation import SEGMENT, Segment, Segmentation
from segscope.study import open_study

SPEND = FeaturePreparation("spend", 50.0, False, None, None, 0.0, 1.0, 0, 0)
PLAN = CategoryPreparation("plan", ("basic", "pro"), (0.5, 0.5), False, 0)


def segmentation(preparation: Preparation, segments: int) -> Segmentation:
    roles = {SPEND.feature: Role.MEASURE, PLAN.feature: Role.CATEGORY}
    features = tuple(step.feature for step in preparation)
    columns = tuple(ColumnRole(f, roles[f], "", f.capitalize()) for f in features)
    centres = tuple((float(i),) * sum(step.width for step in preparation) for i in range(segments))
    parts = tuple(Segment(f"s{i + 1}", f"S{i + 1}", i, 1, 0.5, "", "natural", 1.0) for i in range(segments))
    return Segmentation(Recipe(columns, features=features), preparation, centres, parts, 1.0, 100)


def sample(engine: Engine, rows: list[tuple[float | None, str | None, int]]) -> ibis.Table:
    spend, plan, segment = zip(*rows, strict=True)
    kinds = {"spend": pa.float64(), "plan": pa.string(), SEGMENT: pa.int32()}
    values = (spend, plan, segment)
    return engine.store("t", pa.table({n: pa.array(v, k) for (n, k), v in zip(kinds.items(), values, strict=True)}))


def test_two_plain_groups_have_two_plain_rules(engine: Engine) -> None:
    rows: list[tuple[float | None, str | None, int]] = [(float(i), None, int(i >= 60)) for i in range(100)]
    (rules,) = learn_rules(engine, sample(engine, rows), segmentation((SPEND,), 2))
    assert [[clause.conditions for clause in rule.clauses] for rule in rules.rules] == [
        [(Condition("spend", high=59.0),)],
        [(Condition("spend", low=59.0, blank=False),)],
    ]
    assert (rules.learned, rules.learned_on, rules.conditions) == (1.0, 50, 2)
    assert rules.agreement is not None
    assert (rules.agreement.share, rules.agreement.of) == (1.0, 50)


def test_agreement_coverage_and_precision_are_those_of_customers_held_out(engine: Engine) -> None:
    # The even places are learned from and say: over 50 is the second segment. Of the odd ones, 5 of 20 say otherwise.
    learned = [(float(v), None, int(v > 50)) for v in (10, 90) * 10]
    held_out = [(10.0, None, 0)] * 8 + [(90.0, None, 0)] * 4 + [(90.0, None, 1)] * 7 + [(10.0, None, 1)]
    rows: list[tuple[float | None, str | None, int]] = [r for pair in zip(learned, held_out, strict=True) for r in pair]
    rules = learn_rules(engine, sample(engine, rows), segmentation((SPEND,), 2))[0]
    assert rules.learned == 1.0
    assert rules.agreement and rules.agreement.share == 15 / 20
    first, second = rules.rules
    assert first.coverage and first.coverage.share == 8 / 12
    assert first.precision and first.precision.share == 8 / 9
    assert second.coverage and second.coverage.share == 7 / 8
    assert second.precision and second.precision.share == 7 / 11
    assert second.precision.low < 7 / 11 < second.precision.high


def test_categories_are_conditions_too(engine: Engine) -> None:
    plans = ["basic", "pro", "trial", None]
    rows: list[tuple[float | None, str | None, int]] = [
        (float(i % 7), plans[i // 2 % 4], int(plans[i // 2 % 4] == "pro")) for i in range(80)
    ]
    made = segmentation((SPEND, PLAN), 2)
    rules = learn_rules(engine, sample(engine, rows), made)[0]
    assert [conditions_in_words(r.clauses[0].conditions, made) for r in rules.rules] == [
        "plan is not pro",
        "plan is pro",
    ]
    assert rules.agreement and rules.agreement.share == 1.0


def test_the_simplest_good_rules_are_shown_first(engine: Engine) -> None:
    rows: list[tuple[float | None, str | None, int]] = [(float(i), None, i // 10 % 2) for i in range(100)]
    sets = learn_rules(engine, sample(engine, rows), segmentation((SPEND,), 2))
    assert [s.learned for s in sets] == sorted(s.learned for s in sets)
    assert [s.conditions for s in sets] == sorted({s.conditions for s in sets})
    assert simple_enough(sets) is next(s for s in sets if s.learned >= 0.92)
    none_good = tuple(replace(s, learned=0.8) for s in sets)
    assert simple_enough(none_good) is none_good[-1]


def test_a_segment_that_no_tree_finds_has_no_clause_and_says_so(engine: Engine) -> None:
    # The third segment has one customer in a hundred, and looks like the first: always the fewer.
    rows: list[tuple[float | None, str | None, int]] = [(0.0, None, 2 * (i % 100 < 2)) for i in range(200)]
    rows += [(9.0, None, 1)] * 200
    sets = learn_rules(engine, sample(engine, rows), segmentation((SPEND,), 3))
    assert [len(rule.clauses) for rule in simple_enough(sets).rules] == [1, 1, 0]
    last = simple_enough(sets).rules[2]
    assert last.precision is None
    assert last.coverage and (last.coverage.share, last.coverage.of) == (0.0, 2)


def test_one_customer_and_one_segment_are_calm(engine: Engine) -> None:
    made = segmentation((SPEND,), 1)
    (rules,) = learn_rules(engine, sample(engine, [(5.0, None, 0)]), made)
    assert rules.agreement is None
    assert conditions_in_words(rules.rules[0].clauses[0].conditions, made) == "everybody"


def test_rules_survive_json(engine: Engine) -> None:
    rows: list[tuple[float | None, str | None, int]] = [(float(i % 50), "pro", int(i % 50 > 30)) for i in range(100)]
    rules = learn_rules(engine, sample(engine, rows), segmentation((SPEND, PLAN), 2))[0]
    assert build(RuleSet, json.loads(dump_json(rules)), StudyError, "rules") == rules


def test_learning_twice_gives_the_same(shop: Path) -> None:
    live = open_study(shop)
    first = learn_rules(live.engine, live.sample, live.fit.segmentation)
    again = connect()
    sample_rows = again.store("sample", live.engine.fetch(live.sample))
    assert learn_rules(again, sample_rows, live.fit.segmentation) == first
    live.engine.close()
    again.close()
