"""Clean tables, and each way of spoiling the file that holds one. The table stays the same, so it can be compared."""

import gzip
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Spoiled:
    """How a table is written to a file, and what a reader should find in it."""

    header: tuple[str, ...]
    rows: Rows
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    newline: str = "\n"
    encoding: str = "utf-8"
    mark: bytes = b""
    quote_all: bool = False
    with_header: bool = True
    two_headers: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    last_newline: bool = True
    hint: bool = False
    delimiter_first: bool = False
    delimiter_last: bool = False
    blank_lines: bool = False
    mixed_newlines: bool = False
    pack: Callable[[bytes], bytes] = field(default=lambda data: data)

    def cell(self, text: str) -> str:
        special = (self.delimiter, self.quote, "\n", "\r", self.escape)
        must = any(mark and mark in text for mark in special) or (self.delimiter.isspace() and text == "")
        if not self.quote or not (must or self.quote_all):
            return text
        inner = text
        if self.escape:
            inner = inner.replace(self.escape, self.escape * 2).replace(self.quote, self.escape + self.quote)
        else:
            inner = inner.replace(self.quote, self.quote * 2)
        return self.quote + inner + self.quote

    def line(self, cells: Iterable[str]) -> str:
        line = self.delimiter.join(map(self.cell, cells))
        return self.delimiter * self.delimiter_first + line + self.delimiter * self.delimiter_last

    def data(self) -> bytes:
        lines = [f"sep={self.delimiter}"] * self.hint + list(self.before)
        if self.two_headers:
            lines += [
                self.line(name.split(" ")[0] for name in self.header),
                self.line(name.split(" ")[1] for name in self.header),
            ]
        elif self.with_header:
            lines.append(self.line(self.header))
        for i, row in enumerate(self.rows):
            lines.append(self.line(row))
            if self.blank_lines and i % 3 == 1:
                lines.append("")
        lines += self.after
        ends = ["\n", "\r\n", "\r"] if self.mixed_newlines else [self.newline]
        text = "".join(line + ends[i % len(ends)] for i, line in enumerate(lines))
        if not self.last_newline:
            text = text.rstrip("\r\n")
        return self.pack(self.mark + text.encode(self.encoding))


CUSTOMERS = Spoiled(
    ("customer_id", "name", "city", "income", "joined", "note"),
    (
        ("5524", "Ann Müller", "Berlin", "58138.50", "2012-09-04", "likes wine, and cheese"),
        ("2174", "Bob O'Neil", "Paris", "46344.00", "2014-03-08", ""),
        ("4141", "Cleo de Mérode", "Wien", "71613.25", "2013-08-21", 'says "hello" often'),
        ("6182", "Dan", "São Paulo", "26646.00", "2014-02-10", "first line\nsecond line"),
        ("5324", "Eva Löwe", "Berlin", "", "2014-01-19", "vip; since 2011"),
        ("7446", "Fay", "Oslo", "62513.75", "2013-09-09", "a | b"),
        ("965", "Gus", "Köln", "55635.00", "2012-11-13", "tall"),
        ("6177", "Hal Ü", "Paris", "33454.10", "2013-05-08", "tab\there"),
    ),
)
NUMBERS = Spoiled(
    ("id", "recency", "frequency", "monetary"),
    tuple((str(1000 + i), str(i * 7 % 60), str(i % 9), f"{i * 13.37:.2f}") for i in range(12)),
)
WORDS = Spoiled(
    ("Name", "Segment", "Country", "Channel"),
    (
        ("Ann", "Loyal", "Germany", "web"),
        ("Bob", "At risk", "France", "store"),
        ("Cleo", "New", "Austria", "web"),
        ("Dan", "Loyal", "Brazil", "catalogue"),
        ("Eva", "Champions", "Germany", "store"),
    ),
)
SHOP = Spoiled(
    ("DATE", "TIME", "QTY", "PRODUCT", "PRICE", "URL", "COMMENT"),
    (
        ("10/20/2020", "10:15:00", "3", "P-100", "12.50", "https://shop.example/p?id=100&ref=a", "fine"),
        ("10/21/2020", "11:25:30", "1", "P-101", "7.99", "https://shop.example/p?id=101", "late, but fine"),
        ("11/01/2020", "09:05:10", "12", "P-102", "120.00", "https://shop.example/p?id=102", ""),
        ("11/13/2020", "23:59:59", "2", "P-103", "0.99", "https://shop.example/p?id=103&ref=b", "gift for a friend"),
        ("12/24/2020", "18:00:00", "5", "P-104", "5.00", "https://shop.example/p?id=104", "thanks"),
    ),
)  # fmt: skip
TABLES = {"customers": CUSTOMERS, "numbers": NUMBERS, "words": WORDS, "shop": SHOP}


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


POLLUTIONS: dict[str, Callable[[Spoiled], Spoiled]] = {
    "as it is": lambda t: t,
    "semicolon": lambda t: replace(t, delimiter=";"),
    "tab": lambda t: replace(t, delimiter="\t"),
    "pipe": lambda t: replace(t, delimiter="|"),
    "caret": lambda t: replace(t, delimiter="^"),
    "tilde": lambda t: replace(t, delimiter="~"),
    "one space": lambda t: replace(t, delimiter=" "),
    "comma and space": lambda t: replace(t, delimiter=", "),
    "two pipes": lambda t: replace(t, delimiter="||"),
    "two colons": lambda t: replace(t, delimiter="::"),
    "unit separator": lambda t: replace(t, delimiter="\x1f"),
    "single quotes": lambda t: replace(t, quote="'"),
    "single quotes around all": lambda t: replace(t, quote="'", quote_all=True),
    "quotes around all": lambda t: replace(t, quote_all=True),
    "backslash": lambda t: replace(t, escape="\\"),
    "backslash and quotes around all": lambda t: replace(t, escape="\\", quote_all=True),
    "CRLF": lambda t: replace(t, newline="\r\n"),
    "CR": lambda t: replace(t, newline="\r"),
    "mixed line ends": lambda t: replace(t, mixed_newlines=True),
    "UTF-8 with mark": lambda t: replace(t, mark=b"\xef\xbb\xbf"),
    "UTF-16 LE": lambda t: replace(t, encoding="utf-16-le", mark=b"\xff\xfe"),
    "UTF-16 BE": lambda t: replace(t, encoding="utf-16-be", mark=b"\xfe\xff"),
    "UTF-16 without mark": lambda t: replace(t, encoding="utf-16-le"),
    "Windows-1252": lambda t: replace(t, encoding="cp1252"),
    "Latin-1": lambda t: replace(t, encoding="latin-1"),
    "gzip": lambda t: replace(t, pack=gzip.compress),
    "zstd": lambda t: replace(t, pack=_zstd),
    "no header": lambda t: replace(t, with_header=False),
    "one line before": lambda t: replace(t, before=("Customer export of 2024-05-01",)),
    "lines and a blank one before": lambda t: replace(t, before=("Report: customers", "Made by the CRM", "")),
    "comments before": lambda t: replace(t, before=("# made by a program", "# version 2")),
    "blank line before": lambda t: replace(t, before=("",)),
    "a hint for spreadsheets": lambda t: replace(t, hint=True),
    "a line after": lambda t: replace(t, after=("", "End of the report")),
    "two newlines at the end": lambda t: replace(t, after=("",)),
    "no newline at the end": lambda t: replace(t, last_newline=False),
    "blank lines between": lambda t: replace(t, blank_lines=True),
    "delimiter at the end of lines": lambda t: replace(t, delimiter_last=True),
    "delimiter around lines": lambda t: replace(t, delimiter_last=True, delimiter_first=True),
    "one customer": lambda t: replace(t, rows=t.rows[:1]),
    "two customers": lambda t: replace(t, rows=t.rows[:2]),
}


# Ways that exclude each other, by the field of the description that they set.
def changed(way: str, table: Spoiled) -> set[str]:
    """Names of the fields that a way of spoiling sets."""
    spoiled = POLLUTIONS[way](table)
    names = {name for name in vars(table) if getattr(spoiled, name) != getattr(table, name)}
    return names | ({"encoding"} if "mark" in names else set()) | ({"newline"} if "mixed_newlines" in names else set())


def expected(spoiled: Spoiled) -> tuple[Sequence[str] | None, Rows]:
    """The names (None where the file has none) and the records that a reader should find."""
    return (spoiled.header if spoiled.with_header else None), spoiled.rows
