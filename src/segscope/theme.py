"""The looks: palette, Plotly template, chart settings. Colours are named here and nowhere else."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import plotly.graph_objects as go

Scheme = Literal["light", "dark"]

FONT = 'Inter, "Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

# Ten colours that stay apart for the three common kinds of colour blindness; a lighter twin for dark surroundings.
SEGMENTS_LIGHT = (
    "#3B5BDB", "#0CA678", "#F08C00", "#C2255C", "#1098AD", "#7048E8", "#8A6D3B", "#5C940D", "#E64980", "#495057",
)  # fmt: skip
SEGMENTS_DARK = (
    "#748FFC", "#38D9A9", "#FFB84D", "#F06595", "#3BC9DB", "#B197FC", "#C9A66B", "#94D82D", "#FAA2C1", "#ADB5BD",
)  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme."""

    text: str
    secondary: str
    faint: str
    line: str
    card: str
    accent: str
    everybody: str
    warm: str
    segments: tuple[str, ...]


LIGHT = Palette("#1A1B1E", "#495057", "#868E96", "#E9ECEF", "#FFFFFF", "#3B5BDB", "#DDE1E6", "#E8590C", SEGMENTS_LIGHT)
DARK = Palette("#F1F3F5", "#CED4DA", "#909296", "#2C2E33", "#1A1B1E", "#748FFC", "#3A3D44", "#FFA94D", SEGMENTS_DARK)


def palette(scheme: Scheme) -> Palette:
    """The colours of a scheme."""
    return DARK if scheme == "dark" else LIGHT


def segment_colour(place: int, scheme: Scheme = "light") -> str:
    """The colour of a segment by its place in the palette; after ten they come again.

    >>> segment_colour(0), segment_colour(10) == segment_colour(0)
    ('#3B5BDB', True)
    """
    colours = palette(scheme).segments
    return colours[place % len(colours)]


def segment_variable(place: int) -> str:
    """The same colour as a style sheet's variable, which follows the scheme.

    >>> segment_variable(2)
    'var(--segment-2)'
    """
    return f"var(--segment-{place % len(SEGMENTS_LIGHT)})"


def translucent(colour: str, opacity: float) -> str:
    """A colour let through.

    >>> translucent("#3B5BDB", 0.5)
    'rgba(59,91,219,0.5)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def diverging(scheme: Scheme) -> list[list[Any]]:
    """A colour scale from warm (low) over the card's own (nothing) to the accent (high)."""
    colours = palette(scheme)
    middle = "#F8F9FA" if scheme == "light" else "#25262B"
    return [[0.0, colours.warm], [0.5, middle], [1.0, colours.accent]]


@cache
def template(scheme: Scheme) -> go.layout.Template:
    """The Plotly template: transparent, quiet lines, tabular labels."""
    colours = palette(scheme)
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"color": colours.faint, "size": 11},
        "title": {"font": {"color": colours.secondary, "size": 12}, "standoff": 10},
        "automargin": True,
    }
    scene_axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zeroline": False,
        "showbackground": False,
        "tickfont": {"color": colours.faint, "size": 10},
        "title": {"font": {"color": colours.secondary, "size": 12}},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": colours.secondary},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "colorway": list(colours.segments),
            "xaxis": axis,
            "yaxis": axis,
            "scene": {"xaxis": scene_axis, "yaxis": scene_axis, "zaxis": scene_axis},
            "hoverlabel": {
                "bgcolor": colours.card,
                "bordercolor": colours.line,
                "font": {"color": colours.text, "family": FONT, "size": 12},
            },
            "legend": {
                "orientation": "h",
                "y": 1.02,
                "yanchor": "bottom",
                "x": 0,
                "font": {"color": colours.secondary},
            },
            "polar": {"bgcolor": "rgba(0,0,0,0)"},
            "bargap": 0.25,
            "separators": ".,",
        }
    )


def figure(scheme: Scheme, height: int, **layout: Any) -> go.Figure:
    """An empty figure in the house style, of a height in pixels."""
    made = go.Figure()
    made.update_layout(template=template(scheme), height=height, **layout)
    return made


def plain(text: str) -> str:
    """Text from data, made safe for Plotly, which reads a small HTML of its own.

    >>> plain("<b>R&D</b>")
    '&lt;b&gt;R&amp;D&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def style_sheet() -> str:
    """The palette as variables of a style sheet, for both schemes."""

    def rules(colours: Palette) -> str:
        named = {
            "text": colours.text,
            "secondary": colours.secondary,
            "faint": colours.faint,
            "line": colours.line,
            "card": colours.card,
            "accent": colours.accent,
            "everybody": colours.everybody,
            "warm": colours.warm,
        }
        named |= {f"segment-{i}": c for i, c in enumerate(colours.segments)}
        return "".join(f"--{name}:{value};" for name, value in named.items())

    return f":root{{{rules(LIGHT)}}}[data-mantine-color-scheme=dark]{{{rules(DARK)}}}"
