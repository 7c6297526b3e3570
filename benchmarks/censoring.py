"""What harm does it do to take open leads for lost ones, and how much of it is left by other ways?

    python -m benchmarks.censoring [--leads 300000] [--at 2025-01-01] [--seeds 1] [--plot docs/censoring.svg]

A funnel is simulated and learned from as it was known at a moment, by the same trees in four ways: as if all leads had
been followed to the end of their windows (which nobody can do); without the snapshots whose window is not over, closed
or not; with those that closed early, all weighted as the product does; and with open leads taken for lost. Each is
asked for snapshots of other leads up to the same moment, whose true chances are known. What is printed is the log-loss
in excess of that of the truth, and the mean probability beside the true one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.schema import Schema

HORIZON = 90
OTHERS = 60_000
"""Leads that are asked for: some 120,000 snapshots by the moment of the default."""
Floats = npt.NDArray[np.float64]
Tell = Callable[[pd.DataFrame], Floats]


class World(NamedTuple):
    """Snapshots up to a moment: their features, what became of them with their true chances, and the schema."""

    features: pd.DataFrame
    rows: pd.DataFrame
    schema: Schema


class Treatment(NamedTuple):
    """A way to treat snapshots whose window is not over: which are learned from, with what label and weight."""

    name: str
    rows: npt.NDArray[np.bool_]
    label: Floats
    weight: Floats


def world_at(leads: int, seed: int, at: pd.Timestamp, folder: Path) -> World:
    """Simulate leads; return their snapshots up to a moment, with the days to their closing and to that moment."""
    from data.config import load_settings
    from data.dataset import open_dataset
    from data.simulator import simulate
    from features import Batch, build, snapshots_between

    settings = load_settings(simulate(leads, folder / f"crm {seed}", seed=seed).config)
    features, leads_of = [], []
    with open_dataset(settings, workspace=folder / "workspace") as dataset:
        for chunk in dataset.chunks():
            snapshots = snapshots_between(chunk.leads, pd.Timestamp("2000-01-01"), at)
            features.append(build(Batch(dataset.schema, *chunk, snapshots=snapshots)))
            known = chunk.leads.iloc[snapshots["row"]].reset_index(drop=True)
            leads_of.append(known[["lead_id", "created_at", "closed_at", "won"]].assign(as_of=snapshots["as_of"]))
        schema = dataset.schema
    rows = pd.concat(leads_of, ignore_index=True)
    truth = pd.read_parquet(settings.truth)
    truth["as_of"] = truth["as_of"].dt.tz_localize(None).astype("datetime64[us]")
    rows = rows.merge(truth, on=["lead_id", "as_of"], how="left")
    has_truth = rows["probability"].notna()
    rows, known = rows[has_truth].reset_index(drop=True), pd.concat(features)[has_truth.to_numpy()]
    rows["closes_in"] = ((rows["closed_at"] - rows["as_of"]) / pd.Timedelta(days=1)).fillna(np.inf)
    rows["watched"] = (at - rows["as_of"]) / pd.Timedelta(days=1)
    rows["age"] = ((rows["as_of"] - rows["created_at"]) / pd.Timedelta(days=1)).round()
    return World(known.reset_index(drop=True), rows, schema)


def treatments(world: World) -> Iterator[Treatment]:
    """Yield the ways, the one that nobody can go first and the worst one last."""
    from models.training import LEAST, chance_to_be_known

    rows, ones = world.rows, np.ones(len(world.rows))
    closes_in, watched = rows["closes_in"].to_numpy(), rows["watched"].to_numpy()
    won = rows["won"].fillna(False).to_numpy(bool)
    in_time, over = (won & (closes_in <= HORIZON)).astype(float), watched >= HORIZON
    known = np.minimum(closes_in, HORIZON) <= watched
    yield Treatment("followed to the end", ones > 0, in_time, ones)
    yield Treatment("left out", over, in_time, ones)
    yield Treatment("weighted", known, in_time, 1 / np.maximum(chance_to_be_known(rows, HORIZON), LEAST))
    yield Treatment("open taken for lost", ones > 0, in_time * (closes_in <= watched), ones)


def learned(world: World, treatment: Treatment) -> Tell:
    """Fit trees on the snapshots that a treatment takes."""
    from lightgbm import LGBMRegressor

    from features import catalogue

    features = list(catalogue(world.schema))
    levels = {feature.name: world.features[feature.name].astype("category").cat.categories for feature in features}

    def encoded(table: pd.DataFrame) -> pd.DataFrame:
        columns = {
            feature.name: pd.Categorical(table[feature.name], levels[feature.name])
            if feature.categorical
            else table[feature.name].to_numpy()
            for feature in features
        }
        return pd.DataFrame(columns).rename(columns=lambda name: str(list(levels).index(name)))

    settings = {"num_leaves": 15, "max_depth": 4, "learning_rate": 0.05, "min_child_samples": 20, "reg_lambda": 5.0}
    trees = LGBMRegressor(objective="cross_entropy", n_estimators=150, colsample_bytree=0.5, verbose=-1, **settings)
    rows = treatment.rows
    trees.fit(encoded(world.features[rows]), treatment.label[rows], sample_weight=treatment.weight[rows])
    return lambda table: np.clip(np.asarray(trees.predict(encoded(table))), 1e-9, 1 - 1e-9)


def excess(probability: Floats, truth: Floats) -> float:
    """Return the expected log-loss of probabilities in excess of that of the truth."""
    losses = truth * np.log(truth / probability) + (1 - truth) * np.log((1 - truth) / (1 - probability))
    return float(np.nan_to_num(losses).mean())


def draw(probabilities: dict[str, Floats], truth: Floats, path: Path) -> None:
    """Draw, for deciles of the snapshots by probability, its mean beside the true one."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4.5))
    axes.axline((0, 0), slope=1, color="grey", linewidth=0.8)
    for name, marker in (("followed to the end", "o"), ("left out", "s"), ("open taken for lost", "v")):
        decile = pd.qcut(probabilities[name], 10, labels=False, duplicates="drop")
        means = pd.DataFrame({"probability": probabilities[name], "truth": truth}).groupby(decile).mean()
        axes.plot(means["probability"], means["truth"], marker=marker, label=name)
    axes.set(xlabel="predicted chance", ylabel="true chance", xscale="log", yscale="log")
    axes.set_title("Leads whose window is not over: what they are taken for")
    axes.legend(frameon=False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def compare(leads: int, at: pd.Timestamp, seed: int, plot: Path | None) -> dict[str, float]:
    """Print what each treatment predicts at a moment; return its excess."""
    with tempfile.TemporaryDirectory() as folder:
        world, others = world_at(leads, seed, at, Path(folder)), world_at(OTHERS, 1000 + seed, at, Path(folder))
    truth = others.rows["probability"].to_numpy()
    print(f"{len(world.rows):,} snapshots up to {at:%Y-%m-%d}; asked for {len(truth):,}")
    predicted, excesses = {}, {}
    for treatment in treatments(world):
        name = treatment.name
        predicted[name] = learned(world, treatment)(others.features)
        excesses[name] = excess(predicted[name], truth)
        said = f"predicted {predicted[name].mean():.2%}, true {truth.mean():.2%}"
        print(f"  {name:22} {treatment.rows.sum():9,} snapshots, {said}: {excesses[name]:.5f}", flush=True)
    if plot:
        draw(predicted, truth, plot)
    return excesses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=300_000)
    parser.add_argument("--at", type=pd.Timestamp, default=pd.Timestamp("2025-01-01"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    excesses = [compare(args.leads, args.at, seed, None if seed else args.plot) for seed in range(args.seeds)]
    means = pd.DataFrame(excesses).mean()
    harm = means - means["followed to the end"]
    for name in ("left out", "weighted"):
        left = harm[name] / harm["open taken for lost"]
        print(f"  {name:22} leaves {left:.0%} of the harm of taking open leads for lost")


if __name__ == "__main__":
    main()
