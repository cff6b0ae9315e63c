"""The form that places a new customer: fields made from the recipe, and the answer in words and bars."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from segscope.errors import ScoreError
from segscope.profiling import Profiles
from segscope.scoring import Donors, Field, Placement, form_fields, place, read_number, unusual
from segscope.segmentation import Segment, Segmentation
from segscope.study import Fit
from segscope.theme import segment_variable
from segscope.web import parts
from segscope.web.attributes import aria
from segscope.wording import full, listed, percent, short

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


def card(segmentation: Segmentation, profiles: Profiles) -> html.Section:
    """The card: fields made from the recipe, and the answer under them."""
    fields = form_fields(segmentation, profiles)
    return parts.card(
        ["Place a new customer", parts.info(HOW_PLACED)],
        html.Form(
            [_field(i, field) for i, field in enumerate(fields)],
            className="place-fields" if len(fields) > 1 else "place-fields one",
            **aria(label="What is known of the customer"),
        ),
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


def _field(i: int, field: Field) -> dmc.TextInput | dmc.Select:
    if field.levels:
        return _choice(i, field)
    low, high = field.usual
    hint = "1 for yes, 0 for no" if field.yes_or_no else f"{short(low)} to {short(high)}"
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
        inputProps={"inputMode": "text" if field.yes_or_no else "decimal"},
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


def _placement(found: Placement, fields: Sequence[Field], segments: Sequence[Segment]) -> list[Any]:
    first = segments[found.first]
    box = html.Div(
        [
            html.P("Most likely", className="placed-lead"),
            html.P([parts.swatch(first.colour), first.name], className="placed-name"),
            html.P(_how_sure(found, fields, segments), className="placed-sure"),
        ],
        className="placed-box",
        style={"--own": segment_variable(first.colour)},
    )
    return [box, _probabilities(segments, found.probabilities), *_reasons(found, fields)]


def _how_sure(found: Placement, fields: Sequence[Field], segments: Sequence[Segment]) -> str:
    probability = found.probabilities[found.first]
    second = segments[found.second] if found.second is not None else None
    if second is None:
        return "There is only this segment."
    runner_up = f"Second best: {second.name}, {_chance(found.probabilities[found.second or 0])}."
    if len(found.known) == len(fields):
        inside = "right inside it" if probability >= 0.9 else "inside it" if probability >= 0.6 else "near its border"
        return f"All is known, so this is certain; the customer lies {inside}. {runner_up}"
    word = next(w for least, w in SURE if found.right >= least)
    return f"{word}: with this much known the answer is right {_chance(found.right)} of the time. {runner_up}"


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


def _reasons(found: Placement, fields: Sequence[Field]) -> list[Any]:
    """What followed from what was given, and what to ask next."""
    by_name = {f.feature: f for f in fields}
    said: list[Any] = []
    if found.implied:
        follows = [f"{by_name[n].label} {full(v)} {by_name[n].unit}".strip() for n, v in found.implied.items()]
        said.append(html.P(f"It follows: {listed(follows)}."))
    if found.without:
        blank = listed([by_name[n].label for n in found.without])
        said.append(html.P(f"{blank} cannot be told from this; as in the fit, the median stands in."))
    if found.ask_next:
        name, expected = found.ask_next
        ask = f" With it, the answer is expected to hold for {percent(expected)} of such customers."
        said.append(html.P([html.Strong(f"Ask next: {by_name[name].label}."), ask]))
    return [html.Div(said, className="placed-more")] if said else []


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
    return _placement(found, fields, fit.segments), errors, remarks
