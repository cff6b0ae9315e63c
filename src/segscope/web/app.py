"""The Dash application: shell and pages put together."""

import tempfile
from pathlib import Path

from dash import Dash, html, set_props

from segscope import samples, theme
from segscope.errors import NotLoadedError, SegscopeError, StillLoadingError
from segscope.study import Choices, LiveStudy, fit_source, open_study
from segscope.web import arriving, rerun, shell
from segscope.web.pages import clustering, data, explore, home, insights, segments
from segscope.web.studies import Studies

PAGES = (data.PAGE, explore.PAGE, clustering.PAGE, segments.PAGE, insights.PAGE)
SPECIMEN_CUSTOMERS = 60

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{%title%}</title>
<link rel="icon" href="LOGO">
{%css%}
<style>STYLE</style>
<script>
(function () {
  var chosen = null;
  try { chosen = JSON.parse(localStorage.getItem("scheme-choice")); } catch (e) { chosen = null; }
  var dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
</script>
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


def make_app(studies: Studies) -> Dash:
    """Build the application for a server's studies."""
    app = Dash(
        "segscope",
        title="segscope",
        update_title="",
        assets_folder=str(Path(__file__).parent / "assets"),
        serve_locally=True,
        compress=False,
        on_error=_on_error,
        index_string=INDEX.replace("LOGO", shell.LOGO).replace("STYLE", theme.style_sheet()),
    )
    app.server.register_error_handler(StillLoadingError, arriving.not_yet)
    app.layout = shell.layout(PAGES)
    any_study = _any_study(studies)
    app.validation_layout = html.Div(  # type: ignore[assignment]  # Dash declares only its default, None
        [app.layout, home.layout(studies), arriving.waiting(any_study, ""), *(page.layout(any_study) for page in PAGES)]
    )
    shell.register(app, studies, PAGES, home.layout)
    arriving.register(app, studies, PAGES)
    rerun.register(app, studies)
    home.register(app, studies)
    for page in (data, explore, clustering, segments, insights):
        page.register(app, studies)
    return app


def _any_study(studies: Studies) -> LiveStudy:
    """A study to lay the pages out with, which Dash checks callbacks against; the smallest, or one made for this."""
    readable = [entry for entry in studies.listed() if entry.fit]
    for entry in sorted(readable, key=lambda e: e.fit.customers if e.fit else 0):
        try:
            live = studies.get(entry.id)
        except SegscopeError:
            continue  # damaged; the list says so
        if live.loading.is_over and not live.loading.has_failed:
            return live
    with tempfile.TemporaryDirectory(prefix="segscope-") as place:
        file, folder = Path(place) / "specimen.parquet", Path(place) / "specimen"
        samples.write(file, SPECIMEN_CUSTOMERS)
        fit_source(file, folder, Choices(segments=2), here=True)
        return open_study(folder)


def _on_error(error: Exception) -> None:
    """A user's error becomes a notice; anything else is a defect and is logged as such."""
    if isinstance(error, StillLoadingError) or not isinstance(error, SegscopeError):
        raise error  # the browser asks again for what came too early
    if isinstance(error, NotLoadedError):
        set_props("page", {"children": shell.cannot_open(str(error))})
        return
    set_props("toast", {"children": str(error)})
