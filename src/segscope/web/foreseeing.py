"""What a merge or a split will come to, before it is done: sizes, names, and what is told apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from segscope.comparing import Group, compared_columns
from segscope.errors import SegscopeError, StudyError
from segscope.profiling import Profiles
from segscope.segmentation import Segment, by_name
from segscope.study import Fit, LiveStudy
from segscope.study.handwork import HandEdit
from segscope.study.previewing import preview_split
from segscope.web import comparison, parts
from segscope.web.attributes import aria
from segscope.wording import counted, full, percent

SHOWN_DIFFERENCES = 5
State_ = Mapping[str, Any]


def edit_of(wanted: State_, other: str | None, keep: str | None) -> HandEdit:
    """What the dialog asks for."""
    if wanted["kind"] == "split":
        return HandEdit("split", str(wanted["segment"]))
    if not other:
        raise StudyError("Choose the segment to merge with.")
    kept = keep if keep in (wanted["segment"], other) else ""
    return HandEdit("merge", str(wanted["segment"]), other, kept or "")


def preview(live: LiveStudy, wanted: State_, other: str | None, keep: str | None) -> tuple[Any, str, bool]:
    """What will be, the words of the button, and whether it cannot be pressed."""
    try:
        if wanted["kind"] == "split":
            return _split_words(live, str(wanted["segment"])), "Split in two", False
        return _merge_words(live.fit, edit_of(wanted, other, keep)), "Merge", False
    except SegscopeError as error:
        return parts.notice(str(error), "warn"), "Do it", True


def _merge_words(fit: Fit, edit: HandEdit) -> list[Any]:
    pair = by_name(fit.segments, edit.segment), by_name(fit.segments, edit.other)
    if pair[0] is pair[1]:
        raise StudyError("Choose another segment to merge with.")
    kept = by_name(pair, edit.keep) if edit.keep else max(pair, key=lambda s: s.size)
    size = pair[0].size + pair[1].size
    both = [
        html.Div(_of(s, s.size, fit.customers), className="hand-part", style=comparison.own(s.colour)) for s in pair
    ]
    after = html.Div(_of(kept, size, fit.customers), className="hand-part", style=comparison.own(kept.colour))
    places = [fit.segments.index(s) for s in pair]
    groups = [Group(p, s.name, s.colour) for p, s in zip(places, pair, strict=True)]
    told = _apart(fit, fit.profiles, groups, "What is told apart no more")
    arrow = html.Span("→", className="hand-arrow", **aria(hidden="true"))
    return [html.Div([*both, arrow, after], className="hand-parts"), _no_others(len(fit.segments) - 1), *told]


def _split_words(live: LiveStudy, segment: str) -> list[Any]:
    fit, found = live.fit, preview_split(live, segment)
    before = by_name(fit.segments, segment)
    about = "" if found.exact else "about "
    both = [
        html.Div(_of(s, s.size, fit.customers, about), className="hand-part", style=comparison.own(s.colour))
        for s in found.segments
    ]
    groups = [Group(p, s.name, s.colour) for p, s in enumerate(found.segments)]
    told = _apart(fit, found.profiles, groups, "What will tell them apart")
    was = html.Div(_of(before, before.size, fit.customers), className="hand-part", style=comparison.own(before.colour))
    arrow = html.Span("→", className="hand-arrow", **aria(hidden="true"))
    sampled = "" if found.exact else " Looked at on a sample; the split itself is made on every customer."
    return [html.Div([was, arrow, *both], className="hand-parts"), _no_others(len(fit.segments) + 1, sampled), *told]


def _of(segment: Segment, size: int, customers: int, about: str = "") -> list[Any]:
    name = html.Strong([html.Span(className="swatch own-swatch"), segment.name])
    return [name, html.Span(f"{about}{full(size)} customers · {percent(size / customers)}", className="muted")]


def _no_others(segments: int, more: str = "") -> html.P:
    return html.P(
        f"{counted(segments, 'segment')} then; nobody else moves. It can be undone.{more}", className="card-note"
    )


def _apart(fit: Fit, profiles: Profiles, groups: Sequence[Group], title: str) -> list[Any]:
    columns = compared_columns(fit.recipe, fit.profiles)
    _, note, table = comparison.apart(profiles, groups, columns, SHOWN_DIFFERENCES)
    return [html.H3(title, className="hand-title"), html.P(note, className="card-note inline"), html.Div(table)]
