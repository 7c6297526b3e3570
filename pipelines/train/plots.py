"""The plots of a training, drawn and logged."""

from __future__ import annotations

import tempfile
from pathlib import Path

from models.evaluation import plots
from models.scoring import Scorer
from models.training import Learned
from models.training_table import TrainingTable
from models.versions import TrainingRun
from pipelines.train.measurements import sample_of


def log_plots(run: TrainingRun, scorer: Scorer, learned: Learned, table: TrainingTable) -> None:
    """Draw how good a version is and what moves its scores; nothing of the first where there are no newer leads."""
    won = table.won[learned.splits.test]
    sample = sample_of(scorer, learned)
    contributions = scorer.contributions(sample)
    drawn = {name: probability for name, probability in learned.tested.items() if name != "base rate"}
    measured = {"calibration": plots.calibration_plot, "gains": plots.gains_plot} if len(won) else {}
    figures = {name: draw(drawn, won) for name, draw in measured.items()} | {
        "contributions": plots.contributions_plot(contributions, sample),
        "concepts": plots.concepts_plot(scorer.narrator.merged(contributions), scorer.narrator.concepts),
        "dependence": plots.dependence_plot(contributions, scorer.narrator.shown(sample)),
    }
    with tempfile.TemporaryDirectory() as folder:
        plots.save(figures, Path(folder))
        run.log_plots(Path(folder))
