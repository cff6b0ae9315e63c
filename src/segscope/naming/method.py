"""How the segments were made, in words."""

from segscope.recipe import DerivedColumn, Recipe
from segscope.wording import counted, listed

METHODS = {
    "kmeans": "k-means",
    "mixture": "a Gaussian mixture (full covariances)",
    "ward": "Ward's hierarchical clustering (of a sample; each customer then joins the nearest group's centre)",
}


def methodology(recipe: Recipe, segments: int) -> str:
    """How the segments were made, in a sentence or two written from the recipe."""
    labels = [_label(recipe.column(f)) for f in recipe.features]
    scale = "standardised" if recipe.transform == "none" else "put on one scale, far-out values bounded"
    parts = [f"Customers were grouped by {listed(labels)}, each {scale}"]
    if recipe.category_features:
        parts[0] = f"Customers were grouped by {listed(labels)}, numbers each {scale}"
        parts.append("categories as indicators of their levels that together weigh as much as one number")
    heavier = [w for w in recipe.weights if w.weight != 1]
    if heavier:
        named = [f"{_label(recipe.column(w.feature))} {w.weight:g}" for w in heavier]
        parts.append(f"weighted ({listed(named)}, the others 1)")
    aside = " Customers with a value beyond its far-out fence made no segments, but belong to one." * recipe.set_aside
    after = {
        "kmeans": f"starting points drawn with seed {recipe.seed}, then refined on every customer",
        "mixture": f"starting points drawn with seed {recipe.seed}; each segment has a shape of its own",
        "ward": f"the sample drawn with seed {recipe.seed}",
    }[recipe.method]
    return f"{', '.join(parts)}, with {METHODS[recipe.method]} into {counted(segments, 'segment')}; {after}.{aside}"


def _label(column: object) -> str:
    label = column.label if isinstance(column, DerivedColumn) else getattr(column, "label", "")
    return str(label).lower()
