"""What the Explore page shows, computed for a study and the filters of the page."""

from collections.abc import Mapping
from typing import Any

import ibis
from dash import set_props

from segscope.errors import SegscopeError
from segscope.exploring import (
    Associations,
    Filters,
    Variable,
    associate,
    count_bins,
    count_each,
    parse_filters,
    renewed,
    select,
    strongest,
    without,
)
from segscope.exploring.associations import SAMPLE_CUSTOMERS
from segscope.exploring.filters import passes
from segscope.intake import ROW
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.theme import segment_variable
from segscope.wording import counted

MANY = 200_000  # selected customers from which what most have in common is counted through the few who do not
MOST_ASSOCIATED = 40  # variables: more are too small to read, and too much to send
State = Mapping[str, Any]


def _whole(live: LiveStudy) -> tuple[dict[str, list[int]], int]:
    """Everybody's counts in each bin of each variable, and how many they are."""

    def compute() -> dict[str, list[int]]:
        return count_bins(live.engine, live.customers, live.variables, live.customers)

    return live.once("counts of everybody", compute), live.fit.customers


def everybody_counts(live: LiveStudy) -> dict[str, list[int]]:
    """Everybody's counts in each bin of each variable."""
    return _whole(live)[0]


def panels_meta(live: LiveStudy) -> dict[str, Any]:
    """What the panels need to know of every variable, and everybody's counts."""
    counts, total = _whole(live)
    return {
        "key": f"{live.folder.name}/{live.stamp}",
        "fit": live.stamp,
        "variables": [_panel(live, v) for v in _ordered(live)],
        "counts": counts,
        "total": total,
    }


def _ordered(live: LiveStudy) -> list[Variable]:
    """Segments and features first, then what is derived, then the rest; members of families last."""
    features = live.recipe.features

    def rank(v: Variable) -> tuple[bool, bool, bool, int]:
        feature = features.index(v.column) if v.column in features else 99
        return bool(v.family), v.column not in features and v.column != SEGMENT_VARIABLE, not v.derived, feature

    return sorted(live.variables, key=rank)


def _panel(live: LiveStudy, variable: Variable) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "column": variable.column,
        "key": variable.column,
        "place": live.variable(variable.column)[0],
        "label": variable.label,
        "kind": variable.kind,
        "unit": variable.unit,
        "whole": variable.whole,
        "choices": list(variable.choices),
        "names": list(variable.names) or None,
        "others": variable.others,
        "bins": _bins_told(variable),
    }
    again = [i for i, v in enumerate(live.views) if v.column == variable.column][1:]
    if again:
        # No column of a table has a name with this mark.
        shown["log"] = {"place": again[0], "key": f"{variable.column}\0log", "bins": _bins_told(live.views[again[0]])}
    if variable.column == SEGMENT_VARIABLE:
        shown["colours"] = [segment_variable(s.colour) for s in live.fit.segments]
    return shown


def _bins_told(variable: Variable) -> dict[str, Any] | None:
    bins = variable.bins
    names = ("low", "width", "count", "smallest", "largest", "edges")
    return None if bins is None else {name: getattr(bins, name) for name in names}


def selection_counts(live: LiveStudy, state: State | None) -> dict[str, Any]:
    """Counts of every variable among the selected customers; filters that cannot be read are told and left out."""
    refused = False
    try:
        filters = parse_filters(state, live.variables)
    except SegscopeError as error:
        set_props("toast", {"children": str(error)})
        filters, state, refused = (), {}, True
    if not filters:
        counts, total = _whole(live)
        return {"filters": {}, "selected": total, "counts": counts, "refused": refused}
    rows, others = fewer(live, filters, _estimated(live, filters))
    counts = count_bins(live.engine, live.customers, live.variables, rows)
    if others:
        counts = without(everybody_counts(live), counts)
    return {
        "filters": renewed(state or {}, live.variables),
        "selected": sum(counts[SEGMENT_VARIABLE]),
        "counts": counts,
    }


def fewer(live: LiveStudy, filters: Filters, selected: int) -> tuple[ibis.Table, bool]:
    """The selected customers; or the others, and True, where these are fewer to read in a large study.

    What is counted among the others is taken from what everybody's counts are.
    """
    if live.fit.customers < MANY or selected <= live.fit.customers / 2 or not filters:
        return select(live.customers, filters, live.variables), False
    return live.customers.filter(~passes(live.customers, filters, live.variables)), True


def _estimated(live: LiveStudy, filters: Filters) -> int:
    """About how many customers pass, by the sample."""
    if live.fit.customers < MANY:
        return 0
    (passing,) = count_each(live.engine, live.sample, [filters], live.variables)
    return round(passing / min(SAMPLE_CUSTOMERS, live.fit.customers) * live.fit.customers)


def associated(live: LiveStudy, counts: State) -> Associations:
    """The association of every pair of variables in the selection: of all its customers, or of those in the sample."""
    return strongest(_associated(live, counts), MOST_ASSOCIATED)


def _associated(live: LiveStudy, counts: State) -> Associations:
    filters = parse_filters(counts["filters"], live.variables)
    if not filters:
        return live.once("associations", lambda: associate(live.engine, live.sample, live.variables))
    few = counts["selected"] <= SAMPLE_CUSTOMERS
    source = live.customers if few else live.sample
    selected = select(source, filters, live.variables)
    return associate(live.engine, selected.order_by(ROW) if few else selected, live.variables)


def association_note(live: LiveStudy, found: Associations) -> str:
    """What the heat map is of."""
    shown, all_ = len(found.columns), len(live.variables)
    few = f" The {shown} of {all_} variables that go most with others." if shown < all_ else ""
    return (
        f"{counted(found.customers, 'customer')} of the selection, ordered by likeness; "
        f"click a cell to open the pair.{few}"
    )


def clicked_pair(live: LiveStudy, clicked: State | None) -> dict[str, str]:
    """What a click on a cell asks for: the select to change -> its value; nothing where the cell is no pair."""
    by_label = {v.label: v for v in live.variables}
    point = ((clicked or {}).get("points") or [{}])[0]
    x, y = by_label.get(point.get("x", "")), by_label.get(point.get("y", ""))
    if x is None or y is None or x == y:
        return {}
    if "category" not in (x.kind, y.kind):
        return {"explore-x": x.column, "explore-y": y.column}
    shown, by = (y, x) if x.kind == "category" else (x, y)
    return {"explore-box-y": shown.column, "explore-box-x": by.column}


def opened_variable(live: LiveStudy, column: str, by: str) -> dict[str, str]:
    """The same for a click on a variable: it is shown by the category that is chosen, or by segment if it is that."""
    return {"explore-box-y": column, "explore-box-x": SEGMENT_VARIABLE if by == column else by}
