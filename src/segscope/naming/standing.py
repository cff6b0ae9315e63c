"""Standing: the recency and frequency scores of the typical customer of each segment, from 1 to 5."""

from collections.abc import Sequence

import ibis

from segscope.engine import Engine, one
from segscope.features import as_number
from segscope.profiling import Profiles
from segscope.recipe import Concept, Recipe
from segscope.transactions.rfm import SCORES

Scores = Sequence[tuple[int, int]]
"""The R score and the F score of each segment's typical customer."""


def typical_scores(engine: Engine, table: ibis.Table, recipe: Recipe, profiles: Profiles) -> Scores | None:
    """The scores of each segment's median recency and median number of purchases among all customers.

    A score is the fifth in which a value stands, as customers of a log are scored (segscope.transactions.scores); 5 is
    most recent, and most often. None unless both make the segments.
    """
    recency, purchases = (recipe.with_concept(c) for c in (Concept.RECENCY, Concept.PURCHASES))
    if recency is None or purchases is None or not {recency, purchases} <= set(recipe.measured_features):
        return None
    medians = [
        [g.numbers[c].median if c in g.numbers else profiles.everybody.numbers[c].median for g in profiles.segments]
        for c in (recency, purchases)
    ]
    found = {}
    for axis, column in enumerate((recency, purchases)):
        x = as_number(table[column])
        found[f"n{axis}"] = x.count()
        for place, median in enumerate(medians[axis]):
            found[f"b{axis}_{place}"] = ((x > median) if axis == 0 else (x < median)).sum()
            found[f"e{axis}_{place}"] = (x == median).sum()
    answer = one(engine, table.agg(**found))

    def score(axis: int, place: int) -> int:
        standing = (answer[f"b{axis}_{place}"] + answer[f"e{axis}_{place}"] / 2) / max(1, answer[f"n{axis}"])
        return 1 + min(SCORES - 1, int(SCORES * standing))

    return tuple((score(0, place), score(1, place)) for place in range(len(profiles.segments)))
