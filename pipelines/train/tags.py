"""What MLflow shows of a training: the tags of its version, and the parameters and metrics of its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from data.config import Settings
from features import fingerprint
from models.blend import RULES, affine, member_names
from models.metrics import Metrics
from models.training import Effort, Learned
from models.versions import LearnedData, git_commit
from pipelines.train.result import TrainResult
from pipelines.training_data import TrainingData

LONGEST_TAG, LONGEST_PARAM = 5000, 500
"""Characters that MLflow keeps of a tag, and that a reader takes of a parameter."""


def version_tags(read: TrainingData, learned: Learned) -> dict[str, str]:
    """Return tags that say from which data, code and choices a version comes."""
    return {
        "feature_fingerprint": fingerprint(read.table.schema),
        "data_fingerprint": read.fingerprint,
        "git_commit": git_commit(),
        "horizon": str(read.table.horizon) if read.table.timed else "none",
        "rung": learned.rung,
        "chosen": learned.chosen,
        "rules": learned.rules_kind,
        "choices": "; ".join(learned.choices)[:LONGEST_TAG],
    }


def run_name(read: TrainingData) -> str:
    """Return what people know a training by: the end of its data, and how many leads it learned from."""
    return f"train {read.data_end:%Y-%m-%d} · {read.table.rows['lead_id'].nunique():,} leads"


def data_of(read: TrainingData) -> LearnedData:
    """Return what a training learned from, as MLflow shows it."""
    rows = read.table.rows
    counts = {"leads": rows["lead_id"].nunique(), "snapshots": len(rows), "won": int(rows["won"].sum())}
    return LearnedData(read.settings.places, read.fingerprint, counts)


def business_params(read: TrainingData) -> dict[str, Any]:
    """Return what a reader asks first: how far ahead, of how many leads, from when to when."""
    table, created = read.table, read.table.rows["as_of"]
    first = f"{created.min():%Y-%m-%d}" if table.timed else "none"
    return {
        "horizon_days": table.horizon if table.timed else "none",
        "leads": table.rows["lead_id"].nunique(),
        "snapshots": len(table),
        "data_from": first,
        "data_end": f"{read.data_end:%Y-%m-%d}",
        "configuration": read.settings.places[:LONGEST_PARAM],
        "git_commit": git_commit(),
    }


def params_of(settings: Settings, learned: Learned) -> dict[str, Any]:
    """Return the settings and the hyper-parameters of the members that are served."""
    wanted = {"seed": settings.seed, "drop": ", ".join(settings.drop), "keep": ", ".join(settings.keep)}
    recipe, made = (
        learned.recipe,
        {"layout": learned.splits.layout, "trials": Effort.of(settings.effort, settings.trials).trials},
    )
    if learned.chosen == RULES:
        return {**wanted, **made}
    for member in recipe.members:
        made |= {f"{member}_{name}": value for name, value in recipe.settings.get(member, {}).items()}
    without = ", ".join(recipe.without)
    return {**wanted, **made, "without": without, "half_life": recipe.half_life, "trust": recipe.trust}


def logged_metrics(result: TrainResult, learned: Learned) -> dict[str, float]:
    """Return the metrics of all scorers, the members' weights, and the candidates' losses ahead of the origins."""
    _, weights = affine(learned.model)
    blended = dict(zip(member_names(learned.model), weights.tolist(), strict=True))
    ahead = learned.search.losses if learned.search else {}
    return {
        **_flat_metrics(result.metrics),
        **{f"weight_{name}": weight for name, weight in blended.items()},
        **{f"log_loss_ahead_{name.replace(' + ', '_and_')}": loss for name, loss in ahead.items()},
    }


def _flat_metrics(metrics: Mapping[str, Metrics]) -> dict[str, float]:
    """Name each number as MLflow likes it: ``model_auc``, ``model_auc_low``, ``model_auc_high``, …"""
    flat: dict[str, float] = {}
    for scorer, measured in metrics.items():
        for name, value in measured.as_dict().items():
            numbers = {"_low": value[0], "_high": value[1]} if name.endswith("_ci") else {"": value}
            stem = f"{scorer}_{name.removesuffix('_ci')}".replace(" ", "_")
            flat |= {stem + ending: number for ending, number in numbers.items() if np.isfinite(number)}
    return flat
