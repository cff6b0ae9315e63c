"""The Dash application: shell and pages put together."""

from dash import Dash, html, set_props

from segscope import theme
from segscope.errors import SegscopeError
from segscope.web import rerun, shell
from segscope.web.pages import clustering, data, explore, insights, segments
from segscope.web.studies import Studies

PAGES = (data.PAGE, explore.PAGE, clustering.PAGE, segments.PAGE, insights.PAGE)

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
    """Build the application for a set of open studies."""
    app = Dash(
        "segscope",
        title="segscope",
        update_title="",
        assets_folder=str(_assets()),
        serve_locally=True,
        compress=False,
        on_error=_on_error,
        index_string=INDEX.replace("LOGO", shell.LOGO).replace("STYLE", theme.style_sheet()),
    )
    app.layout = shell.layout(PAGES)
    first = studies.get(studies.ids[0])
    app.validation_layout = html.Div(  # type: ignore[assignment]  # Dash declares only its default, None
        [app.layout, *(page.layout(first) for page in PAGES)]
    )
    shell.register(app, studies, PAGES)
    rerun.register(app, studies)
    for page in (data, explore, clustering, segments, insights):
        page.register(app, studies)
    return app


def _assets() -> object:
    from pathlib import Path

    return Path(__file__).parent / "assets"


def _on_error(error: Exception) -> None:
    """A user's error becomes a notice; anything else is a defect and is logged as such."""
    if not isinstance(error, SegscopeError):
        raise error
    set_props("toast", {"children": str(error)})
