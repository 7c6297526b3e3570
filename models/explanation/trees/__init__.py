"""models.explanation.trees."""

from models.explanation.trees.tree_shap import tree_shap

__all__ = [
    "tree_shap",
]
