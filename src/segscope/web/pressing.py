"""Buttons and fields in what is drawn anew by itself: what is pressed or typed there is never lost.

A list that a run, a clock or another browser changes is drawn anew at any time. Dash forgets then how often its buttons
were pressed, and drops the answer to a press that is on its way, since their places are new. So such buttons have no
callback of their own: assets/pressing.js tells what was pressed to a store that stands in the shell, which is never
drawn anew, and the callback listens to that.
"""

import json
from typing import Any

from dash import ctx, dcc

from segscope.web.attributes import data

GROUPS = (
    "form", "evidence", "methods", "unusual", "solutions", "differences", "audiences", "findings", "charted", "hand",
    "pins", "studies",
)  # fmt: skip


def stores() -> list[dcc.Store]:
    """A store for each group of buttons; they belong into the shell."""
    return [dcc.Store(id=store(group)) for group in GROUPS]


def store(group: str) -> str:
    """The id of a group's store.

    >>> store("solutions")
    'pressed-solutions'
    """
    if group not in GROUPS:
        raise KeyError(f"no group of buttons {group!r}")
    return f"pressed-{group}"


def press(group: str, **what: Any) -> dict[str, Any]:
    """Attributes of a button: where it tells that it was pressed, and what it says then.

    >>> press("evidence", k=3)
    {'data-press': 'pressed-evidence', 'data-what': '{"k": 3}'}
    """
    return data(press=store(group), what=json.dumps(what))


def entered(group: str, **what: Any) -> dict[str, Any]:
    """Attributes of a button that Enter presses too, in the field whose label stands beside it."""
    return {**press(group, **what), **data(enter="yes")}


def typed(group: str, **what: Any) -> dict[str, Any]:
    """Attributes of what stands around a field: the same once something else was typed, which is told as ``value``."""
    return data(typed=store(group), what=json.dumps(what))


def read_press(given: Any) -> dict[str, Any]:
    """What was pressed; nothing where a page has only just appeared."""
    what = given.get("what") if isinstance(given, dict) and ctx.triggered_id else None
    return what if isinstance(what, dict) else {}
