"""Cards: each segment at a glance, and what can be changed about it in place."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from segscope.clustering import SegmentVerdict
from segscope.comparing import Compared, brief
from segscope.labels import COLOURS
from segscope.naming import Portrait, Trait, value_column
from segscope.origins import Former
from segscope.segmentation import Segment
from segscope.study import Fit
from segscope.theme import segment_variable
from segscope.web import handwork, parts
from segscope.web.attributes import aria, data
from segscope.web.origin_words import origin_figures, origin_words
from segscope.wording import full, listed, percent, short, stability_words

CUSTOMERS_OF = "customers-of-segment"
MOST_BARS = 8
TALLEST_BAR_AT = 1.5
LOCK = (
    "A locked segment is matched before all others when the study is fitted again: while at least half of its "
    "customers stay together, they keep its id, name, colour and note. No other name is offered for it. "
    "A lock does not decide who is in it."
)


OVERRULE = (
    "When a study is fitted again, segments are matched to those before by the customers they share. Where that went "
    "wrong, say which one this is: it takes that one's id, name, colour, note and lock; with a segment of today it "
    "exchanges them. No customer moves, and it can be undone."
)
MOST_OFFERED = 8


def cards(fit: Fit, columns: Sequence[Compared]) -> list[html.Article]:
    """A card for every segment."""
    by_name = {c.column: c for c in columns}
    worth = value_column(fit.recipe)
    label = fit.recipe.column(worth).label if worth else None
    return [_card(fit, place, by_name, label) for place in range(len(fit.segments))]


def _card(fit: Fit, place: int, columns: Mapping[str, Compared], worth: str | None) -> html.Article:
    """One segment at a glance.

    Parameters
    ----------
    worth : what ``segment.value_share`` is a share of
    """
    segment, verdict = fit.segments[place], fit.verdict.segments[place]
    opener = html.Button(
        [html.Strong(full(segment.size)), " customers"],
        id={"type": CUSTOMERS_OF, "segment": segment.id},
        className="linked",
        title="See these customers",
    )
    size: list[Any] = [opener, " · ", percent(segment.share)]
    portrait = fit.portraits[place]
    words = html.Div([_name(segment, portrait), html.P(size, className="segment-size"), _origin(segment)])
    bars = [_bar(fit, place, feature) for feature in fit.recipe.features]
    chips = [_trait(t, trait_amount(columns, t)) for t in portrait.traits]
    return html.Article(
        [
            html.Div([words, html.Div([profile_picture(bars), _menu(fit, segment)])], className="segment-head"),
            html.Div(
                [html.P(segment.sentence, className="segment-sentence"), _note(segment), _offer(segment, portrait)]
            ),
            _value(segment, worth) if worth and segment.value_share is not None else html.Div(),
            html.Div(chips, className="traits"),
            html.P(
                [
                    parts.chip(segment.verdict, segment.verdict),
                    *handwork.marks(fit, place),
                    html.Span(stability_in_words(segment, verdict, _nearest(fit, verdict)), className="small muted"),
                ],
                className="segment-verdict",
            ),
        ],
        className="segment-card",
        style={"--own": segment_variable(segment.colour)},
        **data(segment=segment.id),
    )


# ------------------------------------------------------------------------------------------------ what can be changed


def _name(segment: Segment, portrait: Portrait) -> html.Div:
    """The name with the evidence for it; a click, Enter or F2 turns it into a field (see assets/segment_cards.js)."""
    lock = html.Span(className="lock-mark", title="Locked", role="img", **aria(label="Locked"))
    button = html.Button(segment.name, className="segment-title", **data(edit="name", value=segment.name))
    why = dmc.Tooltip(
        button, label=_why(segment, portrait), multiline=True, w=300, withArrow=True, openDelay=250,
        events={"hover": True, "focus": True, "touch": False},
    )  # fmt: skip
    heading = html.H2([why, lock if segment.locked else None], className="segment-name")
    return html.Div([heading, html.Span(className="edit-slot")], className="editable")


def _why(segment: Segment, portrait: Portrait) -> list[Any]:
    """The evidence behind each word of the name, or of what the profile says where a person or a fit before gave it."""
    lines: list[Any] = [
        html.Div([html.Strong(claim.words[:1].upper() + claim.words[1:]), f": {claim.reason}"])
        for claim in portrait.evidence
    ]
    if portrait.suggested and portrait.suggested != segment.name:
        given = "named by hand" if segment.named else "kept from the fit before"
        lines = [html.Div(f"{given.capitalize()}. Its profile says: {portrait.suggested}"), *lines]
    return [*lines, html.Div("Click, Enter or F2 to rename", className="tip-hint")]


def _offer(segment: Segment, portrait: Portrait) -> html.P | None:
    """What the profile says now, where a name that nobody gave by hand is no longer true."""
    if segment.named or segment.locked or portrait.suggested in ("", segment.name):
        return None
    use = html.Button(portrait.suggested, className="link", **data(do="name", value=portrait.suggested))
    said: list[Any] = ["Name kept from the fit before; its profile now says ", use]
    return html.P(said, className="segment-offer", title="Click to call it so")


def _note(segment: Segment) -> html.Div:
    """The note; without one there is nothing to see until one is written from the menu."""
    button = html.Button(
        segment.note, className="segment-note", title="Edit the note", hidden=not segment.note,
        **data(edit="note", value=segment.note),
    )  # fmt: skip
    return html.Div([button, html.Span(className="edit-slot")], className="editable")


def _menu(fit: Fit, segment: Segment) -> html.Details:
    """What can be changed; each button says what it does in data attributes."""
    swatches = [_swatch(fit, segment, colour) for colour in range(COLOURS)]
    named = aria(label=f"Colour of {segment.name}")
    lock = _button("Unlock" if segment.locked else "Lock", "lock", "" if segment.locked else "on")
    note = "Edit the note" if segment.note else "Write a note"
    return html.Details(
        [
            html.Summary("⋯", title="Change this segment", **aria(label=f"Change {segment.name}")),
            html.Div(
                [
                    html.Button(["Rename", html.Kbd("F2")], className="menu-item", **data(start="name")),
                    html.Button(note, className="menu-item", **data(start="note")),
                    html.Div(swatches, className="menu-swatches", role="group", **named),
                    html.Div([lock, parts.info(LOCK)], className="menu-line"),
                    *handwork.actions(len(fit.segments), segment),
                    *_overruling(fit, segment),
                ],
                className="menu-panel",
            ),
        ],
        className="segment-menu",
    )


def _button(words: str, what: str, value: str) -> html.Button:
    return html.Button(words, className="menu-item", **data(do=what, value=value))


def _swatch(fit: Fit, segment: Segment, colour: int) -> html.Button:
    holder = next((s for s in fit.segments if s.colour % COLOURS == colour), None)
    mine = segment.colour % COLOURS == colour
    words = "Its colour now" if mine else f"Swap with {holder.name}" if holder else f"Colour {colour + 1}"
    return html.Button(
        className="menu-swatch taken" if holder and not mine else "menu-swatch",
        title=words,
        style={"background": segment_variable(colour)},
        **data(do="colour", value=str(colour)),
        **aria(label=words, pressed="true" if mine else "false"),
    )


def _overruling(fit: Fit, segment: Segment) -> list[Any]:
    """Ways to say that it is another segment than it was matched to; none before there was a second fit."""
    former = sorted(fit.segmentation.former, key=lambda f: not f.latest)[:MOST_OFFERED]
    if not former and all(s.origin is None for s in fit.segments):
        return []
    others = [(s.id, s.name) for s in fit.segments if s is not segment]
    choices = [_button(name, "is", other) for other, name in [*((f.id, f.name) for f in former), *others]]
    title = html.Div(["It is really", parts.info(OVERRULE)], className="menu-title")
    return [title, html.Div([*choices, _button("A new segment", "new", "")], className="menu-choices")]


def _origin(segment: Segment) -> html.P | None:
    """Where it comes from, with the figures behind it."""
    if segment.origin is None:
        return None
    return html.P(origin_words(segment), className="segment-origin", title=origin_figures(segment))


def former_list(fit: Fit) -> html.P:
    """The segments that the last fit ended, and what became of them."""
    names = {s.id: s.name for s in fit.segments}
    said = [f"{f.name} ({_fate(f, names)})" for f in fit.segmentation.former if f.latest]
    words: list[Any] = [html.Strong("No more: "), listed(said), "."]
    return html.P(words, className="segment-former", hidden=not said)


def _fate(former: Former, names: Mapping[str, str]) -> str:
    into = listed([names[i] for i in former.into if i in names])
    if former.became == "gone" or not into:
        return f"gone, many are now in {into}" if into else "gone"
    return f"{former.became} into {into}" if former.became == "split" else f"merged into {into}"


# ------------------------------------------------------------------------------------------------ what it shows


def _trait(trait: Trait, amount: str) -> html.Span:
    everyone = percent(trait.everybody) if amount.endswith("%") else full(trait.everybody)
    return html.Span([trait.label, " ", html.Strong(amount)], className="trait", title=f"Everyone: {everyone}")


def trait_amount(columns: Mapping[str, Compared], trait: Trait) -> str:
    """The mean behind a trait, short."""
    column = columns.get(trait.column)
    return percent(trait.mean) if column and column.share else short(trait.mean)


def _bar(fit: Fit, place: int, feature: str) -> tuple[str, float]:
    """A feature and how far the segment lies from everybody on it; of a category the level that is farthest."""
    label = fit.recipe.column(feature).label
    if feature not in fit.recipe.category_features:
        return label, fit.profiles.standard_difference(place, feature)
    level, difference = fit.profiles.level_differences(place, feature)[0]
    return f"{label} {level}", difference


def _value(segment: Segment, worth: str) -> html.Div:
    """Its share of the value as a bar, with a mark at its share of the customers."""
    share = segment.value_share or 0.0
    mark = html.Span(className="value-mark", style={"left": f"{100 * segment.share:.2f}%"})
    words: list[Any] = [html.Strong(percent(share)), f" of {worth.lower()}"]
    title = f"Mark: {percent(segment.share)} of customers"
    bar = html.Div([parts.bar(share, "var(--own)"), mark], className="value-bar", title=title)
    return html.Div([bar, html.P(words, className="small segment-size")], className="segment-value")


def _nearest(fit: Fit, verdict: SegmentVerdict) -> str | None:
    return None if verdict.nearest is None else fit.segments[verdict.nearest].name


def stability_in_words(segment: Segment, verdict: SegmentVerdict, nearest: str | None) -> str:
    """How surely a segment is found again, and whether it stands apart."""
    if nearest is None:
        return "the only segment"
    word = stability_words(segment.stability)
    apart = "apart from all others" if verdict.separated_from_nearest else f"no gap to {brief(nearest)}"
    return f"{word} ({segment.stability:.2f} of 1), {apart}"


def profile_picture(bars: Sequence[tuple[str, float]]) -> html.Div:
    """A tiny bar chart: how far each feature lies above or below everybody, in standard deviations."""
    said = listed([f"{label} {abs(d):.1f} {'above' if d >= 0 else 'below'}" for label, d in bars])
    drawn = [
        html.Span(
            className="up" if d >= 0 else "down",
            style={"height": f"{max(3.0, 50 * min(1.0, abs(d) / TALLEST_BAR_AT)):.0f}%"},
            title=f"{label}: {d:+.1f} standard deviations",
        )
        for label, d in bars[:MOST_BARS]
    ]
    slots = [html.Span(b, className="slot") for b in drawn]
    label = f"Profile in standard deviations from everyone: {said}"
    return html.Div(slots, className="profile-picture", role="img", **aria(label=label))
