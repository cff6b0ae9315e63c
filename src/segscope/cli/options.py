"""Options and arguments that several commands share, and what they mean."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from segscope.errors import RecipeError, SourceError

PORT = 8050


def _use(engine: str | None) -> str | None:
    """What computes in this process, and in those that it starts."""
    if engine:
        os.environ["SEGSCOPE_ENGINE"] = engine
    return engine


Source = Annotated[
    str, typer.Argument(help="Customer file or log (CSV, Excel, Parquet, JSON lines ...), or address of a database.")
]
StudyFolder = Annotated[Path, typer.Argument(help="Folder of a study.")]
Segments = Annotated[str, typer.Option(help="Number of segments, 1 to 12, or 'auto' for what the evidence supports.")]
Features = Annotated[str | None, typer.Option(help="Columns to cluster on, separated by commas.")]
Transform = Annotated[str, typer.Option(help="'auto', or 'none' to standardise only.")]
Seed = Annotated[int, typer.Option(help="Seed of every random draw.")]
Port = Annotated[int, typer.Option(help="Port; another free one is taken when it is in use.")]
Engine = Annotated[
    str | None,
    typer.Option(
        help="Where to compute: spark, spark://host:port or sc://host:port; without it, this process.", callback=_use
    ),
]
Host = Annotated[str, typer.Option(help="Address to listen on; only this machine can reach 127.0.0.1.")]


def choices_of(
    segments: str | None,
    features: str | None,
    transform: str | None,
    seed: int | None,
    recipe: Path | None,
    changes: Any = (),
) -> Any:
    """What the options of a fit decide; None leaves the proposal."""
    from segscope.recipe import Recipe
    from segscope.study import Choices

    named = None if features is None else tuple(f.strip() for f in features.split(",") if f.strip())
    written = None if recipe is None else Recipe.from_json(read_text(recipe))
    return Choices(segments_of(segments), named, transform, seed, written, changes)  # type: ignore[arg-type]


def segments_of(text: str | None) -> int | None:
    """The number of segments that an option names; 0 for "auto", None where nothing is said."""
    if text is None:
        return None
    if text.strip().lower() == "auto":
        return 0  # the evidence chooses, whatever a recipe says
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise RecipeError(f"The number of segments must be a whole number from 1 to 12, or auto. Got {text}.")
    return number


def read_text(path: Path) -> str:
    """The text of a recipe's file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"The recipe {path} cannot be read ({type(error).__name__}).") from None
