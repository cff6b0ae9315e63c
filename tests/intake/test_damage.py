"""Damaged records and odd headers: nothing is lost, and every repair is counted."""

import pytest

from .conftest import Reader

CLEAN = "id,name,city,spent\n1,Ann,Rome,2.5\n2,Bob,Oslo,3.5\n3,Cy,Bonn,4\n4,Di,Wien,5\n"
ROWS = (("1", "Ann", "Rome", "2.5"), ("2", "Bob", "Oslo", "3.5"), ("3", "Cy", "Bonn", "4"), ("4", "Di", "Wien", "5"))


@pytest.mark.parametrize(
    ("spoiled", "second", "repairs"),
    [
        ("2,Bob,Oslo", ("2", "Bob", "Oslo", ""), {"short records padded": 1}),
        ("2,Bob,Oslo,3.5,", ("2", "Bob", "Oslo", "3.5"), {"surplus delimiters at the end dropped": 1}),
        ("2,Bob, Jr,Oslo,3.5", ("2", "Bob, Jr", "Oslo", "3.5"), {"surplus cells joined to the last": 1}),
        (",2,Bob,Oslo,3.5", ("2", "Bob", "Oslo", "3.5"), {"surplus cells joined to the last": 1}),
        ('2,B"ob,Oslo,3.5', ("2", 'B"ob', "Oslo", "3.5"), {}),
        ('2,Bob",Oslo,3.5', ("2", 'Bob"', "Oslo", "3.5"), {}),
        ('2,"B"o"b",Oslo,3.5', ("2", 'B"o"b', "Oslo", "3.5"), {"records with stray quotes kept as they are": 1}),
        ('2, "Bob" ,Oslo,3.5', ("2", "Bob", "Oslo", "3.5"), {}),
        ("2;Bob;Oslo;3.5", ("2", "Bob", "Oslo", "3.5"), {"records in another delimiter split by it": 1}),
        ('2|"Bob, Jr"|Oslo|3.5', ("2", "Bob, Jr", "Oslo", "3.5"), {"records in another delimiter split by it": 1}),
        ("2 Bob Oslo 3.5", ("2", "Bob", "Oslo", "3.5"), {"records in another delimiter split by it": 1}),
        ("we do not know", ("we do not know", "", "", ""), {"short records padded": 1}),
        ("2,,Bob,Oslo,3.5", ("2", "Bob", "Oslo", "3.5"), {"surplus cells joined to the last": 1}),
        ("2,B\0ob,Oslo,3.5", ("2", "Bob", "Oslo", "3.5"), {"zero bytes dropped": 1}),
    ],
)
def test_one_damaged_record_leaves_the_others_alone(
    spoiled: str, second: tuple[str, ...], repairs: dict[str, int], read_texts: Reader
) -> None:
    found = read_texts(CLEAN.replace("2,Bob,Oslo,3.5", spoiled))
    assert found.header == ("id", "name", "city", "spent")
    assert found.rows == (ROWS[0], second, ROWS[2], ROWS[3])
    assert found.repaired() == repairs


def test_a_quote_that_never_ends_swallows_nothing(read_texts: Reader) -> None:
    found = read_texts(CLEAN.replace("Bob", '"Bob').replace("Cy", '"Cy"').replace("Di", '"Di, too"'))
    assert found.rows == (ROWS[0], ("2", '"Bob', "Oslo", "3.5"), ROWS[2], ("4", "Di, too", "Wien", "5"))
    assert found.repaired() == {"quotes that never end read as text": 1}


def test_lines_that_were_looked_at_for_the_end_of_a_quote_are_read_again(read_texts: Reader) -> None:
    lines = [f'{i},"name {i}",{i * 2}\n' for i in range(500)]
    lines[7] = '7,"name 7,14\n'
    found = read_texts("id,name,x\n" + "".join(lines))
    assert found.column("id") == [str(i) for i in range(500)]


@pytest.mark.parametrize("line", ["Total: 4", "(4 rows)", "\x1a", "-----"])
def test_a_remark_at_the_end_is_set_aside(line: str, read_texts: Reader) -> None:
    found = read_texts(CLEAN + line + "\n")
    assert found.rows == ROWS
    assert found.repaired() == {"lines after the table set aside": 1}


def test_a_truncated_last_record_is_kept(read_texts: Reader) -> None:
    assert read_texts(CLEAN + "5,Ed").rows[-1] == ("5", "Ed", "", "")


@pytest.mark.parametrize(
    ("before", "count"),
    [
        ("My report\n", 1),
        ("My report\nMade today\n\n", 2),
        ("Date:,2020-01-01\nBy:,Me\n\n", 2),
        ("Report,,,\n,,,\n", 2),
        ("# one\n# two, three\n", 2),
        ("sep=,\n", 1),
    ],
)
def test_lines_before_the_table_are_set_aside_and_shown(before: str, count: int, read_texts: Reader) -> None:
    found = read_texts(before + CLEAN)
    assert (found.header, found.rows) == (("id", "name", "city", "spent"), ROWS)
    assert found.repaired() == {"lines before the table set aside": count}
    assert before.split("\n")[0] in found.report.repairs[0].detail


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("id,name,name,ID", ("id", "name", "name_2", "ID_2")),
        ("id,,city,", ("id", "column_2", "city", "column_4")),
        ("name,city,spent", ("column_1", "name", "city", "spent")),
        ('"id"," full\nname",city,spent', ("id", "full name", "city", "spent")),
        ("__row,name,city,spent", ("_row", "name", "city", "spent")),
    ],
)
def test_names_are_unique_and_filled(head: str, names: tuple[str, ...], read_texts: Reader) -> None:
    found = read_texts(CLEAN.replace("id,name,city,spent", head))
    assert (found.names, found.rows) == (names, ROWS)


def test_more_names_than_cells_lose_no_name(read_texts: Reader) -> None:
    found = read_texts(CLEAN.replace("city,spent", "city,spent,more"))
    assert found.names == ("id", "name", "city", "spent", "more")
    assert found.rows[0] == (*ROWS[0], "")


def test_a_header_of_two_lines(read_texts: Reader) -> None:
    found = read_texts("id,spend,,age\n,wine,fruit,(years)\n1,5,6,40\n2,7,8,41\n3,1,2,42\n")
    assert found.header == ("id", "spend wine", "spend fruit", "age (years)")
    assert found.report.header_rows == 2
    assert len(found.rows) == 3


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (" id | name \n----+------\n  1 | Ann\n  2 | Bob\n(2 rows)\n", [("1", "Ann"), ("2", "Bob")]),
        ("| id | name |\n|----|------|\n| 1 | Ann |\n| 2 | Bob |\n", [("1", "Ann"), ("2", "Bob")]),
    ],
    ids=["database shell", "markdown"],
)
def test_a_line_drawn_under_the_names_is_no_customer(
    text: str, rows: list[tuple[str, str]], read_texts: Reader
) -> None:
    found = read_texts(text)
    assert found.names == ("id", "name")
    assert [tuple(cell.strip() for cell in row) for row in found.rows] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("email\na@b.example\nd@e.example\n", 2),
        ("name\nAnn\nBob\nCy\n", 3),
        ("comment\nhello, world\nno comma\nyes, a, b\n", 3),
        ("Name\nDoe, Ann\nRoe, Bob\nPoe, Cy\n", 3),
        ("Name\nAnn Doe\nBob Roe\nCy Poe\n", 3),
        ("5\n6\n7\n", 3),
        ("amount\n1,5\n2,75\n3,10\n", 3),
        ("2020-01-01\n2020-01-02\n", 2),
        ("at\n10:10:10\n11:11:11\n", 2),
        ("page\nhttps://a.example/c?d=1&e=2\nhttps://a.example/c?d=1&e=3\n", 2),
    ],
)
def test_one_column_is_a_table(text: str, rows: int, read_texts: Reader) -> None:
    found = read_texts(text)
    assert [len(row) for row in found.rows] == [1] * rows
    assert found.report.delimiter == ""


def test_a_lone_carriage_return_within_a_cell_stays_there(read_texts: Reader) -> None:
    found = read_texts("id,a,b\n1,x\ry,2\n2,z,3\n3,z,3\n")
    assert found.rows[0] == ("1", "x\ry", "2")


def test_escaped_delimiters(read_texts: Reader) -> None:
    assert read_texts("id,name,x\n1,Ann\\, Dr,4\n2,Bob,5\n").rows[0] == ("1", "Ann, Dr", "4")
    assert read_texts("id\tname\tx\n1\tA\\\tnn\t\\N\n2\tBob\t5\n").rows[0] == ("1", "A\tnn", "\\N")


def test_options_overrule_every_guess(read_texts: Reader) -> None:
    text = "x\nid;name\n1;'A;b'\n2;c\n"
    found = read_texts(text, delimiter=";", quote="'", skip_rows=1, header_rows=1)
    assert (found.header, found.rows) == (("id", "name"), (("1", "A;b"), ("2", "c")))
    assert read_texts(text, delimiter=";", header_rows=0, skip_rows=2).rows[1] == ("2", "c")
    assert read_texts("stadt\nK\u00f6ln\n".encode("cp850"), encoding="cp850").rows == (("Köln",),)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "id;stadt\n1;Köln\n2;Zürich\n3;Genève\n"),
        ("cp850", "id;stadt\n1;Köln\n2;Zürich\n3;Genève\n"),
        ("mac-roman", "id;stadt\n1;Köln\n2;Zürich\n3;Genève\n"),
        ("cp1250", "id;miasto\n1;Łódź\n2;Kraków\n3;Gdańsk\n4;Poznań\n"),
        ("cp1251", "id;город\n1;Москва\n2;Санкт-Петербург\n3;Казань\n"),
        ("cp1253", "id;πόλη\n1;Αθήνα\n2;Θεσσαλονίκη\n"),
        ("shift_jis", "id,名前\n1,東京タワー日本\n2,大阪城公園\n"),
        ("gb18030", "编号,姓名\n1,北京市朝阳区\n2,上海市浦东新区\n"),
        ("utf-32", "id,name\n1,Zoë\n2,Ann\n"),
    ],
)
def test_encodings_are_told_by_their_letters(encoding: str, text: str, read_texts: Reader) -> None:
    found = read_texts(text.encode(encoding))
    assert found.header[1] == text.split("\n")[0].replace(";", ",").split(",")[1]
    assert found.rows[0][1] == text.split("\n")[1].replace(";", ",").split(",")[1]


def test_a_letter_beyond_the_first_look_still_counts(read_texts: Reader) -> None:
    lines = [f"{i},name {i}\n" for i in range(40_000)]
    found = read_texts(("id,name\n" + "".join(lines)).encode() + "40000,Zoë\n".encode("cp1252"))
    assert found.rows[-1] == ("40000", "Zoë")
    assert found.report.encoding == "cp1252"


def test_a_damaged_character_is_mended_and_counted(read_texts: Reader) -> None:
    found = read_texts(b"id,city\n1,B\xe9b\n" + "2,Köln\n3,Zoë\n4,Łódź\n5,Genève\n".encode())
    assert found.column("city") == ["Béb", "Köln", "Zoë", "Łódź", "Genève"]
    assert found.repaired() == {"damaged characters read as Windows-1252": 1}
