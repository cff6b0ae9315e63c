"""How the source was read: every guess, each to be decided otherwise, with a look at what comes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from segscope.errors import SegscopeError
from segscope.intake import IntakeReport, ReadOptions
from segscope.intake.preview import Preview, preview, tables_of
from segscope.study import LiveStudy, source_of
from segscope.web import parts
from segscope.web.drafting import DRAFT, choice, drafted
from segscope.web.studies import Studies
from segscope.wording import counted, listed

STUDY, OPEN, SHOWN = "study", "reading-open", "reading-shown"
DELIMITERS = {
    ",": "comma",
    "\t": "tab",
    ";": "semicolon",
    "|": "vertical bar",
    " ": "space",
    "spaces": "runs of spaces",
}
QUOTES = {'"': 'double "', "'": "single '", "none": "none"}
ENCODINGS = {
    "utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1", "utf-16": "UTF-16", "cp1250": "Windows-1250",
    "cp1251": "Windows-1251", "shift_jis": "Shift JIS", "gb18030": "GB 18030", "mac_roman": "Mac Roman",
}  # fmt: skip
MOST_LINES = 10
SHOWN_COLUMNS = 40


def card(live: LiveStudy) -> html.Details:
    """The guesses, folded away until somebody wants to see them."""
    intake = live.card.intake
    again = source_of(live.folder) is not None
    controls = _controls(intake, live.card.reading) if again else []
    controls += _which(live) if again else []
    gone = "The source is no longer where it was read from, so it can only be read anew from a new study."
    note = "A change is tried below, and read anew when you run it." if controls else None if again else gone
    body: list[Any] = [html.Div(controls, className="reading-controls")] if controls else []
    return html.Details(
        [
            html.Summary([html.Strong("How it was read"), html.Span(how_read(intake), className="muted")], id=OPEN),
            html.P(note, className="card-note") if note else None,
            *body,
            html.Div(id=SHOWN, className="reading-shown"),
        ],
        className="card reading",
        hidden=not controls and again,
    )


def register(app: Dash, studies: Studies) -> None:
    """Show the first records under the way of reading that is chosen."""

    @app.callback(Output(SHOWN, "children"), Input(DRAFT, "data"), Input(OPEN, "n_clicks"), State(STUDY, "data"))
    def _show(kept: Mapping[str, Any] | None, opened: int | None, study: Mapping[str, str]) -> Any:
        live = studies.get(study["id"])
        place = source_of(live.folder) if opened else None
        if place is None:
            return no_update
        try:
            wanted = drafted(live, kept or {}).reading
            found = live.once(("preview", wanted), lambda: preview(place, wanted))
        except SegscopeError as error:
            return parts.notice(str(error), "bad")
        return _preview(found) if found else None


def how_read(intake: IntakeReport) -> str:
    """How a source was read, in a few words."""
    said = [f"{DELIMITERS.get(intake.delimiter, repr(intake.delimiter))} between fields"] if intake.delimiter else []
    said += [intake.encoding.upper()] if intake.encoding else []
    said += [f"sheet {intake.sheet}"] if intake.sheet else []
    said += [intake.compression] if intake.compression else []
    if intake.format == "delimited text":
        header = {0: "no header", 1: "names in the first line"}.get(
            intake.header_rows, f"{intake.header_rows} header lines"
        )
        said.append(header if not intake.skip_rows else f"{header} after {counted(intake.skip_rows, 'line')}")
    return ", ".join(said) or "types as the source states them"


def _controls(intake: IntakeReport, told: ReadOptions) -> list[html.Label]:
    if intake.format not in ("delimited text", "excel"):
        return []
    lines = [(str(n), str(n)) for n in range(MOST_LINES + 1)]
    header = [
        _control("header_rows", "Header lines", str(intake.header_rows), lines, told.header_rows),
        _control("skip_rows", "Lines before it", str(intake.skip_rows), lines, told.skip_rows),
    ]
    usual = [
        _control("decimal", "Decimal sign", "by each column", [(".", "point"), (",", "comma")], told.decimal),
        _control("day_first", "Dates", "by each column", [("yes", "day first"), ("no", "month first")], told.day_first),
    ]
    if intake.format == "excel":
        return [*header, *usual]
    delimiter = DELIMITERS.get(intake.delimiter, repr(intake.delimiter) if intake.delimiter else "none")
    return [
        _control("delimiter", "Between fields", delimiter, list(DELIMITERS.items()), told.delimiter),
        _control("quote", "Quotes", QUOTES.get(intake.quote, "none"), list(QUOTES.items()), told.quote),
        _control("encoding", "Encoding", intake.encoding.upper(), list(ENCODINGS.items()), told.encoding),
        *header,
        *usual,
    ]


def _which(live: LiveStudy) -> list[html.Label]:
    """Which sheet or table is read, where there are several."""
    place = source_of(live.folder)
    try:
        names = live.once("tables of the source", lambda: tables_of(place) if place else ())
    except SegscopeError:
        names = ()  # what is wrong with the source is told where it is read
    if len(names) < 2:
        return []
    told, intake = live.card.reading, live.card.intake
    options = [(n, n) for n in names]
    if intake.format == "excel":
        return [_control("sheet", "Sheet", intake.sheet, options, told.sheet)]
    return [_control("table", "Table", intake.source, options, told.table)]


def _control(name: str, label: str, guess: str, options: Sequence[tuple[str, str]], told: Any) -> html.Label:
    now = {None: "", True: "yes", False: "no", "": "none"}.get(told, str(told))
    offered = [("", "guess again" if now else f"{guess} (guessed)" if name not in ("decimal", "day_first") else guess)]
    offered += [(v, t) for v, t in options]
    if now and now not in dict(options):
        offered.append((now, now))
    return html.Label([html.Span(label, className="field-label"), choice("reading", name, offered, now, label)])


def _preview(found: Preview) -> list[Any]:
    names = found.names[:SHOWN_COLUMNS]
    rows = [list(r[:SHOWN_COLUMNS]) for r in found.rows]
    said = [f"The first {counted(len(rows), 'row')}, every cell as it stands in the file."]
    if found.before:
        said.append(f"Before the table: {listed([f'“{b[:60]}”' for b in found.before[:3]])}.")
    if found.ragged:
        said.append(f"{counted(found.ragged, 'record')} among the first 500 have more or fewer cells than names.")
    more = len(found.names) - len(names)
    if more > 0:
        said.append(f"{more} more columns are not shown.")
    return [
        html.P(" ".join(said), className="card-note"),
        parts.plain_table(names, rows, "preview-table", "The first rows"),
    ]
