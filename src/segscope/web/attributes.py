"""Attributes with a hyphen, which Python cannot write as keyword arguments."""

from typing import Any


def aria(**named: str) -> dict[str, Any]:
    """Accessible names and states: ``html.Button("x", **aria(label="Close"))``.

    >>> aria(label="Close", live="polite")
    {'aria-label': 'Close', 'aria-live': 'polite'}
    """
    return {f"aria-{name}": value for name, value in named.items()}


def data(**named: str) -> dict[str, Any]:
    """Data attributes, for scripts and tests to find things by: ``html.Div(**data(name="Radar"))``.

    >>> data(name="Radar")
    {'data-name': 'Radar'}
    """
    return {f"data-{name}": value for name, value in named.items()}
