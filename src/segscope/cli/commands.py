"""The commands. Thin: they read options, call the product, and write one line for an error."""

import json
import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from segscope import __version__
from segscope.beside import Beside
from segscope.cli.flags import renames, with_decisions, with_reading
from segscope.cli.options import (
    PORT,
    Engine,
    Features,
    Host,
    Port,
    Seed,
    Segments,
    Source,
    StudyFolder,
    Transform,
    choices_of,
)
from segscope.cli.work import Tell, fit_with_progress, page_of, serve_pages, working
from segscope.errors import MissingColumnsError, SegscopeError, SourceError, StudyError, UnreadableCellsError

DEMO_CUSTOMERS = 2240

app = typer.Typer(
    name="segscope",
    help="Turn a customer file into segments that a marketing team can see, trust, name and use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(help="How many sample customers.")] = DEMO_CUSTOMERS,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Fit synthetic sample customers and open the dashboard."""
    with tempfile.TemporaryDirectory(prefix="segscope-") as place:
        file, folder = Path(place) / "sample_customers.parquet", Path(place) / "sample_customers"

        def prepare(tell: Tell) -> None:
            with closing(Beside()) as weigher:  # loads while the sample is made
                from segscope import samples

                tell("Making sample customers", 0.0)
                samples.write(file, customers)
                fit_with_progress(str(file), folder, choices_of("4", None, "auto", 0, None), weigher, tell)

        serve_pages([folder], host, port, browser, prepare, page_of(folder))


@app.command()
@with_reading
@with_decisions
def run(
    source: Source,
    reading: Any,
    changes: Any,
    study: Annotated[Path | None, typer.Option(help="Folder to keep the study in.")] = None,
    segments: Segments = "auto",
    features: Features = None,
    transform: Transform = "auto",
    seed: Seed = 0,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    engine: Engine = None,
) -> None:
    """Fit a customer file if needed, then open the dashboard."""
    with tempfile.TemporaryDirectory(prefix="segscope-") as place:
        folder = study or Path(place) / ("study" if "://" in source else Path(source).stem or "study")

        def prepare(tell: Tell) -> None:
            with closing(Beside()) as weigher:
                from segscope.study import is_study

                choices = choices_of(segments, features, transform, seed, None, changes)
                decided = segments != "auto" or features is not None or transform != "auto" or seed != 0
                decided = decided or reading is not None or bool(changes)
                if not is_study(folder) or decided or is_newer(source, folder):
                    fit_with_progress(source, folder, choices, weigher, tell, reading)

        serve_pages([folder], host, port, browser, prepare, page_of(folder))


@app.command()
@with_reading
@with_decisions
def fit(
    source: Source,
    reading: Any,
    changes: Any,
    study: Annotated[Path, typer.Option(help="Folder to write the study to.")],
    recipe: Annotated[Path | None, typer.Option(help="Recipe to follow (JSON), from another study.")] = None,
    segments: Annotated[str | None, typer.Option(help="Number of segments, 1 to 12, or 'auto'.")] = None,
    features: Features = None,
    transform: Annotated[str | None, typer.Option(help="'auto', or 'none' to standardise only.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random draw.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave it at a first look at the evidence.")] = False,
    engine: Engine = None,
) -> None:
    """Fit a customer file and write the study."""
    choices = choices_of(segments, features, transform, seed, recipe, changes)
    with closing(Beside()) as weigher:
        fit_with_progress(source, study, choices, weigher, None, reading, thorough=not quick)
    _list_segments(study)


@app.command()
def serve(
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", help="Studies, and a folder of studies where new ones go too."),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = False,
    engine: Engine = None,
) -> None:
    """Open the dashboard on studies; new ones are made in the page. Without a folder for them they are temporary."""
    serve_pages(places or [], host, port, browser)


@app.command()
def describe(
    study: StudyFolder,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    recipe: Annotated[
        bool, typer.Option("--recipe", help="The recipe alone, as JSON that 'fit --recipe' takes.")
    ] = False,
    engine: Engine = None,
) -> None:
    """Say what a study holds."""
    from segscope.describing import describe as as_data
    from segscope.describing import in_words
    from segscope.study import read_card, read_fit

    found = read_fit(study, read_card(study))
    if recipe:
        sys.stdout.write(found.recipe.to_json())
    elif as_json:
        sys.stdout.write(json.dumps(as_data(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        typer.echo(in_words(found))


@app.command()
@with_reading
def score(
    study: StudyFolder,
    source: Source,
    reading: Any,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .csv, .tsv, .parquet or .xlsx.")],
    report: Annotated[Path | None, typer.Option(help="File for what was seen of drift, as JSON.")] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN=NAME: a column of the file, and the column of the study that it stands for."),
    ] = None,
    engine: Engine = None,
) -> None:
    """Append each customer's segment, its probability and the second segment to a file; tell how far they drifted."""
    from segscope.library import load
    from segscope.scoring import likely

    with working("Scoring") as tell:
        tell("Scoring", 0.5)
        try:
            found = load(study).score_file(source, output, reading, renames=renames(rename))
        except MissingColumnsError as error:
            near = likely(error.missing, error.there) or {error.missing[0]: "COLUMN"}
            flags = " ".join(f"--rename '{column}={name}'" for name, column in near.items())
            raise SourceError(f"{error} If another column is meant, add {flags}.") from None
        except UnreadableCellsError as error:
            if rename:  # the flag names the column of the file
                raise
            hint = f"To count such cells as blanks, add --type '{error.column}={error.kind}'."
            raise SourceError(f"{error} {hint}") from None
    typer.echo(f"{found.rows:,} customers scored into {output.name}")
    for remark in found.remarks:
        typer.echo(remark)
    if found.drift:
        for line in found.drift.in_words():
            typer.echo(line)
        if report is not None:
            report.write_text(found.drift.to_json(), encoding="utf-8")


@app.command()
def sql(
    study: StudyFolder,
    dialect: Annotated[
        str,
        typer.Option(help="duckdb, postgres, spark, snowflake, bigquery, redshift, sqlserver or mysql."),
    ] = "duckdb",
    table: Annotated[str, typer.Option(help="Table with the raw columns, such as customers or shop.customers.")] = (
        "customers"
    ),
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write, in place of the terminal.")
    ] = None,
) -> None:
    """Write the segmentation as one SQL statement: raw columns in, segment out."""
    from segscope.exporting import check_target
    from segscope.library import load

    if output is not None:
        check_target(output, (".sql",))
    statement = load(study).sql(dialect, table) + "\n"
    if output is None:
        sys.stdout.write(statement)
    else:
        output.write_text(statement, encoding="utf-8")
        typer.echo(f"Statement written to {output.name}")


@app.command()
def edit(
    study: StudyFolder,
    merge: Annotated[tuple[str, str] | None, typer.Option(help="Two segments, by name or id, to make one of.")] = None,
    keep: Annotated[str, typer.Option(help="Whose name lives on in a merge; else that of the larger.")] = "",
    split: Annotated[str | None, typer.Option(help="A segment, by name or id, to make two of.")] = None,
    pin: Annotated[
        tuple[str, str] | None, typer.Option(help="A customer's identifier, and the segment where they belong.")
    ] = None,
    unpin: Annotated[
        str | None, typer.Option(help="A customer's identifier, to leave them to the model again.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last change by hand back.")] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Do again what was taken back.")] = False,
) -> None:
    """Change the segments by hand: merge two, split one, pin a customer; or take that back."""
    from segscope.study import Order, carry_out
    from segscope.study.handwork import HandEdit
    from segscope.study.history import redone, undone

    wanted = [HandEdit("merge", *merge, keep=keep)] if merge else []
    wanted += [HandEdit("split", split)] if split is not None else []
    wanted += [HandEdit("pin", pin[1], customer=pin[0])] if pin else []
    wanted += [HandEdit("unpin", customer=unpin)] if unpin is not None else []
    if len(wanted) + undo + redo != 1:
        raise StudyError("Say one thing to do: --merge, --split, --pin, --unpin, --undo or --redo.")
    if undo or redo:
        undone(study) if undo else redone(study)
    else:
        with working("Changing the segments") as tell:
            carry_out(Order(str(study), by_hand=wanted[0]), tell)
    _list_segments(study)


@app.command("export")
def export_list(
    study: StudyFolder,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .csv, .tsv, .parquet or .xlsx.")],
    segment: Annotated[str | None, typer.Option(help="Only customers of this segment, by name or id.")] = None,
    audience: Annotated[str | None, typer.Option(help="Only customers of this saved audience.")] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Columns to add, separated by commas; without it, all but personal and sensitive ones."),
    ] = None,
    reason: Annotated[bool, typer.Option("--reason", help="Say why each customer is in its segment.")] = False,
    engine: Engine = None,
) -> None:
    """Write a list of customers: identifier, segment, its probability, second segment, and columns of the study."""
    from segscope.library import load

    named = None if columns is None else [c.strip() for c in columns.split(",") if c.strip()]
    with working("Exporting") as tell:
        tell("Exporting", 0.5)
        count = load(study).export(output, segment, audience, named, reason)
    typer.echo(f"{count:,} customers written to {output.name}")


@app.command()
def report(
    study: StudyFolder,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .html, or .pptx for PowerPoint.")],
) -> None:
    """Write a report: one HTML file that opens offline and prints on A4, or a deck with a slide a segment."""
    from segscope.report import write_report

    with working("Writing the report") as tell:
        tell("Writing the report", 0.5)
        size = write_report(study, output)
    typer.echo(f"Report written to {output.name} ({size / 1e6:.1f} MB)")


@app.command()
@with_reading
def convert(
    source: Source,
    reading: Any,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .csv, .tsv, .parquet or .xlsx.")],
    text: Annotated[bool, typer.Option("--text", help="Keep each cell as it stands in the file.")] = False,
) -> None:
    """Write any source as segscope reads it, as clean CSV or Parquet."""
    from segscope.converting import convert as write_converted

    with working("Converting") as tell:
        tell("Converting", 0.5)
        count, report = write_converted(source, output, text, reading)
    typer.echo(f"{count:,} rows of {report.source} written to {output.name}")
    for repair in report.repairs:
        typer.echo(f"{repair.action}: {repair.count:,}. {repair.detail}")


@app.command()
def sample(
    customers: Annotated[int, typer.Option(help="How many, 1 to 100 million.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .csv, .tsv or .parquet.")],
    kind: Annotated[str, typer.Option(help="'customers' or 'transactions'.")] = "customers",
    seed: Seed = 0,
) -> None:
    """Write synthetic sample customers, or their transaction log."""
    from segscope import samples

    if kind not in ("customers", "transactions"):
        raise SourceError(f"The kind must be 'customers' or 'transactions'. Got {kind!r}.")
    with working("Writing") as tell:
        rows = samples.write(output, customers, kind, seed, lambda done: tell("Writing", done / max(customers, 1)))  # type: ignore[arg-type]
    typer.echo(f"{rows:,} synthetic rows written to {output.name}")


def main() -> None:
    """Run the command line: an error is one line on standard error and exit code 2."""
    try:
        app()
    except SegscopeError as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.exit(0)


def entry() -> None:
    """Run the command line as a program: ends the process at once when the work is done.

    A server leaves threads with open engines behind, about which DuckDB's bindings would print pages at a slow exit.
    """
    try:
        main()
    except SystemExit as done:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(done.code if isinstance(done.code, int) else 0)


def _list_segments(study: Path) -> None:
    from segscope.study import read_card, read_fit

    for segment in read_fit(study, read_card(study)).segments:
        typer.echo(f"{segment.id}  {segment.size:>10,}  {segment.share:>6.1%}  {segment.name}")


def is_newer(source: str, study: Path) -> bool:
    """Whether a source was written after its study, or may have been: of an address or a table only reading tells."""
    from segscope.study.folder import CARD

    place = Path(source)
    if not place.exists():
        return True
    # A folder's own time does not change when one of its files is written anew.
    times = (file.stat().st_mtime for file in (place, *place.glob("**/*")))
    return max(times) > (study / CARD).stat().st_mtime


def _fail(message: str) -> None:
    sys.stderr.write("segscope: " + " ".join(message.split()) + "\n")
    sys.exit(2)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"segscope {__version__}")
        raise typer.Exit
