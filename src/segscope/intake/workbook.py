"""Workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods, one sheet at a time, every cell as text."""

import re
import zipfile
import zlib

import fastexcel

from segscope.engine import Engine
from segscope.errors import DataError, SourceError, did_you_mean
from segscope.intake.delimited import TextTable
from segscope.intake.files import Content
from segscope.intake.fitting import Tally, store_records
from segscope.intake.layout import find_layout
from segscope.intake.report import ReadOptions

BOMB_BYTES, BOMB_RATIO = 2**28, 200
# A reader lays a sheet out from its first cell to its last, whatever stands between.
BOX_CELLS, BOX_RATIO = 5_000_000, 50
CHUNK_BYTES = 2**20
CELL = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})([0-9]{1,7})"')
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


def read_workbook(content: Content, engine: Engine, name: str, told: ReadOptions) -> TextTable:
    """Read one sheet: the one told, or else the largest."""
    _refuse_other_archives(content)
    try:
        book = fastexcel.read_excel(content.path)
        title = _choose(book, content.name, told.sheet)
        sheet = book.load_sheet(title, header_row=None, dtypes="string", skip_rows=0, skip_whitespace_tail_rows=True)
        columns = [column.to_pylist() for column in sheet.to_arrow().columns]
    except fastexcel.FastExcelError as error:
        reason = str(error).splitlines()[0].removeprefix("calamine error: ")
        raise SourceError(f"{content.name} cannot be read as a workbook: {reason}. Save it anew, or as CSV.") from error
    records = [_record(cells) for cells in zip(*columns, strict=True)]
    if not any(records):
        raise DataError(f"The sheet {title!r} of {content.name} is empty. Choose a sheet that holds customers.")
    layout = find_layout(records[:2000], told)
    tally = Tally()
    table = store_records(engine, name, iter(records), layout, records[:2000], "\t", tally)
    before = [" ".join(record).strip() for record in records[: layout.skip] if record]
    return TextTable(
        table,
        layout.found_names,
        format="excel",
        repairs=tally.repairs(before),
        header_rows=layout.header_rows,
        skip_rows=layout.skip,
        sheet=title,
    )


def sheets(content: Content) -> tuple[str, ...]:
    """Titles of the sheets."""
    _refuse_other_archives(content)
    try:
        return tuple(fastexcel.read_excel(content.path).sheet_names)
    except fastexcel.FastExcelError as error:
        raise SourceError(f"{content.name} cannot be read as a workbook.") from error


def _record(cells: tuple[str | None, ...]) -> list[str]:
    """A sheet's rows are all as wide as the sheet; a row without a filled cell is a blank line."""
    return [cell or "" for cell in cells] if any(cells) else []


def _choose(book: fastexcel.ExcelReader, file: str, told: str | None) -> str:
    titles = book.sheet_names
    if told is not None:
        if told not in titles:
            raise SourceError(f"{file} has no sheet {told!r}.{did_you_mean(told, titles)}")
        return told
    if not titles:
        raise DataError(f"{file} has no sheets. Choose a workbook that holds customers.")

    def size(title: str) -> int:
        sheet = book.load_sheet(title, header_row=None, dtypes="string", skip_rows=0)
        return int(sheet.total_height) * int(sheet.width)

    return max(titles, key=size) if len(titles) > 1 else titles[0]


def _refuse_other_archives(content: Content) -> None:
    """A workbook is a zip archive or an OLE file; documents, archives and decompression bombs are those too."""
    with content.path.open("rb") as file:
        if not file.read(4).startswith(b"PK"):
            return
    try:
        with zipfile.ZipFile(content.path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            unfolded = sum(part.file_size for part in parts)
            bomb = unfolded > BOMB_BYTES and unfolded > BOMB_RATIO * content.path.stat().st_size
            wide = not bomb and any(_mostly_void(archive, name) for name in sorted(names) if SHEET.fullmatch(name))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(f"{content.name} is a damaged or truncated archive. Fetch it again.") from error
    if not any(n.startswith("xl/") for n in names) and "content.xml" not in names:
        raise SourceError(f"{content.name} is a ZIP archive, not a table. Unpack it and choose a file in it.")
    if bomb:
        raise SourceError(
            f"{content.name} unfolds to more than {BOMB_RATIO} times its size. Check it, and save it as CSV."
        )
    if wide:
        raise SourceError(
            f"{content.name} has cells so far from its table that it cannot be laid out. "
            "Delete them, or save the table as CSV."
        )


def _mostly_void(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a sheet is a huge box with next to nothing in it."""
    cells, row, column = 0, 0, 0
    with archive.open(name) as sheet:
        rest = b""
        while chunk := sheet.read(CHUNK_BYTES):
            chunk = rest + chunk
            cut = chunk.rfind(b"<")
            chunk, rest = chunk[:cut], chunk[cut:]
            for letters, digits in CELL.findall(chunk):
                cells += 1
                row, column = max(row, int(digits)), max(column, _column_number(letters))
    return row * column > BOX_CELLS and row * column > BOX_RATIO * cells


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
