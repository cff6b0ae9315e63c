"""How does this selection differ? Every variable by its effect size, against the rest or against others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from segscope.exploring import (
    Choice,
    Difference,
    Filters,
    Moments,
    Variable,
    count_bins,
    count_each,
    differences,
    leading,
    moments,
    parse_filters,
    select,
    without,
)
from segscope.study import SEGMENT_VARIABLE, LiveStudy
from segscope.study.audiences import conditions, find_audience, read_audiences
from segscope.web.attributes import aria
from segscope.web.exploration import everybody_counts, fewer
from segscope.web.pressing import press
from segscope.web.whose import AUDIENCE, SEGMENT, kept_groups
from segscope.wording import percent, short, times

SHOWN = 8
REST, EVERYONE = "rest", "everyone"
WORTH_SAYING = 0.2  # Cohen's (1988) small effect
SHORTEST_REACH = 0.5  # standard deviations that the bars span at least, to each side
MUCH_MORE, MUCH_LESS = 1.15, 0.87  # ratios of means that are said as such
HINT = "Select customers above, by dragging over a chart or clicking a value, and this says what sets them apart."
State = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What the card shows: its title, its rows and the note under the title."""

    title: str
    rows: Any
    note: str


def against_choices(live: LiveStudy) -> list[dict[str, Any]]:
    """Whom a selection can be compared with."""
    return [{"value": REST, "label": "the rest"}, {"value": EVERYONE, "label": "everyone"}, *kept_groups(live)]


def find_differences(live: LiveStudy, counts: State, against: str) -> Found:
    """What sets the selected customers apart from others.

    Parameters
    ----------
    counts : the selection with its counts, as the page holds it
    against : one of :func:`against_choices`

    Raises
    ------
    StudyError : for an audience or a segment that is gone
    """
    total = live.fit.customers
    nobody_else = against in (REST, EVERYONE) and counts["selected"] == total
    everybody = _whole_moments(live)  # ready before the first selection
    if counts["selected"] == 0 or nobody_else:
        note = "Everybody is selected" if counts["selected"] else "Nobody is selected"
        return Found("How does this selection differ?", html.P(HINT, className="muted small"), note)
    filters = parse_filters(counts["filters"], live.variables)
    chosen_by = {f.column for f in filters}
    others: Filters = ()
    if against in (REST, EVERYONE):
        their_counts = everybody_counts(live)
        note = f"Against all {total:,} customers, the selection among them"
        if against == REST:
            their_counts = without(their_counts, counts["counts"])
            note = f"Against the other {total - counts['selected']:,} customers"
    else:
        name, others = _others(live, against)
        selected = select(live.customers, others, live.variables)
        their_counts = count_bins(live.engine, live.customers, live.variables, selected)
        both, alone = count_each(live.engine, live.customers, [(*filters, *others), others], live.variables)
        note = f"Against the {alone:,} customers of {name}" + (f", {both:,} of whom are selected too" if both else "")
        chosen_by |= {f.column for f in others}
    asked = [v for v in live.variables if v.column not in chosen_by]
    all_counts = everybody_counts(live)
    known = {column: (found, all_counts[column]) for column, found in everybody.items()}
    told = leading(asked, counts["counts"], their_counts, SHOWN, known)
    mine = _moments(live, told, filters, counts["counts"])
    if against == EVERYONE:
        theirs = everybody
    elif against == REST:
        theirs = {column: everybody[column].without(part) for column, part in mine.items()}
    else:
        theirs = _moments(live, told, others, their_counts)
    shown = differences(told, mine, theirs, counts["counts"], their_counts)[:SHOWN]
    if not shown:
        return Found("How does this selection differ?", html.P("In nothing that can be told.", className="muted"), note)
    return Found(headline(shown), [_row(d, _reach(shown)) for d in shown], f"{note}; what is filtered by is left out")


def headline(shown: Sequence[Difference]) -> str:
    """The top findings as a sentence; the largest number and the largest category that are worth a word.

    >>> spend = Difference("s", "Total spend", "", 0.9, 0.8, 1.0, 1200.0, 570.0)
    >>> degree = Difference("e", "Education", "", 0.3, 0.2, 0.4, 0.5, 0.3, "PhD")
    >>> headline([spend, degree])
    'Total spend 2.1x as high; more often Education PhD'
    >>> headline([Difference("a", "Age", "years", 0.1, 0.0, 0.2, 45.0, 44.0)])
    'They differ little'
    """
    worth = [d for d in shown if d.size >= WORTH_SAYING]
    number = next((d for d in worth if d.value is None), None)
    category = next((d for d in worth if d.value is not None), None)
    ordered = sorted((d for d in (number, category) if d), key=lambda d: -d.size)
    said = "; ".join(map(_in_words, ordered))
    return said[:1].upper() + said[1:] if said else "They differ little"


def _in_words(d: Difference) -> str:
    up = d.selection >= d.rest
    if d.value is not None:
        value = d.value if d.column == SEGMENT_VARIABLE else f"{d.label} {d.value}"
        return f"{'more' if up else 'less'} often {value}"
    ratio = d.selection / d.rest if d.rest > 0 and d.selection > 0 else 1.0
    if ratio >= MUCH_MORE or ratio <= MUCH_LESS:
        return f"{d.label} {times(ratio)} as high"
    return f"{d.label} {'higher' if up else 'lower'} ({short(d.selection)} against {short(d.rest)})"


def _others(live: LiveStudy, against: str) -> tuple[str, Filters]:
    if against.startswith(AUDIENCE):
        audience = find_audience(read_audiences(live.folder), against.removeprefix(AUDIENCE))
        return audience.name, conditions(audience, live.variables)
    wanted = against.removeprefix(SEGMENT)
    name = next((s.name for s in live.fit.segments if s.id == wanted), "")
    return name, (Choice(SEGMENT_VARIABLE, (wanted,)),)


def _whole_moments(live: LiveStudy) -> dict[str, Moments]:
    counts = everybody_counts(live)
    return live.once(
        "moments of everybody",
        lambda: moments(live.engine, live.customers, live.variables, live.customers, counts),
    )


def _moments(
    live: LiveStudy, variables: Sequence[Variable], filters: Filters, counts: dict[str, list[int]]
) -> dict[str, Moments]:
    rows, others = fewer(live, filters, sum(counts[SEGMENT_VARIABLE]))
    if not others:
        return moments(live.engine, live.customers, variables, rows, counts)
    whole = _whole_moments(live)
    found = moments(live.engine, live.customers, variables, rows, without(everybody_counts(live), counts))
    return {column: whole[column].without(part) for column, part in found.items()}


def _row(d: Difference, reach: float) -> html.Button:
    """A variable: both values, its effect as a bar with the interval over it, and in figures."""
    if d.value is None:
        label, mine, theirs, name = d.label, short(d.selection), short(d.rest), "Cohen's d"
    else:
        label, mine, theirs, name = f"{d.label}: {d.value}", percent(d.selection), percent(d.rest), "Cramér's V"
    up = d.selection >= d.rest
    sign = "+" if d.value is None else ""
    interval = f"{d.low:{sign}.2f} to {d.high:{sign}.2f}"
    side = 1 if up or d.value is None else -1
    ends = sorted(_place(side * d.scaled(end), reach) for end in (d.low, d.high))
    middle, tip = 50.0, _place(d.size if up else -d.size, reach)
    bar = html.I(className="up" if up else "down", style=_between(*sorted((middle, tip))))
    whisker = html.B(className="interval", style=_between(*ends))
    return html.Button(
        [
            html.Span(label, className="differs-label", title=label),
            html.Span([html.B(mine), " vs ", theirs], className="differs-values"),
            html.Span([bar, whisker], className="differs-bar"),
            html.Span(
                [html.Span(f"{d.effect:{sign}.2f}"), html.Small(interval)], className="differs-effect",
                title=f"{name}, 95 % interval",
            ),
        ],
        className="differs-row",
        **press("differences", column=d.column),
        **aria(label=f"{label}: {mine} against {theirs}, {name} {d.effect:{sign}.2f}, {interval}. Show it"),
    )  # fmt: skip


def _reach(shown: Sequence[Difference]) -> float:
    """What half a bar stands for: the farthest end of an interval."""
    return max(SHORTEST_REACH, *(abs(d.scaled(end)) for d in shown for end in (d.low, d.high)))


def _place(size: float, reach: float) -> float:
    """Where an effect lies on the bar, in percent of its width."""
    return 50 + 50 * size / reach


def _between(left: float, right: float) -> dict[str, str]:
    return {"left": f"{left:.1f}%", "width": f"{right - left:.1f}%"}
