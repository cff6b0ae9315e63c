"""The deck: native charts with the fit's numbers, a slide a segment, texts that stay in their boxes."""

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx import Presentation

from segscope.report import Contents
from segscope.report.deck import to_pptx
from segscope.report.packing import EPOCH
from segscope.report.slides import A_DAY, EM_A_LINE, Box, Line, fitted, ink, lines_of
from segscope.theme import segment_colour
from tests.report.conftest import FORMULA, SCRIPT, SECRET

Slide = Any


@pytest.fixture(scope="module")
def file(contents: Contents) -> bytes:
    return to_pptx(contents)


@pytest.fixture(scope="module")
def harmed(hostile: Contents) -> bytes:
    return to_pptx(hostile)


def slides(file: bytes) -> list[Slide]:
    return list(Presentation(io.BytesIO(file)).slides)


def titled(file: bytes, start: str) -> Slide:
    return next(s for s in slides(file) if s.shapes.title.text_frame.text.startswith(start))


def drawn(slide: Slide) -> list[dict[str, tuple[float | None, ...]]]:
    """The series of each chart of a slide, by name."""
    plots = [shape.chart.plots[0] for shape in slide.shapes if shape.has_chart]
    return [{series.name: tuple(series.values) for series in plot.series} for plot in plots]


def xml(chart: Any) -> str:
    return bytes(chart.part.blob).decode()


def texts(file: bytes) -> str:
    shown = [s.text_frame.text for slide in slides(file) for s in slide.shapes if s.has_text_frame]
    noted = [slide.notes_slide.notes_text_frame.text for slide in slides(file)]
    return "\n".join([*shown, *noted])


def members(file: bytes) -> dict[str, tuple[tuple[int, ...], bytes]]:
    """Name -> (time, content) of everything in an Office file, workbooks opened."""
    found: dict[str, tuple[tuple[int, ...], bytes]] = {}
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for info in archive.infolist():
            content = archive.read(info)
            found[info.filename] = (info.date_time, content)
            if info.filename.endswith(".xlsx"):
                found |= {f"{info.filename}/{n}": m for n, m in members(content).items()}
    return found


def test_every_segment_has_a_slide_with_its_differences(file: bytes, contents: Contents) -> None:
    for segment in contents.segments:
        slide = titled(file, segment.segment.name)
        assert slide.shapes.title.text_frame.text.split("\n") == [segment.segment.name, segment.headline]
        assert drawn(slide) == [{segment.segment.name: segment.from_everybody}]
        said = slide.notes_slide.notes_text_frame.text
        assert f"{segment.segment.size:,} of {contents.fit.customers:,} customers" in said
        assert contents.data_fingerprint in said


def test_sizes_are_the_fits(file: bytes, contents: Contents) -> None:
    (chart,) = drawn(titled(file, "Customers per segment"))
    assert chart["Share of customers"] == tuple(s.share for s in contents.fit.segments)
    assert chart["Share of total spend"] == tuple(s.value_share for s in contents.fit.segments)


def test_the_evidence_is_the_fits(file: bytes, contents: Contents) -> None:
    wcss, others = drawn(titled(file, "How many segments?"))
    criteria = contents.fit.evidence.criteria
    assert wcss["WCSS"] == tuple(c.wcss for c in criteria)
    assert others["Silhouette"] == tuple(c.silhouette for c in criteria)
    assert others["Stability (Jaccard)"] == tuple(c.jaccard for c in criteria)


def test_the_workbook_behind_a_chart_holds_its_numbers(file: bytes, contents: Contents) -> None:
    slide = titled(file, contents.segments[0].segment.name)
    chart = next(shape.chart for shape in slide.shapes if shape.has_chart)
    book = members(chart.part.chart_workbook.xlsx_part.blob)
    sheet = book["xl/worksheets/sheet1.xml"][1].decode()
    for row, value in enumerate(contents.segments[0].from_everybody, 2):
        assert re.search(rf'<c r="B{row}"[^>]*><v>{re.escape(f"{value:.16G}")}</v>', sheet)
    assert {"Sheet1!$A$2", "Sheet1!$B$2"} <= {f.split(":")[0] for f in re.findall(r"<c:f>(.*?)</c:f>", xml(chart))}


def test_names_are_never_formulas(harmed: bytes) -> None:
    sheets = [c.decode() for name, (_, c) in members(harmed).items() if "/worksheets/sheet" in name]
    assert sheets
    assert not [s for s in sheets if "<f>" in s or "<f " in s]
    names = [c.decode() for name, (_, c) in members(harmed).items() if name.endswith("sharedStrings.xml")]
    assert any(FORMULA in n for n in names)


def test_hostile_names_are_shown_and_customers_are_not_named(harmed: bytes) -> None:
    said = texts(harmed)
    assert SCRIPT in said
    assert FORMULA in said
    assert "\x07" not in said
    assert SECRET not in said


def test_everything_lies_on_the_slide(harmed: bytes) -> None:
    deck = Presentation(io.BytesIO(harmed))
    for slide in deck.slides:
        for shape in slide.shapes:
            assert 0 <= shape.left <= shape.left + shape.width <= deck.slide_width
            assert 0 <= shape.top <= shape.top + shape.height <= deck.slide_height


@given(st.text(max_size=600), st.integers(12, 40), st.floats(1, 12), st.floats(0.3, 2))
def test_a_fitted_text_fits_its_box(text: str, size: int, width: float, height: float) -> None:
    found = fitted(Line(text, size), Box(0, 0, width, height))
    assert found.size <= size
    assert lines_of(found.text, found.size, width) * found.size * EM_A_LINE / 72 <= height or len(found.text) <= 1


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("place", range(10))
def test_names_in_a_segments_colour_can_be_read(place: int) -> None:
    assert 1.05 / (luminance(ink(segment_colour(place))) + 0.05) >= 4.5


def test_it_does_not_depend_on_the_clock(file: bytes, contents: Contents) -> None:
    inside = members(file)
    assert {time for time, _ in inside.values()} == {EPOCH}
    stamps = [
        s for name, (_, c) in inside.items() if name.endswith("core.xml") for s in re.findall(rb"\d{4}-\d\d-\d\dT", c)
    ]
    assert set(stamps) == {A_DAY.strftime("%Y-%m-%dT").encode()}
    assert to_pptx(contents) == file


@pytest.mark.slow
def test_libreoffice_draws_every_slide(harmed: bytes, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice: install libreoffice-impress to have the deck drawn")
    (tmp_path / "deck.pptx").write_bytes(harmed)
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), "deck.pptx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    drawn_pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "deck.pdf").read_bytes()))
    assert drawn_pages == len(slides(harmed))
