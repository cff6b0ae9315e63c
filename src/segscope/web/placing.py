"""The form that places a new customer: fields made from the recipe, and the answer in words and bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html

from segscope.errors import ScoreError
from segscope.formula import EPOCH
from segscope.profiling import Profiles
from segscope.scoring import (
    Change,
    Donors,
    Field,
    Placement,
    form_fields,
    next_better,
    place,
    pushes,
    read_number,
    right_with,
    unusual,
)
from segscope.segmentation import Segment, Segmentation
from segscope.study import Fit
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.wording import counted, full, listed, percent, short

MOST_PUSHES = 4
UNLIKE = "Unlike any segment: farther out than the customers of the nearest one are."
FIELD, PLACED, CLEAR = "insights-field", "insights-placed", "insights-clear"
TYPING_PAUSE_MS = 300
LEAST_CHANCE = 0.001
MOST_BARS = 6
HOW_PLACED = (
    "What is not known is not guessed by one number: it is averaged over real customers who are like this one in what "
    "is known. A bar is the chance of a segment, were everything known and the segments' centres measured on other "
    "customers like these. With all fields known the answer is the segment that a fit gives; near a border the bars "
    "stay split, as in a scored file."
)


@dataclass(frozen=True)
class Reasons:
    """What is said of a placement beside it.

    Attributes
    ----------
    given : number of fields that were filled in
    right : how often an answer with these fields is right, and on how many customers that was tried
    pushes : by how much each field raises the chance of the first segment
    change : what would have to change for a more valuable segment
    """

    given: int
    right: tuple[float, int]
    pushes: Mapping[str, float]
    change: Change | None


def card(segmentation: Segmentation, profiles: Profiles) -> html.Section:
    """The card: fields made from the recipe, and the answer under them."""
    fields = form_fields(segmentation, profiles)
    return parts.card(
        ["Place a new customer", parts.info(HOW_PLACED)],
        html.Form(_groups(fields), className="place-form", **aria(label="What is known of the customer")),
        html.Div(
            _unplaced("Fill in at least one field.", segmentation.segments),
            id=PLACED,
            className="placed",
            **aria(live="polite"),
        ),
        subtitle="Fill in what you know, one field is enough",
        actions=[html.Button("Clear", id=CLEAR, className="button", type="button")],
        class_name="insights-place",
    )


def _groups(fields: Sequence[Field]) -> list[Any]:
    """Features first; what they are made of is a click away."""
    features = [_field(i, f) for i, f in enumerate(fields) if not f.raw]
    raw = [_field(i, f) for i, f in enumerate(fields) if f.raw]
    shown: list[Any] = [html.Div(features, className="place-fields" if len(features) > 1 else "place-fields one")]
    if raw:
        opener = html.Summary(f"Or what they are made of: {counted(len(raw), 'column')}")
        shown.append(html.Details([opener, html.Div(raw, className="place-fields")], className="place-raw"))
    return shown


def _field(i: int, field: Field) -> dmc.TextInput | dmc.Select:
    if field.levels:
        return _choice(i, field)
    low, high = field.usual
    hint = "1 for yes, 0 for no" if field.yes_or_no else f"{short(low)} to {short(high)}"
    hint = "such as 2014-06-29" if field.date else hint
    unit = "" if field.yes_or_no else field.unit
    return dmc.TextInput(
        id={"type": FIELD, "place": i},
        label=field.label,
        placeholder=hint,
        value="",
        debounce=TYPING_PAUSE_MS,
        size="sm",
        radius="md",
        autoComplete="off",
        rightSection=html.Span(unit, className="place-unit") if unit else None,
        rightSectionWidth=18 + round(6.6 * len(unit)) if unit else None,
        rightSectionPointerEvents="none",
        inputProps={"inputMode": "text" if field.yes_or_no or field.date else "decimal"},
        inputWrapperOrder=["label", "input", "description", "error"],
        className="place-field",
    )


def _choice(i: int, field: Field) -> dmc.Select:
    return dmc.Select(
        id={"type": FIELD, "place": i},
        label=field.label,
        placeholder="unknown",
        data=list(field.levels),
        clearable=True,
        searchable=len(field.levels) > 6,
        size="sm",
        radius="md",
        comboboxProps={"shadow": "md"},
        className="place-field",
    )


def _unplaced(message: str, segments: Sequence[Segment]) -> list[Any]:
    waiting = parts.notice(message, "info")
    shares = [s.share for s in segments]
    note = html.P("Before anything is known: the share of all customers.", className="card-note")
    return [waiting, _probabilities(segments, shares, faint=True), note]


def _placement(found: Placement, more: Reasons, fields: Sequence[Field], segments: Sequence[Segment]) -> list[Any]:
    first = segments[found.first]
    box = html.Div(
        [
            html.P("Most likely", className="placed-lead"),
            html.P([parts.swatch(first.colour), first.name], className="placed-name"),
            html.P(_how_sure(found, more, fields, segments), className="placed-sure"),
        ],
        className="placed-box",
        style={"--own": segment_variable(first.colour)},
    )
    unlike = parts.notice(UNLIKE, "warn") if found.fits_none else None
    return [box, unlike, _probabilities(segments, found.probabilities), *_reasons(found, more, fields, segments)]


def _how_sure(found: Placement, more: Reasons, fields: Sequence[Field], segments: Sequence[Segment]) -> str:
    probability = found.probabilities[found.first]
    second = segments[found.second] if found.second is not None else None
    if second is None:
        return "There is only this segment."
    runner_up = f"Second best: {second.name}, {_chance(found.probabilities[found.second or 0])}."
    if all(f.feature in found.known for f in fields if not f.raw):
        inside = "right inside it" if probability >= 0.9 else "inside it" if probability >= 0.6 else "near its border"
        return f"All is known, so this is certain; the customer lies {inside}. {runner_up}"
    word = next(w for least, w in SURE if found.right >= least)
    like = f"{word}: for customers like this one the answer is right {_chance(found.right)} of the time"
    share, tried = more.right
    number = "this field" if more.given == 1 else f"these {more.given} fields"
    return f"{like}; with {number} it is right {percent(share)} of the time, tried on {tried:,} customers. {runner_up}"


def _chance(share: float) -> str:
    return percent(share) if share >= LEAST_CHANCE or share == 0 else f"< {percent(LEAST_CHANCE)}"


SURE = ((0.95, "Almost certain"), (0.8, "Likely"), (0.6, "More likely than not"), (0.0, "Open"))


def _probabilities(segments: Sequence[Segment], shares: Sequence[float], faint: bool = False) -> html.Ul:
    ranked = sorted(range(len(segments)), key=lambda i: -shares[i])
    shown = sorted(ranked[:MOST_BARS] if len(segments) > MOST_BARS + 1 else ranked)
    rest = ranked[MOST_BARS:] if len(shown) == MOST_BARS and len(segments) > MOST_BARS else []
    rows = [
        html.Li(
            [
                html.Span(
                    [parts.swatch(s.colour), html.Span(s.name, className="clip")],
                    className="placed-segment",
                    title=s.name,
                ),
                parts.bar(share, segment_variable(s.colour)),
                html.Strong(_chance(share)),
            ]
        )
        for s, share in ((segments[i], shares[i]) for i in shown)
    ]
    if rest:
        together = sum(shares[i] for i in rest)
        words = html.Span([html.Span(className="swatch everybody"), f"{len(rest)} others"], className="placed-segment")
        rows.append(html.Li([words, parts.bar(together, "var(--faint)"), html.Strong(_chance(together))]))
    return html.Ul(rows, className="placed-bars faint" if faint else "placed-bars")


def _reasons(found: Placement, more: Reasons, fields: Sequence[Field], segments: Sequence[Segment]) -> list[Any]:
    """Why, what followed from what was given, what to ask next, and what would have to change."""
    by_name = {f.feature: f for f in fields}
    said: list[Any] = []
    if len(segments) > 1 and more.pushes:
        told = [f"{by_name[n].label} {_points(push)}" for n, push in more.pushes.items()]
        said.append(html.P([html.Strong("Why: "), f"{listed(told[:MOST_PUSHES])}."]))
    if found.implied:
        follows = [f"{by_name[n].label} {full(v)} {by_name[n].unit}".strip() for n, v in found.implied.items()]
        said.append(html.P(f"It follows: {listed(follows)}."))
    if found.without:
        blank = listed([by_name[n].label for n in found.without])
        said.append(html.P(f"{blank} cannot be told from this; as in the fit, the median stands in."))
    if found.ask_next:
        name, expected = found.ask_next
        gain = _points(expected - found.right).removeprefix("+")
        ask = f" With it, the answer is expected to be right {percent(expected)} of the time, {gain} more."
        said.append(html.P([html.Strong(f"Ask next: {by_name[name].label}."), ask]))
    if more.change:
        field = by_name[more.change.field]
        wanted = f" {field.label} of {_value(field, more.change.value)}, all else as it is."
        said.append(html.P([html.Strong(f"To become one of {segments[more.change.segment].name}:"), wanted]))
    return [html.Div(said, className="placed-more")] if said else []


def _points(change: float) -> str:
    """A change of a chance in points, with its sign.

    >>> _points(0.413), _points(-0.002), _points(-0.05)
    ('+41 points', '±0 points', '-5 points')
    """
    points = round(100 * change)
    return f"{points:+d} {'point' if abs(points) == 1 else 'points'}" if points else "±0 points"


def _value(field: Field, value: float) -> str:
    if field.levels:
        return field.levels[round(value)]
    if field.date:
        return date.fromordinal(EPOCH.toordinal() + round(value)).isoformat()
    return f"{full(value)} {field.unit}".strip()


def answer(fit: Fit, donors: Donors, typed: Sequence[str | None]) -> tuple[Any, list[str], list[str]]:
    """What the form shows: the answer, and for each field its error and its remark."""
    fields = form_fields(fit.segmentation, fit.profiles)
    given: dict[str, float] = {}
    errors, remarks = [""] * len(fields), [""] * len(fields)
    for i, (field, text) in enumerate(zip(fields, typed, strict=True)):
        try:
            value = read_number(field, text)
        except ScoreError as error:
            errors[i] = str(error)
            continue
        if value is not None:
            given[field.feature] = value
            remarks[i] = unusual(field, value)
    try:
        found = place(fit.segmentation, donors, given)
    except ScoreError as error:
        message = "Mend the marked field, or fill in another." if any(errors) else str(error)
        return _unplaced(message, fit.segments), errors, remarks
    return _placement(found, _reasoned(fit, donors, given, found), fields, fit.segments), errors, remarks


def _reasoned(fit: Fit, donors: Donors, given: Mapping[str, float], found: Placement) -> Reasons:
    segmentation = fit.segmentation
    return Reasons(
        len(given),
        right_with(segmentation, donors, found.known),
        pushes(segmentation, donors, given, found),
        next_better(segmentation, donors, given, found),
    )
