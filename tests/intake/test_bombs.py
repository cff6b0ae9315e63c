"""Small files that stand for far more than they hold, and other rubbish: refused in a sentence, or read in one pass."""

import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segscope.errors import SourceError
from segscope.intake import arrow, typing, workbook

from .conftest import Reader

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def sheet(*cells: tuple[str, str], dimension: str) -> bytes:
    """A workbook of one sheet with a few cells and any claim about its size."""
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, place))}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for place, text in cells
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData></worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, '<?xml version="1.0"?>' + text)
    return out.getvalue()


def test_a_cell_in_the_farthest_corner_of_a_sheet_is_refused(read_texts: Reader) -> None:
    bomb = sheet(("A1", "id"), ("XFD1048576", "x"), dimension="A1:XFD1048576")
    with pytest.raises(SourceError, match=r"^c\.xlsx has cells so far from its table"):
        read_texts(bomb, name="c.xlsx")


def test_a_sheet_that_only_claims_to_be_huge_is_read(read_texts: Reader) -> None:
    found = read_texts(sheet(("A1", "id"), ("A2", "7"), dimension="A1:XFD1048576"), name="c.xlsx")
    assert (found.header, found.rows) == (("id",), (("7",),))


def test_a_sheet_with_some_far_cells_is_read(read_texts: Reader) -> None:
    assert workbook.BOX_CELLS > 9
    found = read_texts(sheet(("A1", "id"), ("A2", "7"), ("A9", "8"), dimension="A1:A9"), name="c.xlsx")
    assert found.rows == (("7",), ("8",))


def test_json_that_is_nested_without_end_is_refused(read_texts: Reader) -> None:
    deep = '{"id": 1, "a": ' + "[" * 900 + "]" * 900 + "}\n"
    with pytest.raises(SourceError, match=r"customers\.csv nests values hundreds of levels deep"):
        read_texts(deep * 2)


def test_json_with_a_number_of_very_many_digits_is_read(read_texts: Reader) -> None:
    assert read_texts('{"a": ' + "9" * 10_000 + '}\n{"a": 1}\n').rows[0] == ("9" * 10_000,)


def test_many_keys_in_few_objects_each_are_read(read_texts: Reader) -> None:
    found = read_texts("".join(json.dumps({f"k{i % 300}": i}) + "\n" for i in range(600)))
    assert (len(found.names), len(found.rows)) == (300, 600)
    assert found.rows[301][:3] == ("", "301", "")


@pytest.mark.parametrize("keep_dictionary", [True, False])
def test_a_long_text_that_few_bytes_repeat_is_refused(
    keep_dictionary: bool, read_texts: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "MAX_BATCH_BYTES", 10**7)
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(5_000, np.int32)), pa.array(["x" * 10_000]))
    column = texts if keep_dictionary else texts.dictionary_decode()
    out = io.BytesIO()
    pq.write_table(pa.table({"note": column}), out)
    assert len(out.getvalue()) < 100_000
    with pytest.raises(SourceError, match="'note' unfolds to"):
        read_texts(out.getvalue(), name="c.parquet")


def test_more_columns_than_can_be_given_types_are_refused_but_converted(read_texts: Reader, read_typed: Reader) -> None:
    width = typing.MAX_COLUMNS + 1
    wide = ",".join(f"c{i}" for i in range(width)) + "\n" + ",".join("7" * width) + "\n"
    assert len(read_texts(wide).names) == width
    with pytest.raises(SourceError, match="2,001 columns; at most 2,000 can be given types"):
        read_typed(wide)


def test_a_cell_of_very_many_stray_quotes_is_read_in_one_pass(read_texts: Reader) -> None:
    found = read_texts('id,text\n1,"' + 'a" b' * 200_000 + "\n2,x\n")
    assert [row[0] for row in found.rows] == ["1", "2"]
    assert found.rows[0][1].count("a") == 200_000


def test_quotes_that_never_end_on_every_line_are_read_in_one_pass(read_texts: Reader) -> None:
    found = read_texts("id,text,x\n" + "".join(f'{i},"open {i},5\n' for i in range(20_000)))
    assert len(found.rows) == 20_000


def test_a_number_beyond_all_integers_is_a_number(read_typed: Reader) -> None:
    found = read_typed("a\n1E100\n2\n3\n")
    assert found.report.column("a").kind == "number"
    assert found.rows[0] == (1e100,)
