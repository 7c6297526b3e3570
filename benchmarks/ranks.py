"""Mean ranks of scorers over tasks: to the letter, and where only differences that matter count."""

from __future__ import annotations

import pandas as pd

ALLOWANCES = {"auc": 0.003, "log_loss": 0.01}
"""What counts as level: so much AUC, and such a share of the better log-loss."""


def ranks(figures: pd.DataFrame, metric: str, *, allowance: bool) -> pd.DataFrame:
    """Return the rank of each scorer on each task: one more than the number of scorers that are ahead of it.

    ``figures`` has a row for each task and a column for each scorer.

    >>> auc = pd.DataFrame({"a": [0.80, 0.7], "b": [0.802, 0.8]})
    >>> ranks(auc, "auc", allowance=True).to_numpy().tolist(), ranks(auc, "auc", allowance=False).to_numpy().tolist()
    ([[1, 1], [2, 1]], [[2, 1], [2, 1]])
    >>> ranks(pd.DataFrame({"a": [0.5], "b": [0.504], "c": [0.508]}), "log_loss", allowance=True).to_numpy().tolist()
    [[1, 1, 2]]
    """
    margin = ALLOWANCES[metric] if allowance else 0.0
    return pd.DataFrame({name: 1 + _ahead(figures, figures[name], metric, margin) for name in figures})


def _ahead(figures: pd.DataFrame, own: pd.Series, metric: str, margin: float) -> pd.Series:
    """Return how many scorers are ahead of one by more than the margin, task by task."""
    gain = figures.sub(own, axis="index") if metric == "auc" else figures.rdiv(own, axis="index") - 1
    return (gain.round(9) > margin).sum(axis="columns")
