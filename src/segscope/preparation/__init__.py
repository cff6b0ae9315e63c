"""Preparation: the fitted numbers that turn features into model space.

For each number: blanks take the median; a heavily skewed one is seen on a log scale, which ends at 0; values beyond
Tukey's far-out fences count as the fence; then the mean is taken off and the (population) standard deviation divides.
``transform = "none"`` fills and standardises, and does nothing else. A category becomes one coordinate a level, all of
which together weigh as much as one number; a blank lies in their middle.

Every sum is taken in fixed point, so the numbers are the same on every run, order of rows and engine. The same
arithmetic, in the same order, is an expression over a table and NumPy over one customer.
"""

from segscope.preparation.categories import CategoryPreparation, code_expression, level_expressions, text_of
from segscope.preparation.measures import (
    FeaturePreparation,
    beyond_fences,
    fences,
    filled_expression,
    standardised_expression,
)
from segscope.preparation.model import (
    Preparation,
    Step,
    coordinate,
    coordinates,
    fit_preparation,
    in_words,
    places,
    to_model,
    to_model_numpy,
    to_original,
)

__all__ = [
    "CategoryPreparation",
    "FeaturePreparation",
    "Preparation",
    "Step",
    "beyond_fences",
    "code_expression",
    "coordinate",
    "coordinates",
    "fences",
    "filled_expression",
    "fit_preparation",
    "in_words",
    "level_expressions",
    "places",
    "standardised_expression",
    "text_of",
    "to_model",
    "to_model_numpy",
    "to_original",
]
