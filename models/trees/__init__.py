"""Exact path-dependent Shapley values of boosted trees.

The trees of a LightGBM model are read from its own text, and each lead's log-odds are shared among its features.
"""

from models.trees.shapley import tree_shap

__all__ = ["tree_shap"]
