"""The page: its parts, hostile names, and that it can reach no other machine."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from segscope.recipe import Recipe
from segscope.report import Contents, charts, page, words
from tests.report.conftest import ENDLESS, FORMULA, SCRIPT, SECRET

PLOTLY_BYTES_AT_MOST = 2_200_000
LARGEST_BYTES = 5_000_000
VOID = {"br", "meta"}


class Read(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and their texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self._open: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        at = self._open[-1] if self._open else -1
        self.texts[at] = self.texts.get(at, "") + data

    def of(self, tag: str, **wanted: str) -> list[str]:
        """Texts directly inside elements."""
        found = [i for i, (t, a) in enumerate(self.elements) if t == tag and wanted.items() <= a.items()]
        return [self.texts.get(i, "") for i in found]


@pytest.fixture(scope="module")
def text(contents: Contents) -> str:
    return page.to_html(contents)


@pytest.fixture(scope="module")
def harmed(hostile: Contents) -> str:
    return page.to_html(hostile)


def test_every_part_is_there(text: str, contents: Contents) -> None:
    read = Read(text)
    parts = [a["id"] for t, a in read.elements if t == "section"]
    pages = [f"segment-{s.id}" for s in contents.fit.segments]
    assert parts == ["top", "glance", *pages, "spread", "insights", "evidence", "data", "limits", "recipe"]
    links = {a["href"] for t, a in read.elements if t == "a"}
    assert links == {f"#{p}" for p in parts if p != "top"}


def test_what_it_says_is_what_the_fit_says(text: str, contents: Contents) -> None:
    said = " ".join(Read(text).texts.values())
    for segment in contents.fit.segments:
        assert segment.name in said
        assert segment.sentence in said
    assert contents.fit.verdict.sentence in said
    assert contents.fit.evidence.reason in said
    assert all(f.sentence in said for f in contents.insights.findings)
    assert all(e.detail in said for e in contents.fit.cleaning)
    assert contents.data_fingerprint in said


def test_the_evidence_table_holds_the_criteria(contents: Contents) -> None:
    head, rows = charts.evidence_table(contents)
    by_k = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    for c in contents.fit.evidence.criteria:
        assert by_k[str(c.k)]["Silhouette"] == ("–" if c.silhouette is None else f"{c.silhouette:.2f}")
        assert by_k[str(c.k)]["Stability (Jaccard)"] == ("–" if c.jaccard is None else f"{c.jaccard:.2f}")


def test_the_recipe_in_it_is_the_recipe(text: str, contents: Contents) -> None:
    assert Recipe.from_json(Read(text).of("pre")[0]) == contents.recipe


def test_every_chart_has_a_place_a_name_and_numbers(text: str) -> None:
    read = Read(text)
    figures = json.loads(read.of("script", id="figures")[0])
    places = {str(a["id"]): a for t, a in read.elements if a.get("class") == "plot"}
    assert set(figures) == set(places)
    assert all(a["role"] == "img" and a["aria-label"] for a in places.values())
    unnumbered = [i for i in places if not i.startswith("evidence-")]  # those have one table together
    assert read.of("summary").count("Numbers") == len(unnumbered)


def test_hostile_names_stay_text(harmed: str, text: str) -> None:
    read, safe = Read(harmed), Read(text)
    assert {t for t, _ in read.elements} == {t for t, _ in safe.elements}
    assert len(read.of("script")) == len(safe.of("script")) == 3
    assert not [name for _, a in read.elements for name in a if name.startswith("on")]
    said = " ".join(read.texts.values())
    assert SCRIPT in said
    assert FORMULA in said
    assert ENDLESS in said
    assert SECRET not in harmed


def test_hostile_names_in_charts_are_harmless_to_plotly_too(harmed: str) -> None:
    figures = Read(harmed).of("script", id="figures")[0]
    assert "<" not in figures
    names = {t["name"] for f in json.loads(figures).values() for t in f["data"] if "name" in t}
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in names
    assert not [n for n in names if "<" in n]


def test_a_hostile_name_does_not_leave_the_style_sheet(harmed: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", harmed, flags=re.DOTALL)
    assert len(style) == 1
    assert "<" not in style[0]


def test_only_its_own_scripts_may_run_and_nothing_is_fetched(text: str) -> None:
    read = Read(text)
    policy = next(a["content"] for t, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    own = read.of("script")[-1]
    plotly = gzip.decompress(base64.b64decode(read.of("script", id="plotly")[0])).decode()
    assert plotly == get_plotlyjs()
    first, second = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in (own, plotly))
    assert f"script-src 'sha256-{first}' 'sha256-{second}';" in str(policy)
    assert str(policy).startswith("default-src 'none'")
    assert "connect-src" not in str(policy)
    addresses = [str(v) for _, a in read.elements for n, v in a.items() if n in ("src", "href")]
    assert all(a.startswith("#") for a in addresses)


def test_the_same_study_gives_the_same_text(text: str, contents: Contents) -> None:
    assert page.to_html(contents) == text


def test_twelve_segments_stay_under_five_megabytes(text: str, contents: Contents) -> None:
    plotly = len(page.packed(get_plotlyjs()))
    assert plotly < PLOTLY_BYTES_AT_MOST
    each = (len(text.encode()) - plotly) / len(contents.segments)
    assert plotly + 12 * each < LARGEST_BYTES


def test_families_that_are_left_out_are_counted(contents: Contents) -> None:
    fewer = page.to_html(replace(contents, families=contents.families[:1]))
    left = len(contents.recipe.families) - 1
    assert left > 0
    assert fewer.count(f"{left} of the {left + 1} families are not shown here") == len(contents.segments)


def test_findings_carry_their_numbers(text: str, contents: Contents) -> None:
    said = " ".join(Read(text).texts.values())
    assert all(words.finding_numbers(f) in said for f in contents.insights.findings)
