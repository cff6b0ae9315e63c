"""How were the segments made, how many should there be, are they real, and where do the customers sit?"""

from dash import Dash, html

from segscope.study import LiveStudy
from segscope.web import rerun
from segscope.web.clustering import cards, evidence, views
from segscope.web.shell import Page
from segscope.web.studies import Studies


def layout(live: LiveStudy) -> html.Div:
    """The page: verdict, recipe and evidence, another run, segments and centres, two views of the customers."""
    return html.Div(
        [
            cards.banner(live.fit),
            html.Div([cards.recipe_card(live), evidence.card(live.fit)], className="cl-made"),
            rerun.form(live),
            html.Div([cards.sizes_card(live.fit), cards.centres_card(live.fit)], className="cl-pair"),
            html.Div([views.cloud_card(live), views.map_card()], className="cl-pair"),
        ],
        className="clustering",
    )


def register(app: Dash, studies: Studies) -> None:
    """Callbacks in screen order."""
    evidence.register(app, studies)
    views.register(app, studies)


PAGE = Page("clustering", "Clustering", layout)
