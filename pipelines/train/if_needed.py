"""train --if-needed: look for drift first, and train only where it asks for a training."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from data.config import Settings
from data.workspace import Workspace
from models.versions import Registry
from pipelines.monitor import monitor
from pipelines.train.result import TrainResult
from pipelines.train.train import train


def train_if_needed(settings: Settings, workspace: Workspace, *, as_of: pd.Timestamp | None = None) -> TrainResult:
    """Train where there is no champion yet, or where the champion's data have drifted; else return its result.

    What the comparison found stands on the page of `leadscore monitor`. Raises what `train` and `monitor` raise.
    """
    registry = Registry(workspace)
    champion = next((version for version in registry.trained() if version.number == registry.champion_version), None)
    if champion is None:
        return train(settings, workspace, as_of=as_of)
    compared = monitor(workspace, tables=settings.tables, as_of=as_of)
    if compared.report.why:
        return train(settings, workspace, as_of=as_of)
    why = f"no training is needed: {compared.report.verdict.rstrip('.')}"
    return replace(TrainResult.from_json(registry.training_of(champion)), promoted=False, trained=False, why=why)
