"""Attributes with a hyphen, which Python cannot write as keyword arguments, and callbacks that run in the browser."""

from typing import Any

from dash import Dash


def aria(**named: Any) -> dict[str, Any]:
    """Accessible names and states: ``html.Button("x", **aria(label="Close"))``.

    >>> aria(label="Close", live="polite")
    {'aria-label': 'Close', 'aria-live': 'polite'}
    """
    return {f"aria-{name}": value for name, value in named.items()}


def data(**named: Any) -> dict[str, Any]:
    """Data attributes, for scripts and tests to find things by: ``html.Div(**data(name="Radar"))``.

    >>> data(name="Radar")
    {'data-name': 'Radar'}
    """
    return {f"data-{name}": value for name, value in named.items()}


def in_browser(app: Dash, script: str, *wiring: Any, **options: Any) -> None:
    """Register a callback that runs in the browser: ``script`` is "namespace.function" of the assets, or a function."""
    name = script if script.lstrip().startswith("function") else f"dash_clientside.{script}"
    app.clientside_callback(name, *wiring, **options)  # type: ignore[no-untyped-call]  # Dash declares no types here
