"""How the segments were made, in words."""

from segscope.preparation import CategoryPreparation, FeaturePreparation, Preparation
from segscope.recipe import DerivedColumn, Recipe
from segscope.wording import counted, listed


def methodology(recipe: Recipe, preparation: Preparation, segments: int, sampled: bool = False) -> str:
    """How the segments were made, in a few sentences written from the recipe and what it came to.

    Parameters
    ----------
    segments : how many the method found
    sampled : whether a sample stood for the customers in Ward's tree
    """
    numbers = [s for s in preparation if isinstance(s, FeaturePreparation)]
    categories = [s for s in preparation if isinstance(s, CategoryPreparation)]
    features = listed([_label(recipe, f) for f in recipe.features])
    how = f", {_by_method(recipe, segments, sampled)}" if segments > 1 else ""
    told = [
        f"Customers were {'grouped' if segments > 1 else 'compared'} by {features}{_scales(numbers, categories)}{how}"
    ]
    told += [] if segments > 1 else ["Everybody is in one segment"]
    told += _prepared(recipe, numbers, categories)
    if recipe.set_aside:
        told.append("Customers with a far-out value made no segments; each was assigned to one afterwards")
    return " ".join(f"{sentence}." for sentence in told)


def _scales(numbers: list[FeaturePreparation], categories: list[CategoryPreparation]) -> str:
    if not categories:
        return ", each standardised" if len(numbers) > 1 else ", standardised"
    indicators = "categories as indicators of their levels that together weigh as much as one number"
    return f", {'numbers standardised, ' if numbers else ''}{indicators}"


def _prepared(recipe: Recipe, numbers: list[FeaturePreparation], categories: list[CategoryPreparation]) -> list[str]:
    """What else was done to the features before."""
    logs = [_label(recipe, s.feature) for s in numbers if s.log]
    bounded, blanks = sum(s.bounded for s in numbers), sum(s.blanks for s in numbers)
    heavier = [f"{_label(recipe, w.feature)} {w.weight:g}" for w in recipe.weights if w.weight != 1]
    blanks += sum(s.blanks for s in categories)
    told = [f"Of {listed(logs)} the logarithm was taken first"] if logs else []
    told += [f"{counted(bounded, 'far-out value')} counted as the bound"] if bounded else []
    told += [f"{counted(blanks, 'blank')} {'was' if blanks == 1 else 'were'} filled"] if blanks else []
    return [*told, *([f"Weights: {listed(heavier)}, the others 1"] if heavier else [])]


def _by_method(recipe: Recipe, segments: int, sampled: bool) -> str:
    many = counted(segments, "segment")
    if recipe.method == "ward":
        tree = f"of a sample drawn with seed {recipe.seed}" if sampled else "of all that make segments"
        return (
            f"with Ward's hierarchical clustering into {many}: the tree {tree} was cut, "
            "and each customer joined the nearest group's centre"
        )
    if recipe.method == "mixture":
        return (
            f"with a Gaussian mixture (full covariances) into {many}: each has a shape of its own, "
            f"and each customer joined the likeliest; starting points drawn with seed {recipe.seed}"
        )
    return f"with k-means into {many}; starting points drawn with seed {recipe.seed}, then refined on every customer"


def _label(recipe: Recipe, feature: str) -> str:
    column = recipe.column(feature)
    label = column.label if isinstance(column, DerivedColumn) else getattr(column, "label", "")
    return str(label).lower()
