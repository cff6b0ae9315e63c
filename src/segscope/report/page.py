"""The page: one HTML file that opens without a network, its charts alive, and prints on A4.

Plotly's script travels inside, compressed, and is unpacked by the browser. The page may run that script and its own
small one, each named by its hash, and nothing else; it can reach no other machine.
"""

import base64
import gzip
import hashlib
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from segscope import __version__
from segscope.comparing import Difference, brief
from segscope.figures.clustering import evidence_title, sizes_title, verdict_title
from segscope.profiling import GroupProfile
from segscope.report import words
from segscope.report.charts import (
    Chart,
    distribution_charts,
    evidence_charts,
    evidence_table,
    family_charts,
    standing_chart,
)
from segscope.report.contents import Contents
from segscope.theme import segment_colour, style_sheet
from segscope.wording import counted, full, percent, short

PARTS = Path(__file__).parent
WIDEST_EFFECT = 3.0
FEATURES_A_TABLE = 6
STRONGEST_TINT, FULL_TINT_AT = 46, 2.0  # per cent of colour; standard deviations


def to_html(contents: Contents) -> str:
    """The report as one HTML page. The same contents give the same text."""
    proof, spread = evidence_charts(contents), distribution_charts(contents)
    standing = [standing_chart(contents, s) for s in contents.segments]
    families = [family_charts(contents, s) for s in contents.segments]
    every = [*proof, *spread, *standing, *chain.from_iterable(families)]
    script, plotly = _part("page.js"), get_plotlyjs()
    return _template().render(
        contents=contents,
        fit=contents.fit,
        card=contents.card,
        charts={"evidence": proof, "spread": spread, "standing": standing, "families": families},
        evidence=evidence_table(contents),
        evidence_title=evidence_title(contents.fit),
        sizes_title=sizes_title(contents.fit),
        verdict_title=verdict_title(contents.fit),
        feature_groups=_grouped(contents.recipe.features),
        reach=_reach(contents),
        words=words,
        version=__version__,
        policy=policy([script, plotly]),
        style=Markup(style_sheet() + _part("page.css").replace("STUDY", css_text(contents.card.name))),  # noqa: S704
        script=Markup(script),  # noqa: S704  # our own file
        figures=Markup(script_json(_figures(every))),  # noqa: S704  # escaped there
        plotly=packed(plotly),
        recipe_json=contents.recipe.to_json(),
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    made = Environment(loader=FileSystemLoader(PARTS), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters |= {
        "percent": percent,
        "typical": typical,
        "full": full,
        "counted": counted,
        "colour": segment_colour,
        "tint": tint,
        "effect": effect,
        "effect_style": effect_style,
    }
    return made.get_template("page.html")


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------ what is safe to embed


def policy(scripts: Sequence[str]) -> str:
    """The content security policy of a page that runs these scripts and reaches no other machine.

    >>> policy(["let a = 1"]).split("; ")[1]
    "script-src 'sha256-LAfYd7pbFUgwfQu8b4q135PeTG2z+/coPEUYCd74eCQ='"
    """
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{h}'" for h in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def script_json(text: str) -> str:
    r"""JSON made safe inside a script element, which ends at the first "</script", whatever is around it.

    >>> script_json('{"name": "</script><b>R&D"}')
    '{"name": "\\u003c/script\\u003e\\u003cb\\u003eR\\u0026D"}'
    """
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def css_text(text: str) -> str:
    r"""Text as the inside of a style sheet's string: every sign but letters and digits as its number.

    >>> css_text('R&D"}')
    'R\\000026 D\\000022 \\00007d '
    """
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x} " for c in text)


@lru_cache(maxsize=1)
def packed(script: str) -> str:
    """A script compressed and written in letters."""
    return base64.b64encode(gzip.compress(script.encode(), 9, mtime=0)).decode()


def _figures(charts: Sequence[Chart]) -> str:
    found = {c.id: json.loads(c.figure.to_json(engine="json")) for c in charts}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


# ------------------------------------------------------------------------------------------------ without a script


def _grouped(features: Sequence[str]) -> list[Sequence[str]]:
    """Features in tables that fit the width."""
    return [features[i : i + FEATURES_A_TABLE] for i in range(0, len(features), FEATURES_A_TABLE)]


def _reach(contents: Contents) -> float:
    """What half the width of a difference stands for, in standard deviations; the same for every segment."""
    ends = [abs(v) for s in contents.segments for d in s.apart for v in (d.low, d.high)]
    return min(WIDEST_EFFECT, max([1.0, *(v for v in ends if math.isfinite(v))]))


def effect_style(d: Difference, reach: float) -> str:
    """Where a difference and its interval lie on their line, as variables of a style sheet."""

    def place(value: float) -> float:
        return 50 + 50 * min(1.0, max(-1.0, value / reach))

    return f"--at:{place(d.effect):.1f}%;--low:{place(d.low):.1f}%;--high:{100 - place(d.high):.1f}%"


def effect(d: Difference) -> str:
    """A difference with its interval in words."""
    return f"{d.effect:+.1f} ({d.low:+.1f} to {d.high:+.1f})" if math.isfinite(d.effect) else "no overlap"


def typical(group: GroupProfile, column: str) -> str:
    r"""What a group is like on a column: the mean of a number, the most frequent value of a category with its share.

    >>> typical(GroupProfile(4, {}, {"plan": {"pro": 3, "basic": 1}}), "plan")
    'pro 75\u202f%'
    """
    if column in group.numbers:
        return short(group.numbers[column].mean)
    known = {value: count for value, count in group.categories.get(column, {}).items() if value}
    if not known:
        return "unknown"
    most = max(known, key=lambda value: known[value])
    return f"{brief(most)} {percent(known[most] / sum(known.values()))}"


def tint(difference: float) -> str:
    """The background of a mean that lies so many standard deviations from everybody's.

    >>> tint(-1.0)
    'background:color-mix(in srgb, var(--warm) 23%, transparent)'
    """
    strength = STRONGEST_TINT * min(1.0, abs(difference) / FULL_TINT_AT)
    return (
        f"background:color-mix(in srgb, var({'--accent' if difference > 0 else '--warm'}) {strength:.0f}%, transparent)"
    )
