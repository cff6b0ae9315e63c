"""Comparing: what sets chosen segments apart, and where they stand among all customers.

Everything comes from aggregates over all rows: the profiles that a fit holds, and counts of customers by segment and
bin. Numbers only; pictures are in segscope.figures.segments.
"""

from segscope.comparing.composing import Composition, Share, composition, composition_in_words, flags_together, wilson
from segscope.comparing.differences import (
    Difference,
    Summary,
    apart_in_words,
    by_spread,
    cohens_d,
    differences,
    everyone_else,
    spread_in_words,
    summary,
)
from segscope.comparing.groups import (
    EVERYBODY,
    EVERYONE,
    Compared,
    Group,
    brief,
    choose,
    compared_columns,
    first_choice,
    only_segments,
)
from segscope.comparing.numbers import HEAD, Row, number_rows, numbers_csv
from segscope.comparing.standing import (
    Counts,
    Density,
    Distribution,
    count_by_segment,
    distribution,
    is_flag,
    mean_percentiles,
    medians_in_words,
    radar_axes,
    standing_in_words,
    tail_in_words,
    value_text,
)

__all__ = [
    "EVERYBODY",
    "EVERYONE",
    "HEAD",
    "Compared",
    "Composition",
    "Counts",
    "Density",
    "Difference",
    "Distribution",
    "Group",
    "Row",
    "Share",
    "Summary",
    "apart_in_words",
    "brief",
    "by_spread",
    "choose",
    "cohens_d",
    "compared_columns",
    "composition",
    "composition_in_words",
    "count_by_segment",
    "differences",
    "distribution",
    "everyone_else",
    "first_choice",
    "flags_together",
    "is_flag",
    "mean_percentiles",
    "medians_in_words",
    "number_rows",
    "numbers_csv",
    "only_segments",
    "radar_axes",
    "spread_in_words",
    "standing_in_words",
    "summary",
    "tail_in_words",
    "value_text",
    "wilson",
]
