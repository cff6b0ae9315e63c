"""The numbers behind the comparison, in original units, as rows of a table and as CSV."""

import csv
import io
from collections.abc import Sequence

from segscope.comparing.groups import Compared, Group
from segscope.exporting import disarmed_name
from segscope.profiling import NumberProfile, Profiles

HEAD = (
    "variable", "group", "customers known", "mean", "standard deviation",
    "lowest", "quarter", "median", "three quarters", "highest",
)  # fmt: skip
Row = tuple[Compared, Group, NumberProfile]


def number_rows(profiles: Profiles, columns: Sequence[Compared], groups: Sequence[Group]) -> tuple[Row, ...]:
    """The profile of every column in every group, as rows of a table."""
    rows = []
    for column in columns:
        for group in groups:
            mine = profiles.everybody if group.place is None else profiles.segments[group.place]
            if column.column in mine.numbers:
                rows.append((column, group, mine.numbers[column.column]))
    return tuple(rows)


def numbers_csv(rows: Sequence[Row]) -> str:
    """The same rows as CSV, at full precision; names that a spreadsheet would run as a formula are disarmed.

    >>> from segscope.comparing import EVERYBODY
    >>> one = NumberProfile(2, 3.0, 1.5, 0.5, 1, 1, 1.5, 2, 2)
    >>> print(numbers_csv([(Compared("a", "=A"), EVERYBODY, one)]).splitlines()[1])
    '=A,Everyone,2,1.5,0.5,1,1,1.5,2,2
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for column, group, n in rows:
        names = (disarmed_name(column.title), disarmed_name(group.name))
        writer.writerow([*names, n.count, n.mean, n.deviation, n.low, n.quarter, n.median, n.three_quarters, n.high])
    return out.getvalue()
