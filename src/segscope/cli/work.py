"""Long work of the command line: a fit with its progress, and the dashboard."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from segscope.beside import Beside

Tell = Callable[[str, float], None]

console = Console(stderr=True)


@contextmanager
def working(title: str) -> Iterator[Tell]:
    """Show progress on a terminal: gives a function that takes the stage in words and the share done, 0 to 1."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda stage, done: bar.update(task, description=stage, completed=done)


def fit_with_progress(
    source: str,
    folder: Path,
    choices: Any,
    weigher: Beside,
    also: Tell | None = None,
    reading: Any = None,
    thorough: bool = False,
) -> Any:
    """Fit a source, with progress on the terminal and, where somebody else is told too, there."""
    from segscope.study import fit_source

    with working("Reading the file") as tell:

        def both(stage: str, done: float) -> None:
            tell(stage, done)
            if also:
                also(stage, done)

        return fit_source(source, folder, choices, both, weigher, reading, thorough=thorough)


def page_of(folder: Path) -> str:
    """The address of a study's first page, without the host."""
    from segscope.web.addresses import slug

    return f"/s/{slug(folder.resolve().name)}/explore"


def serve_pages(
    places: list[Path],
    host: str,
    port: int,
    browser: bool,
    before: Callable[[Tell], None] | None = None,
    page: str = "",
) -> None:
    """Listen at once, do what comes before with its progress on the page, then serve what is at the places."""
    from segscope.settings import from_environment
    from segscope.web.hosting import LOOPBACK, host_application

    settings = from_environment()
    with ExitStack() as stack:

        def prepare(tell: Tell) -> Any:
            if before:
                # Loaded while the fit waits for the process beside.
                threading.Thread(target=import_module, args=("segscope.web.server",), daemon=True).start()
                before(tell)
            from segscope.web.homes import split_folders
            from segscope.web.server import make_server
            from segscope.web.studies import Studies

            if before:
                tell("Opening the dashboard", 0.97)
            folders, home = split_folders(places)
            studies = Studies(folders, home, settings, local=host in LOOPBACK)
            stack.callback(studies.close)
            return make_server(studies)

        host_application(prepare, host, port, browser, page)
