"""A scoring run of all that it does, beside what a data scientist would write by hand for the scores alone.

    python -m benchmarks.scoring --leads 1000000

A model is trained on 10,000 simulated leads, and the open ones of so many others are scored from Parquet. `score`
reads, checks, scores, explains, stores and writes Parquet with sentences; then once more with nothing changed. The peer
makes the same counts, recencies and attributes by SQL in DuckDB, asks the booster and writes Parquet: no checks, no
reasons, no store, no blend, and nothing that is read from titles, names and mail. CPU seconds are those of a process
with all that it starts, imports included. What else runs on the machine adds to both, so the ratio says most.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

AS_OF = "TIMESTAMP '2026-01-01'"
TRAINED_ON = 10_000


class Used(NamedTuple):
    """What a process used: CPU and wall-clock seconds, and its peak memory in MiB."""

    cpu: float
    wall: float
    peak: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--leads", type=int, default=100_000)
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as folder:
        run(leads, Path(folder))


def run(leads: int, folder: Path) -> None:
    """Print what the product and the peer use."""
    workspace, data = folder / "workspace", folder / "data"
    for step in ((train_model, folder / "training", workspace), (simulate_leads, leads, data)):
        used(*step)
    print(f"{leads:,} leads; seconds of CPU and of the clock, and peak MiB")
    peer = _line("peer: SQL and booster", used(peer_scores, data, workspace, folder / "peer.parquet"))
    full = _line("score", used(score_all, data, workspace, folder / "scores.parquet"))
    again = _line("score, nothing changed", used(score_all, data, workspace, folder / "again.parquet"))
    print(f"score is {full.cpu / peer.cpu:.1f} times the peer; again {again.cpu / full.cpu:.0%} of the full run")


def _line(name: str, measured: Used) -> Used:
    print(f"{name:<26}{measured.cpu:>8.1f}{measured.wall:>8.1f}{measured.peak:>8.0f}", flush=True)
    return measured


def used(call: Any, *arguments: Any) -> Used:
    """Run a call in a fresh process and return what that used."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(sender, call, arguments))
    process.start()
    sender.close()  # else nobody would know of a process that ended without a word
    measured = receiver.recv()
    process.join()
    return measured


def _measured(sender: Any, call: Any, arguments: tuple[Any, ...]) -> None:
    began = time.perf_counter()
    call(*arguments)
    wall = time.perf_counter() - began
    own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, children))
    sender.send(Used(cpu, wall, own.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)))


def train_model(data: Path, workspace: Path) -> None:
    from data.config import load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from pipelines.train import train

    train(load_settings(simulate(TRAINED_ON, data, seed=1).config), Workspace.at(workspace))


def simulate_leads(leads: int, data: Path) -> None:
    from data.simulator import simulate

    simulate(leads, data)


def score_all(data: Path, workspace: Path, out: Path) -> None:
    from data.config import load_settings
    from data.workspace import Workspace
    from pipelines.score import score

    score(Workspace.at(workspace), settings=load_settings(data), out=out)


def peer_scores(data: Path, workspace: Path, out: Path) -> None:
    """Score open leads by the champion's booster on the features that SQL makes."""
    import duckdb
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from data.workspace import Workspace
    from models.versions import Registry

    scorer = Registry(Workspace.at(workspace)).champion().scorer
    trees: Any = dict(scorer.model.estimators)["boosting"]
    cells = {feature.name: cell for feature in scorer.catalogue if (cell := _cell(feature.source))}
    relation: Any = duckdb.sql(_query(data, cells))
    rows = relation.to_arrow_table()
    encoder = trees.named_steps["encode"]
    (_, levels, categories), (_, _, numbers) = encoder.transformers_[:2]
    matrix = np.full((rows.num_rows, len(categories) + len(numbers)), np.nan)
    for place, name in enumerate([*categories, *numbers]):
        if name in cells and place < len(categories):
            known = {level: code for code, level in enumerate(levels.categories_[place])}
            coded = rows[name].combine_chunks().dictionary_encode()
            codes = np.array([*(known.get(text, len(known)) for text in coded.dictionary.to_pylist()), len(known) - 1])
            matrix[:, place] = codes[coded.indices.fill_null(len(codes) - 1).to_numpy()]
        elif name in cells:
            matrix[:, place] = rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    probability = trees.named_steps["trees"].booster_.predict(matrix)
    pq.write_table(pa.table({"lead_id": rows["lead_id"], "probability": probability}), out)


def _query(data: Path, cells: dict[str, str]) -> str:
    named = ", ".join(f'{cell} AS "{name}"' for name, cell in cells.items())
    return f"""
        WITH open AS (SELECT *, date_diff('second', created_at::TIMESTAMP, {AS_OF}) / 86400 AS age
            FROM '{data}/leads.parquet' WHERE lead_id NOT IN (SELECT lead_id FROM '{data}/outcomes.parquet')
            AND created_at::TIMESTAMP <= {AS_OF} QUALIFY row_number() OVER (PARTITION BY lead_id) = 1),
        happened AS (SELECT lead_id, type AS kind, asset AS item, value AS worth, occurred_at::DATE AS day,
            date_diff('second', occurred_at::TIMESTAMP, {AS_OF}) / 86400 AS days
            FROM '{data}/events.parquet' WHERE occurred_at::TIMESTAMP <= {AS_OF}
            UNION ALL SELECT lead_id, 'stage: ' || stage, NULL, NULL, NULL,
            date_diff('second', entered_at::TIMESTAMP, {AS_OF}) / 86400 FROM '{data}/stages.parquet'
            WHERE entered_at::TIMESTAMP <= {AS_OF})
        SELECT l.lead_id, {named} FROM open l LEFT JOIN happened e USING (lead_id) GROUP BY l.lead_id"""


def _cell(source: Any) -> str:
    """Return SQL for a feature of a lead; nothing for what is read from titles, names and mail."""
    kind = type(source).__name__
    event, _, asset = getattr(source, "channel", "").partition(": ") if getattr(source, "channel", "") else ("", "", "")
    if event == "stage":
        event, asset = f"stage: {asset}", ""
    conditions = [f"kind = '{event}'"] if event else ["day IS NOT NULL"]
    conditions += [f"item = '{asset}'"] if asset else []
    conditions += [f"days < {source.days}"] if getattr(source, "days", None) else []
    which = " AND ".join(conditions)
    return {
        "EventCount": f"count(*) FILTER ({which})",
        "EventSum": f"coalesce(sum(worth) FILTER ({which}), 0)",
        "Recency": _edge(f"min(days) FILTER ({which})"),
        "ActiveDays": f"count(DISTINCT day) FILTER ({which})",
        "Trend": "2 * count(day) FILTER (days < 30) - count(day) FILTER (days < 60)",
        "Age": _edge("any_value(age)"),
        "Given": f'any_value("{getattr(source, "attribute", "")}")',
        "HasToken": f"any_value(contains(lower({getattr(source, 'attribute', '')}), '{getattr(source, 'token', '')}'))",
    }.get(kind, "")


def _edge(days: str) -> str:
    from data.vocabulary import AGE_EDGES

    whens = " ".join(f"WHEN {days} >= {edge} THEN {edge}" for edge in (*reversed(AGE_EDGES), 0))
    return f"CASE {whens} END"


if __name__ == "__main__":
    main()
