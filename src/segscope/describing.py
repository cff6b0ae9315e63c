"""Describing: a study in plain data and in words, for people and for programs."""

from typing import Any

from segscope.clustering.handmade import Merge
from segscope.hand import HandStep, Pin
from segscope.json_text import to_plain
from segscope.study import Fit


def describe(fit: Fit) -> dict[str, Any]:
    """A fit as plain data: the JSON of ``segscope describe --json``. The same fit gives the same bytes."""
    return {
        "customers": fit.customers,
        "columns": [{"name": c.name, "role": c.role.value, "missing": c.missing, "note": c.note} for c in fit.columns],
        "cleaning": [
            {
                "action": e.action,
                "column": e.column,
                "count": e.count,
                "detail": e.detail,
                "customers": list(e.customers),
            }
            for e in fit.cleaning
        ],
        "derived": [{"name": d.name, "formula": d.formula, "meaning": d.meaning} for d in fit.recipe.derived],
        "features": list(fit.recipe.features),
        "transform": fit.recipe.transform,
        "method": fit.recipe.method,
        "hand": [_by_hand(fit, step) for step in fit.segmentation.hand],
        "seed": fit.recipe.seed,
        "as_of": fit.recipe.as_of.isoformat() if fit.recipe.as_of else None,
        "k": len(fit.segments),
        "recommended_k": fit.evidence.recommended,
        "elbow_k": fit.evidence.elbow,
        "reason": fit.evidence.reason,
        "evidence": to_plain(fit.evidence.criteria),
        "wcss": fit.wcss,
        "verdict": fit.verdict.verdict,
        "verdict_sentence": fit.verdict.sentence,
        "segments": [_segment(fit, place) for place in range(len(fit.segments))],
    }


def _by_hand(fit: Fit, step: HandStep) -> dict[str, Any]:
    """A step by hand: what was done, and in words."""
    if isinstance(step, Pin):
        name = fit.segments[fit.segmentation.pinned[step.customer]].name
        return {"step": "pin", "customer": step.customer, "words": f"Customer {step.customer} pinned to {name}"}
    return {"step": "merge" if isinstance(step, Merge) else "split", "words": step.words}


def _segment(fit: Fit, place: int) -> dict[str, Any]:
    segment = fit.segments[place]
    return {
        "id": segment.id,
        "name": segment.name,
        "size": segment.size,
        "share": segment.share,
        "value_share": segment.value_share,
        "sentence": segment.sentence,
        "made_by_hand": place in fit.segmentation.made_by_hand,
        "verdict": segment.verdict,
        "stability": segment.stability,
        "profile": {f: _typical(fit, place, f) for f in fit.recipe.features},
    }


def _typical(fit: Fit, place: int, feature: str) -> float | dict[str, float] | None:
    """The mean of a number in original units; of a category the share of each level; None where nothing is known."""
    mine = fit.profiles.segments[place]
    if feature not in fit.recipe.category_features:
        return mine.numbers[feature].mean if feature in mine.numbers else None
    known = {level: n for level, n in mine.categories[feature].items() if level}
    return {level: n / sum(known.values()) for level, n in known.items()} or None


def in_words(fit: Fit) -> str:
    """A fit as a short text for a terminal."""
    from segscope.wording import counted, percent

    lines = [
        f"{counted(fit.customers, 'customer')}, {counted(len(fit.segments), 'segment')} ({fit.verdict.verdict})",
        "",
    ]
    lines += [f"{s.name}: {counted(s.size, 'customer')}, {percent(s.share)}. {s.sentence}" for s in fit.segments]
    lines += ["", fit.how_made, fit.verdict.sentence, fit.evidence.reason, ""]
    lines += [e.detail for e in fit.cleaning]
    return "\n".join(lines)
