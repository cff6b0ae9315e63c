"""Studies: a folder that holds data, recipe, segmentation and names; portable and reopenable."""

from dataclasses import dataclass
from pathlib import Path

import ibis

from segscope.engine import connect
from segscope.errors import DataError, RecipeError, SegscopeError
from segscope.intake import read
from segscope.intake.facts import column_kind, measure_facts
from segscope.recipe import Recipe, Role, Transform
from segscope.samples import SYNTHETIC_NOTE
from segscope.segmentation import Segmentation
from segscope.study.fitting import ColumnNote, Fit, Progress, Weigher, fit, propose_recipe
from segscope.study.folder import (
    Card,
    check_writable,
    is_study,
    read_card,
    read_data,
    read_fit,
    write_fit,
    write_study,
)
from segscope.study.live import SEGMENT_VARIABLE, LiveStudy, open_study

__all__ = [
    "SEGMENT_VARIABLE",
    "Card",
    "Choices",
    "ColumnNote",
    "Fit",
    "LiveStudy",
    "Progress",
    "fit_source",
    "is_study",
    "open_study",
    "read_card",
    "read_fit",
    "refit",
]


@dataclass(frozen=True)
class Choices:
    """What the user decides before a fit; None leaves the proposal. ``segments``: 0 lets the evidence choose."""

    segments: int | None = None
    features: tuple[str, ...] | None = None
    transform: Transform | None = None
    seed: int | None = None
    recipe: Recipe | None = None

    def applied(self, recipe: Recipe) -> Recipe:
        """A recipe with these choices made."""
        if self.segments is not None:
            recipe = recipe.replace(segments=self.segments or None)
        if self.features is not None:
            if not self.features:
                raise RecipeError("Choose at least one feature to cluster on.")
            recipe = recipe.replace(features=self.features)
        if self.transform is not None:
            recipe = recipe.replace(transform=self.transform)
        return recipe if self.seed is None else recipe.replace(seed=self.seed)


def silent(stage: str, done: float) -> None:
    """Report no progress."""


def fit_source(
    source: str | Path,
    folder: Path,
    choices: Choices = Choices(),
    progress: Progress = silent,
    weigher: Weigher | None = None,
) -> Fit:
    """Read a source, fit it, and write the study.

    Parameters
    ----------
    source : a customer file
    folder : where the study is written; new, empty, or a study already
    choices : what the user decided
    weigher : who weighs the evidence; None does it in this process

    Raises
    ------
    SegscopeError : with what is wrong, where, and what to do; nothing is written then
    """
    check_writable(folder)
    choices.applied(Recipe(columns=()))
    engine = connect()
    try:
        progress("Reading the file", 0.0)
        table, report = read(source, engine, "source")
        facts = measure_facts(engine, table)
        recipe = choices.applied(choices.recipe or propose_recipe(engine, table, facts))
        check_recipe(table, recipe, report.source)
        try:
            found = fit(engine, table, recipe, facts, progress, _previous(folder), weigher)
        except DataError as error:
            raise type(error)(f"{report.source}: {error}") from None
        progress("Writing the study", 0.95)
        synthetic = _is_sample(Path(source))
        write_study(folder, engine, table, Path(report.source).stem, report, found, synthetic)
    finally:
        engine.close()
    return found


def check_recipe(table: ibis.Table, recipe: Recipe, where: str) -> None:
    """Raise unless a table has every column that a recipe names, each of the kind that its role needs."""
    kinds = {Role.MEASURE: ("number", "boolean"), Role.FLAG: ("number", "boolean"), Role.DATE: ("date",)}
    for column in recipe.columns:
        if column.column not in table.columns:
            raise RecipeError(f"The recipe names a column {column.column!r} that {where} does not have.")
        kind = column_kind(table[column.column])
        if kind not in kinds.get(column.role, (kind,)):
            raise RecipeError(f"The recipe takes {column.column!r} for a {column.role}, but {where} has {kind}s there.")


def _previous(folder: Path) -> Segmentation | None:
    if not is_study(folder):
        return None
    try:
        return read_fit(folder, read_card(folder)).segmentation
    except SegscopeError:
        return None  # a damaged study has no names to keep; fitting it again is how it is mended


def refit(folder: Path, recipe: Recipe, progress: Progress = silent) -> Fit:
    """Fit another recipe to the data of a study, and make it the current fit."""
    card = read_card(folder)
    previous = read_fit(folder, card).segmentation
    engine = connect()
    try:
        progress("Reading the data", 0.0)
        table = engine.store("source", read_data(folder, card, engine, "snapshot"))
        found = fit(engine, table, recipe, measure_facts(engine, table), progress, previous)
        progress("Writing the study", 0.95)
        write_fit(folder, card, found)
    finally:
        engine.close()
    return found


def _is_sample(path: Path) -> bool:
    import pyarrow.parquet as pq

    if path.suffix != ".parquet" or not path.is_file():
        return False
    metadata = pq.read_schema(path).metadata or {}
    return SYNTHETIC_NOTE.encode() in metadata.values()
