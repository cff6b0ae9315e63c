"""How were the segments made, how many should there be, are they real, and where do the customers sit?"""

from dash import Dash, html

from segscope.study import LiveStudy
from segscope.web.clustering import (
    cards,
    centres,
    evidence,
    form,
    methods,
    path,
    silhouettes,
    solutions,
    tree,
    unusual,
    views,
)
from segscope.web.shell import Page
from segscope.web.studies import Studies


def layout(live: LiveStudy) -> html.Div:
    """The page: verdict, recipe and evidence, another run, segments, views of the customers, path and tree."""
    return html.Div(
        [
            cards.banner(live.fit),
            html.Div([cards.recipe_card(live), evidence.card(live)], className="cl-made"),
            form.card(live),
            solutions.card(),
            methods.card(live),
            unusual.card(live),
            html.Div([centres.sizes_card(live.fit), silhouettes.card(live.fit)], className="cl-pair"),
            centres.centres_card(live.fit),
            html.Div([views.cloud_card(live), views.map_card(live)], className="cl-pair"),
            path.card(),
            tree.card(live.fit),
        ],
        className="clustering",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks in screen order."""
    evidence.register(app, studies)
    form.register(app, studies)
    solutions.register(app, studies)
    methods.register(app, studies)
    unusual.register(app, studies)
    silhouettes.register(app, studies)
    centres.register(app, studies)
    views.register(app, studies)
    path.register(app, studies)
    tree.register(app, studies)


PAGE = Page("clustering", "Clustering", layout)
