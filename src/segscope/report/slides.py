"""Parts of a deck: slides of 16:9 with titles, texts that fit their boxes, tables, and charts that can be edited.

Sizes of boxes are in inches, of letters in points.
"""

import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from pptx import Presentation
from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.slide import Slide
from pptx.text.text import TextFrame
from pptx.util import Emu, Inches, Pt

from segscope.theme import palette

WIDTH, HEIGHT = 13.333, 7.5
LEFT, RIGHT = 0.6, 12.73
LOOK = palette("light")
MUTED = "#6B7280"
TITLE_ONLY = 5  # of the layouts that python-pptx brings
ILLEGIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
EM_A_SIGN, EM_A_WIDE_SIGN, EM_A_LINE, WRAPPING = 0.54, 1.05, 1.22, 1.1
LONGEST_CATEGORY = 30
A_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # what an embedded workbook says it was made on: never today


@dataclass(frozen=True)
class Box:
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A paragraph in one hand. ``size`` in points."""

    text: str
    size: float = 14
    colour: str = LOOK.text
    bold: bool = False
    space_before: float = 0


@dataclass(frozen=True)
class Series:
    """Numbers of a chart, one a category, with their colours: one for all, or one a category."""

    name: str
    values: tuple[float | None, ...]
    colours: tuple[str, ...]


def legible(text: str) -> str:
    r"""Text that an XML file can hold, on one line.

    >>> legible("a\x07b\nc")
    'a\ufffdb c'
    """
    return ILLEGIBLE.sub("\ufffd", text).replace("\n", " ").replace("\r", " ")


def lines_of(text: str, size: float, width: float) -> int:
    """How many lines of a width in inches a text of a size in points takes, about."""
    ems = sum(EM_A_WIDE_SIGN if unicodedata.east_asian_width(c) in "WF" else EM_A_SIGN for c in text)
    across = ems * size / 72
    return 1 if across <= width else math.ceil(across * WRAPPING / width)


def fitted(line: Line, box: Box, least: float = 10) -> Line:
    """A line in the largest size, down to ``least``, at which it fits its box; what is too long even then is cut.

    >>> fitted(Line("Top spenders", 28), Box(0, 0, 6, 0.6)).size
    28
    >>> fitted(Line("x" * 900, 28), Box(0, 0, 6, 0.6)).text[-3:]
    'xx…'
    """
    size, text = line.size, legible(line.text)

    def fits(shown: str) -> bool:
        return lines_of(shown, size, box.width) * size * EM_A_LINE / 72 <= box.height

    while size > least and not fits(text):
        size -= 1
    while len(text) > 1 and not fits(text):
        text = text[: max(1, int(len(text) * 0.95) - 1)].rstrip() + "…" if len(text) > 2 else "…"
    return replace(line, text=text, size=size)


class Deck:
    """A presentation of 16:9 under way."""

    def __init__(self, title: str, footer: str) -> None:
        self._made = Presentation()
        self._made.slide_width, self._made.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self._footer = footer
        known = self._made.core_properties
        known.title, known.author, known.last_modified_by = legible(title)[:255], "segscope", "segscope"
        known.created = known.modified = A_DAY.replace(tzinfo=None)
        known.revision = 1
        layout = self._made.slide_layouts[TITLE_ONLY]
        for shape in layout.placeholders:
            if shape.placeholder_format.idx == 0:
                _place(shape, Box(LEFT, 0.4, RIGHT - LEFT, 0.8))

    def slide(self, title: Sequence[Line], box: Box | None = None, stripe: str = LOOK.accent) -> Slide:
        """Add a slide with a title, a stripe in a colour at its left, and the footer."""
        made = self._made.slides.add_slide(self._made.slide_layouts[TITLE_ONLY])
        place = box or Box(LEFT, 0.4, RIGHT - LEFT, 0.8)
        head = made.shapes.title
        if head is not None:
            _place(head, place)
            _write(head.text_frame, title, MSO_ANCHOR.TOP)
        rectangle(made, Box(0, 0, 0.18, HEIGHT), stripe)
        write(made, Box(LEFT, 7.08, RIGHT - LEFT, 0.25), [Line(self._footer, 9, MUTED)])
        return made

    def to_bytes(self) -> bytes:
        """The presentation as a file."""
        file = io.BytesIO()
        self._made.save(file)
        return file.getvalue()


def _place(shape: Any, box: Box) -> None:
    shape.left, shape.top = Inches(box.left), Inches(box.top)
    shape.width, shape.height = Inches(box.width), Inches(box.height)


def colour(hexadecimal: str) -> RGBColor:
    """A colour of the palette.

    >>> str(colour("#3B5BDB"))
    '3B5BDB'
    """
    return RGBColor.from_string(hexadecimal.lstrip("#"))


def ink(hexadecimal: str) -> str:
    """A colour of the palette, darkened until it can be read as text on white.

    >>> ink("#F08C00")
    '#9E5C00'
    """
    return "#" + "".join(f"{round(0.66 * int(hexadecimal[i : i + 2], 16)):02X}" for i in (1, 3, 5))


def write(slide: Slide, box: Box, lines: Sequence[Line], anchor: MSO_ANCHOR = MSO_ANCHOR.TOP) -> None:
    """Write paragraphs into a box."""
    shape = slide.shapes.add_textbox(*(Inches(v) for v in (box.left, box.top, box.width, box.height)))
    _write(shape.text_frame, lines, anchor)


def rectangle(slide: Slide, box: Box, fill: str, lines: Sequence[Line] = ()) -> None:
    """A filled rectangle, perhaps with paragraphs inside."""
    # A text box, since shapes take line and shadow from the theme.
    shape = slide.shapes.add_textbox(*(Inches(v) for v in (box.left, box.top, box.width, box.height)))
    _fill(shape, fill)
    _write(shape.text_frame, lines, MSO_ANCHOR.MIDDLE, margin=0.14)


def _write(frame: TextFrame, lines: Sequence[Line], anchor: MSO_ANCHOR, margin: float = 0) -> None:
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, anchor
    frame.margin_left = frame.margin_right = Inches(margin)
    frame.margin_top = frame.margin_bottom = Emu(0)
    for i, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_before = Pt(line.space_before)
        run = paragraph.add_run()
        run.text = legible(line.text)
        run.font.size, run.font.bold, run.font.color.rgb = Pt(line.size), line.bold, colour(line.colour)


def notes(slide: Slide, text: str) -> None:
    """Write the speaker's notes."""
    frame = slide.notes_slide.notes_text_frame
    if frame is not None:
        frame.text = "\n".join(legible(part) for part in text.split("\n"))


def table(slide: Slide, box: Box, head: Sequence[str], rows: Sequence[Sequence[Line]], widths: Sequence[float]) -> None:
    """A quiet table. ``widths`` are parts of the box's width."""
    size = Inches(box.height / (len(rows) + 1))
    place = (Inches(box.left), Inches(box.top), Inches(box.width), size * (len(rows) + 1))
    made = slide.shapes.add_table(len(rows) + 1, len(head), *place).table
    made.horz_banding = made.first_row = False
    for i, width in enumerate(widths):
        made.columns[i].width = Inches(box.width * width / sum(widths))
    for r, cells in enumerate([[Line(h, 11, MUTED) for h in head], *rows]):
        made.rows[r].height = size
        for c, line in enumerate(cells):
            cell = made.cell(r, c)
            cell.fill.solid()
            cell.fill.fore_color.rgb = colour(LOOK.card if r else "#F8F9FA")
            cell.margin_top = cell.margin_bottom = Inches(0.02)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            inner = Box(0, 0, box.width * widths[c] / sum(widths) - 0.25, box.height / (len(rows) + 1))
            _write(cell.text_frame, [fitted(line, inner, 9)], MSO_ANCHOR.MIDDLE, margin=0.1)


# ------------------------------------------------------------------------------------------------ charts


def bars(
    slide: Slide,
    box: Box,
    name: str,
    categories: Sequence[str],
    series: Sequence[Series],
    number_format: str,
    reach: tuple[float, float] | None = None,
) -> None:
    """Horizontal bars from top to bottom, with their values; ``reach``: both ends of the scale."""
    chart = _chart(slide, box, name, XL_CHART_TYPE.BAR_CLUSTERED, categories, series, number_format)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 45, 0
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = number_format, False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size, labels.font.color.rgb = Pt(_small(len(categories) * len(series))), colour(LOOK.secondary)
    for drawn, wanted in zip(plot.series, series, strict=True):
        drawn.invert_if_negative = False
        _fill(drawn.format, wanted.colours[0])
        if len(wanted.colours) > 1:
            for i, own in enumerate(wanted.colours):
                _fill(drawn.points[i].format, own)
    across, along = chart.category_axis, chart.value_axis
    across.reverse_order, across.tick_label_position = True, XL_TICK_LABEL_POSITION.LOW
    across.major_tick_mark, across.has_major_gridlines = XL_TICK_MARK.NONE, False
    across.format.line.color.rgb = colour(LOOK.line)
    across.tick_labels.font.size = Pt(_small(len(categories)))
    along.visible, along.has_major_gridlines = False, False
    if reach:
        along.minimum_scale, along.maximum_scale = reach


def lines(
    slide: Slide,
    box: Box,
    name: str,
    categories: Sequence[str],
    series: Sequence[Series],
    number_format: str,
    across: str,
) -> None:
    """Lines with points; ``across`` says what the categories are."""
    chart = _chart(slide, box, name, XL_CHART_TYPE.LINE_MARKERS, categories, series, number_format)
    for drawn, wanted in zip(chart.plots[0].series, series, strict=True):
        drawn.smooth = False
        drawn.format.line.color.rgb, drawn.format.line.width = colour(wanted.colours[0]), Pt(2)
        _fill(drawn.marker.format, wanted.colours[0])
        drawn.marker.format.line.color.rgb = colour(wanted.colours[0])
        drawn.marker.size = 6
    if len(series) > 1:
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        chart.legend.font.size = Pt(11)
    side = chart.value_axis
    known = [v for s in series for v in s.values if v is not None]
    side.minimum_scale = min([0.0, *known])
    if max(known, default=0.0) <= 1:
        side.maximum_scale = 1.0
    side.major_gridlines.format.line.color.rgb = colour(LOOK.line)
    side.format.line.fill.background()
    side.tick_labels.font.size, side.tick_labels.number_format = Pt(11), number_format
    side.tick_labels.number_format_is_linked = False
    along = chart.category_axis
    along.tick_labels.font.size, along.format.line.color.rgb = Pt(11), colour(LOOK.line)
    along.tick_label_position, along.has_title = XL_TICK_LABEL_POSITION.LOW, True
    along.axis_title.text_frame.text = across
    font = along.axis_title.text_frame.paragraphs[0].runs[0].font
    font.size, font.bold, font.color.rgb = Pt(11), False, colour(MUTED)


def _chart(
    slide: Slide,
    box: Box,
    name: str,
    kind: XL_CHART_TYPE,
    categories: Sequence[str],
    series: Sequence[Series],
    number_format: str,
) -> Chart:
    labels = _unlike([_clipped(c) for c in categories])
    data = CategoryChartData(number_format=number_format)
    data.categories = labels
    for each in series:
        data.add_series(legible(each.name), each.values)
    place = (Inches(v) for v in (box.left, box.top, box.width, box.height))
    frame = slide.shapes.add_chart(kind, *place, data)
    frame.element.nvGraphicFramePr.cNvPr.set("descr", legible(name))
    chart: Chart = frame.chart
    chart.part.chart_workbook.update_from_xlsx_blob(_workbook(labels, series, number_format))
    chart.has_legend, chart.has_title = False, False
    chart.font.size, chart.font.color.rgb = Pt(12), colour(LOOK.secondary)
    return chart


def _workbook(labels: Sequence[str], series: Sequence[Series], number_format: str) -> bytes:
    """The sheet behind a chart, laid out as python-pptx refers to it. Names are texts, never formulas."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": A_DAY})
        sheet, form = book.add_worksheet("Sheet1"), book.add_format({"num_format": number_format})
        for row, label in enumerate(labels, 1):
            sheet.write_string(row, 0, label)
        for column, each in enumerate(series, 1):
            sheet.write_string(0, column, legible(each.name))
            for row, value in enumerate(each.values, 1):
                if value is not None:
                    sheet.write_number(row, column, value, form)
    return file.getvalue()


def _fill(form: Any, hexadecimal: str) -> None:
    form.fill.solid()
    form.fill.fore_color.rgb = colour(hexadecimal)


def _clipped(text: str) -> str:
    shown = legible(text)
    return shown if len(shown) <= LONGEST_CATEGORY else shown[: LONGEST_CATEGORY - 1].rstrip() + "…"


def _unlike(names: Sequence[str]) -> list[str]:
    return [n if n not in names[:i] else f"{n} ({list(names[: i + 1]).count(n)})" for i, n in enumerate(names)]


def _small(rows: int) -> float:
    """A size of letters for so many rows."""
    return 12 if rows <= 10 else 11 if rows <= 16 else 10
