"""What exact reasons cost, beside the bare prediction and beside other ways to the same values, in one run.

    python -m benchmarks.explain [--leads 100000] [--rounds 5]
    python -m benchmarks.explain --leads 1000000 --whole

The first times the values of as many moments of simulated leads, by the trees that the product fits (300 of depth 4):
medians of rounds in which all ways take turns, as ratios to `booster.predict` with the same threads, and the largest
difference from `pred_contrib`. "As without us" are LightGBM's defaults with shap. woodelf-explainer is measured where
it and treelite are installed, on like trees that take levels for numbers, since it knows no levels. Then one lead in a
warm process, from its features to its reasons in words, is timed beside `predict_proba`.

The second times a scoring run with values, reasons and Parquet, and its peak memory, for a fifth of the leads and for
all of them.

One table a leaf had taken 1.9 s where the prediction took 0.6 s, and sharing tables was expected to halve that. It came
to about half of the prediction: patterns are put together for many rows at once, while LightGBM walks down each
tree row by row. What weighed then was cutting to bytes, which halving without branches made three times as fast.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import measure

TRAINED_ON = 20_000
"""Leads that the model of a scoring run is trained on; how many those are changes nothing about the scoring."""

Call = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="a scoring run instead of the values alone")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if args.whole:
            whole(args.leads, Path(name))
        else:
            values(args.leads, args.rounds, Path(name))
            one_lead(args.rounds, Path(name))


def values(leads: int, rounds: int, folder: Path) -> None:
    """Print the seconds of each way to the values, and their ratio to the prediction."""
    from lightgbm import LGBMClassifier

    from models.trees import tree_shap

    fitted, rows, won = _fitted(leads, folder)
    booster, by_default = fitted.booster_, LGBMClassifier(verbose=-1).fit(rows, won)
    began = time.perf_counter()
    base, values_by_tables = tree_shap(booster, rows)
    print(f"{len(rows):,} rows of {rows.shape[1]} features, {booster.num_trees()} trees of depth 4")
    print(f"tables made, code compiled or loaded, and a first call: {time.perf_counter() - began:.2f} s")
    ways = {
        "booster.predict": lambda: booster.predict(rows),
        "ours": lambda: tree_shap(booster, rows),
        "pred_contrib": lambda: booster.predict(rows, pred_contrib=True),
        "shap.TreeExplainer": lambda: _shap(booster, rows),
        "as without us": lambda: _shap(by_default, rows),
        **_woodelf(fitted, rows, won),
    }
    difference = np.abs(np.column_stack([values_by_tables, np.full(len(rows), base)]) - ways["pred_contrib"]()).max()
    seconds = _medians(ways, rounds)
    for way, median in seconds.items():
        print(f"  {way:<20}{median:>8.2f} s{median / seconds['booster.predict']:>8.2f}×", flush=True)
    print(f"largest difference from pred_contrib: {difference:.1e}", flush=True)


def _fitted(leads: int, folder: Path) -> tuple[Any, Any, Any]:
    """Return the product's trees, and the matrix and the outcomes that they were fitted on."""
    from data.config import load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from models.blend import BOOSTING
    from models.members import MEMBERS, default_recipe
    from models.training_table import sample_leads
    from pipelines.training_data import read_training_data

    settings = load_settings(simulate(leads, folder / "leads").config)
    table = sample_leads(read_training_data(settings, Workspace.at(folder / "features")).table, leads, 0)
    member = MEMBERS[BOOSTING].fit(table, default_recipe(), seed=0)
    rows = np.ascontiguousarray(member["encode"].transform(table.features), dtype=float)
    return member["trees"], rows, table.won


def _shap(model: Any, rows: Any) -> Any:
    import shap

    return shap.TreeExplainer(model).shap_values(rows)


def _woodelf(fitted: Any, rows: Any, won: Any) -> Mapping[str, Call]:
    """Return woodelf's way by its name; nothing, with a message, where it is missing."""
    if not (find_spec("woodelf") and find_spec("treelite")):
        print("woodelf-explainer and treelite are not installed: left out")
        return {}
    import pandas as pd
    from sklearn import clone
    from woodelf import WoodelfExplainer

    frame, of_numbers = pd.DataFrame(rows), clone(fitted).fit(rows, won)

    def call() -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            return WoodelfExplainer(of_numbers).shap_values(frame)

    return {"woodelf": call}


def _medians(ways: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way; they take turns, so that all meet the machine in the same state."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, call in ways.items():
            began = time.perf_counter()
            call()
            seconds[way].append(time.perf_counter() - began)
    return {way: statistics.median(each) for way, each in seconds.items()}


def one_lead(rounds: int, folder: Path) -> None:
    """Print what one lead takes in a warm process, beside the prediction for its row."""
    from data.config import load_settings
    from data.dataset import open_dataset
    from features import Batch, scoring_time
    from models.scoring import score_chunk
    from models.versions import Registry

    data, workspace = _trained(TRAINED_ON, folder)
    scorer = Registry(workspace).champion().scorer
    with open_dataset(load_settings(data), workspace=workspace.root, schema=scorer.schema) as dataset:
        chunk = next(iter(dataset.chunks(1)))
        as_of = dataset.end
        batch = Batch.at(chunk, scorer.schema, scoring_time(chunk.leads, as_of))
    design = scorer.features(batch)
    ways = {
        "predict_proba": lambda: scorer.model.predict_proba(design),
        "values": lambda: scorer.contributions(design),
        "score and reasons": lambda: score_chunk(chunk, scorer, as_of),
        "features": lambda: scorer.features(batch),
    }
    _medians(ways, 2)
    seconds = _medians(ways, 20 * rounds)
    print(f"one lead, {' + '.join(dict(scorer.model.estimators))}")
    for way, median in seconds.items():
        print(f"  {way:<20}{1000 * median:>6.1f} ms{median / seconds['predict_proba']:>8.2f}×", flush=True)


def whole(leads: int, folder: Path) -> None:
    """Print the seconds and the peak memory of scoring runs of a fifth of the leads and of all."""
    from data.simulator import simulate

    _, workspace = _trained(TRAINED_ON, folder)
    for count in (leads // 5, leads):
        data = folder / f"{count} leads"
        measure(partial(partial, simulate), count, data)  # in a process of its own, and so is what it leaves in memory
        run = measure(_scoring, workspace.root, data)
        print(f"{run.result:,} leads: {run.seconds:.0f} s, peak {run.peak:,.0f} MiB", flush=True)


def _trained(leads: int, folder: Path) -> tuple[Path, Any]:
    from data.config import load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from pipelines.train import train

    funnel, workspace = simulate(leads, folder / "trained on"), Workspace.at(folder / "workspace")
    train(load_settings(funnel.config).model_copy(update={"trials": 0}), workspace)
    return funnel.config, workspace


def _scoring(root: Path, data: Path) -> Call:
    from data.workspace import Workspace
    from pipelines.score import LeadFiles, score

    return lambda: score(Workspace.at(root), leads=LeadFiles(data), out=root / "scores.parquet").scored


if __name__ == "__main__":
    main()
