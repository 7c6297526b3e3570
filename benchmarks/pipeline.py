"""How long the main job takes, and how much memory: each step beside a named reference in the same run.

    python -m benchmarks.pipeline --leads 100000

- simulate   beside pyarrow writing the same tables
- features   beside the same aggregation in plain pandas: counts per type and window, recency, active days
- train      beside a bare `LGBMClassifier.fit` with the same settings on the ready matrix
- score      without reasons, beside a bare `booster.predict` on the ready matrix; and with reasons
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measure import Measured, measure

Call = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--leads", type=int, default=100_000)
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as folder:
        run(leads, Path(folder))


def run(leads: int, folder: Path) -> None:
    """Measure each step and its reference, and print a line for each pair."""
    data, workspace = folder / "data", folder / "workspace"
    print(f"{leads:,} leads; seconds and peak MiB, each step in a process of its own")
    print(f"{'step':<28}{'ours':>14}{'reference':>18}{'ours/reference':>17}  reference")
    _line("simulate", measure(simulate_tables, leads, data), measure(write_tables, data), "pyarrow writes the tables")
    measured, pandas = measure(event_features, data), measure(event_features_in_pandas, data)
    _line("event features", measured, pandas, "plain pandas, the same numbers")
    if measured.result != pandas.result:
        raise SystemExit(f"the event features differ: {measured.result} and {pandas.result}")
    _line("all features, from files", measure(all_features, data, folder), pandas, "plain pandas, event features only")
    _line("train", measure(train_model, data, workspace), measure(bare_fit, data, workspace), "bare LGBMClassifier.fit")
    _line("score, matrix ready", measure(probabilities_only, data, workspace), measure(bare_predict, data, workspace),
          "bare booster.predict")  # fmt: skip
    _line("score with reasons, files", measure(score_all, workspace), measure(bare_predict, data, workspace),
          "bare booster.predict")  # fmt: skip


def _line(step: str, measured: Measured, reference: Measured, named: str) -> None:
    times = f"{measured.seconds:>8.2f} {measured.peak:>5.0f}{reference.seconds:>12.2f} {reference.peak:>5.0f}"
    print(f"{step:<28}{times}{measured.seconds / reference.seconds:>16.2f}×  {named}", flush=True)


def simulate_tables(leads: int, data: Path) -> Call:
    from data.simulator import simulate

    return lambda: str(simulate(leads, data))


def write_tables(data: Path) -> Call:
    import pyarrow.parquet as pq

    tables = {file: pq.read_table(file) for file in data.glob("*.parquet")}
    return lambda: [pq.write_table(table, file.with_suffix(".copy")) for file, table in tables.items()] and None


def event_features(data: Path) -> tuple[Call, Callable[[pd.DataFrame], list[float]]]:
    """Counts, recency and active days by the event pass, from events in memory."""
    from data.chunk import no_changes
    from data.schema import EventType, Schema
    from features import Batch, build

    events, moments, types = _events_in_memory(data)
    schema = Schema(timed=True, event_types=tuple(EventType(name) for name in types))
    leads = pd.DataFrame({"position": range(int(moments["row"].max()) + 1), "created_at": pd.NaT})
    stages = pd.DataFrame({"position": [], "stage": [], "entered_at": pd.to_datetime([])})
    compiled = Batch(schema, leads.head(1), events.head(1), stages, no_changes(), moments.head(1))
    build(compiled)  # before it is timed

    def compute() -> pd.DataFrame:
        ordered = events.sort_values(["position", "occurred_at"])
        return build(Batch(schema, leads, ordered, stages, no_changes(), moments))

    return compute, lambda frame: _checksums(frame, types)


def event_features_in_pandas(data: Path) -> tuple[Call, Callable[[pd.DataFrame], list[float]]]:
    """The same numbers the plain way: join each moment with the lead's earlier events, then group."""
    from data.vocabulary import AGE_EDGES
    from features import WINDOWS

    starts = [0, *AGE_EDGES]
    events, moments, types = _events_in_memory(data)

    def compute() -> pd.DataFrame:
        at = moments.rename(columns={"row": "position"}).assign(moment=range(len(moments)))
        pairs = at.merge(events, on="position")
        pairs = pairs[pairs["occurred_at"] <= pairs["as_of"]]
        pairs = pairs.assign(age=(pairs["as_of"] - pairs["occurred_at"]) / pd.Timedelta(days=1))
        columns: dict[str, pd.Series] = {}
        for days in (*WINDOWS, None):
            within = pairs[pairs["age"] < days] if days else pairs
            counts = within.groupby(["moment", "type"]).size().unstack(fill_value=0)
            for name in types:
                columns[f"{name}_{days}d" if days else f"{name}_ever"] = counts.get(name, pd.Series(dtype=float))
            active = within.assign(day=within["occurred_at"].dt.floor("D")).groupby("moment")["day"].nunique()
            columns[f"active_days_{days}d" if days else "active_days"] = active
        newest = pairs.groupby(["moment", "type"])["age"].min().unstack()
        edges = pd.cut(newest.stack(), [*starts, float("inf")], right=False, labels=starts)
        recency = edges.astype(float).unstack()
        columns |= {f"{name}_last": recency[name] for name in types}
        return pd.DataFrame(columns).reindex(range(len(moments)))

    return compute, lambda frame: _checksums(frame, types)


def _events_in_memory(data: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return events with the position of their lead, the moments of all snapshots, and the types of event."""
    from features import timed_snapshots

    leads = pd.read_parquet(data / "leads.parquet", columns=["lead_id", "created_at"]).drop_duplicates("lead_id")
    outcomes = pd.read_parquet(data / "outcomes.parquet", columns=["lead_id", "closed_at", "won"])
    leads = leads.reset_index(drop=True).merge(outcomes, on="lead_id", how="left").astype({"won": "boolean"})
    for column in ("created_at", "closed_at"):
        leads[column] = leads[column].dt.tz_localize(None)
    events = pd.read_parquet(data / "events.parquet", columns=["lead_id", "occurred_at", "type"])
    events["position"] = events["lead_id"].map(pd.Series(leads.index, index=leads["lead_id"]))
    events["occurred_at"] = events["occurred_at"].dt.tz_localize(None)
    events = events.dropna(subset="position").astype({"position": "int64"}).drop(columns="lead_id")
    leads = leads.assign(lost_spells=None)
    moments = timed_snapshots(leads, pd.Timestamp("2026-01-01"), 90).matured
    return events.assign(asset=None, value=float("nan")), moments, sorted(events["type"].unique())


def _checksums(frame: pd.DataFrame, types: list[str]) -> list[float]:
    wanted = [name for name in frame if name.startswith((*types, "active_days"))]
    return [round(float(frame[sorted(wanted)].fillna(0).sum().sum()), 3), len(wanted)]


def all_features(data: Path, folder: Path) -> Call:
    """Read, check and type the files, and build every feature of every snapshot, in chunks."""
    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.training_data import read_training_data

    settings = load_settings(data)
    return lambda: len(read_training_data(settings, Workspace.at(folder / "features")).table.rows)


def train_model(data: Path, workspace: Path) -> Call:
    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.train import train

    settings, place = load_settings(data), Workspace.at(workspace)
    return lambda: train(settings, place).model_version


def bare_fit(data: Path, workspace: Path) -> Call:
    """One fit of as many trees on the same matrix, as a user would without us."""
    import numpy as np
    from lightgbm import LGBMClassifier

    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.training_data import read_training_data

    table = read_training_data(load_settings(data), Workspace.at(workspace)).table
    member = _trees(workspace)
    matrix = np.asarray(member["encode"].transform(table.features))
    settings = member["trees"].get_params() | {"n_jobs": None}
    return lambda: LGBMClassifier(**settings).fit(matrix, table.won) and None


def probabilities_only(data: Path, workspace: Path) -> Call:
    from models.blend import probabilities

    scorer, design = _scorer(workspace), _design(data, workspace)
    return lambda: float(probabilities(scorer.model, design).sum())


def bare_predict(data: Path, workspace: Path) -> Call:
    member = _trees(workspace)
    matrix, booster = member["encode"].transform(_design(data, workspace)), member["trees"].booster_
    return lambda: float(booster.predict(matrix).sum())


def score_all(workspace: Path) -> Call:
    from data.workspace import Workspace
    from pipelines.score import score

    return lambda: score(Workspace.at(workspace), out=workspace / "scores.parquet").scored


def _scorer(workspace: Path) -> Any:
    from data.workspace import Workspace
    from models.versions import Registry

    return Registry(Workspace.at(workspace)).champion().scorer


def _trees(workspace: Path) -> Any:
    """Return the boosted trees of the champion; the benchmark's funnel is large enough to have some."""
    return dict(_scorer(workspace).model.estimators)["boosting"]


def _design(data: Path, workspace: Path) -> pd.DataFrame:
    """One row per lead, as the scoring run sees it."""
    from data.config import load_settings
    from data.dataset import open_dataset
    from features import Batch, scoring_time

    scorer = _scorer(workspace)
    with open_dataset(load_settings(data), workspace=workspace, schema=scorer.schema) as dataset:
        batches = (Batch.at(chunk, scorer.schema, scoring_time(chunk.leads, dataset.end)) for chunk in dataset.chunks())
        return pd.concat([scorer.features(batch) for batch in batches], ignore_index=True)


if __name__ == "__main__":
    main()
