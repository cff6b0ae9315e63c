"""Whose customers are meant, where a page lets choose: a kept audience or a segment, as one text."""

from typing import Any

from segscope.errors import SegscopeError
from segscope.study import LiveStudy
from segscope.study.audiences import read_audiences

AUDIENCE, SEGMENT = "audience:", "segment:"
"""How the text begins; the name of the audience or the id of the segment follows."""


def kept_groups(live: LiveStudy) -> list[dict[str, Any]]:
    """The audiences, where there are any, and the segments of a study as two groups of choices."""
    segments = {"group": "Segments", "items": [{"value": SEGMENT + s.id, "label": s.name} for s in live.fit.segments]}
    try:
        audiences = read_audiences(live.folder)
    except SegscopeError:
        audiences = ()  # the list of audiences says what is wrong
    kept = [{"value": AUDIENCE + a.name, "label": a.name} for a in audiences]
    return [*([{"group": "Audiences", "items": kept}] if kept else []), segments]
