"""The funnel of many leads: seconds and peak memory beside the same figures in plain pandas, in one run.

    python -m benchmarks.report [--leads 1000000]

Leads with their stage history and outcomes are simulated, without events, and written as Parquet. Both read these
files and count, for all leads and by source, campaign, asset, industry and owner: who came to each stage, rates with
their intervals and median times, and who went on within 30 days; cohorts, entries and who went on by month; by owner
how long MQLs waited. The report also checks every row, finds what is odd in the histories, compares what may be worse
than it should be, and weighs channels. Each runs in a process of its own, in turn, three times; the medians are shown.
Reading and counting are timed apart, for checking every row takes its time where pandas checks nothing. That both count
the same is checked.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import Measured, measure

COHORT = 50_000
TRIES = 3
WITHIN = 30
"""Days in which a lead goes on soon, as the report counts it."""
STAGES = ("lead", "mql", "sql", "qso", "customer")
BY = ("source", "campaign", "asset", "industry", "owner")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--leads", type=int, default=1_000_000)
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = measure(make, leads, folder).result
        print(f"{leads:,} leads with {entries:,} entries into stages")
        tries = [(measure(plain_pandas, folder), measure(the_report, folder)) for _ in range(TRIES)]
        for name, runs in zip(("plain pandas", "ours"), zip(*tries, strict=True), strict=True):
            reading, counting = (median(each) for each in zip(*map(_split, runs), strict=True))
            print(f"  {name:<14}{reading + counting:6.1f} s (reading {reading:.1f}, counting {counting:.1f}), ", end="")
            print(f"peak {max(run.peak for run in runs):,.0f} MiB", flush=True)
        whole = median(measured.seconds / reference.seconds for reference, measured in tries)
        counting = median(_split(measured)[1] / _split(reference)[1] for reference, measured in tries)
        print(f"  ours beside pandas: {whole:.2f}×, counting alone {counting:.2f}×", flush=True)
        ((_, by_pandas), (_, figures)) = (run.result for run in tries[0])
        assert figures == by_pandas, "both count the same"


def _split(run: Measured) -> tuple[float, float]:
    """Return the seconds of reading and those of counting."""
    reading, _ = run.result
    return reading, run.seconds - reading


def make(leads: int, folder: Path) -> Callable[[], int]:
    """Simulate leads and their ways through the stages; return the number of entries."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from data.simulator import Chain, draw_leads, draw_outcomes, stage_history, walk

    def run() -> int:
        chain, count, writers = Chain.make(drift=False), 0, {}
        for start in range(0, leads, COHORT):
            random = np.random.default_rng(start)
            drawn = draw_leads(random, min(COHORT, leads - start), start + 1)
            visits = walk(random, chain, drawn)
            tables = {
                "leads": drawn[["lead_id", "account_id", *BY]].assign(created_at=drawn["created_at"]),
                "stages": _dated(drawn, stage_history(visits), "entered_at"),
                "outcomes": _dated(drawn, draw_outcomes(random, drawn, visits), "closed_at"),
            }
            count += len(tables["stages"])
            for name, rows in tables.items():
                moments = {column: rows[column].astype("datetime64[us]") for column in rows if column.endswith("_at")}
                table = pa.Table.from_pandas(rows.assign(**moments), preserve_index=False)
                if name not in writers:
                    writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
                writers[name].write_table(table)
        for writer in writers.values():
            writer.close()
        return count

    return run


def _dated(leads: pd.DataFrame, rows: pd.DataFrame, time: str) -> pd.DataFrame:
    lead = rows["lead"].to_numpy()
    dated = {"lead_id": leads["lead_id"].to_numpy()[lead], time: leads["created_at"].to_numpy()[lead] + rows["age"]}
    return rows.drop(columns=["lead", "age"]).assign(**dated)


def the_report(folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    from data.config import FunnelSettings, settings_of_folder
    from features import sql_known_at
    from funnel import open_funnel
    from pipelines.report import count

    settings = settings_of_folder(folder).model_copy(update={"funnel": FunnelSettings(by=list(BY))})
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)

    def run() -> Any:
        began = time.perf_counter()
        with open_funnel(settings, workspace=workspace, known_at=sql_known_at) as tables:
            reading = time.perf_counter() - began
            return reading, count(tables, settings)

    def summed_up(done: Any) -> Any:
        reading, funnel = done
        by_source = {level.name: level.reached["customer"] for level in funnel.cuts["source"]}
        return reading, (funnel.all.reached, by_source)

    return run, summed_up


def plain_pandas(folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """The same figures as somebody would count them in a notebook who knows pandas."""

    def run() -> Any:
        began = time.perf_counter()
        leads, stages, outcomes = (pd.read_parquet(folder / f"{n}.parquet") for n in ("leads", "stages", "outcomes"))
        reading = time.perf_counter() - began
        leads, as_of = leads.set_index("lead_id"), stages["entered_at"].max()
        first = stages.groupby(["lead_id", "stage"])["entered_at"].min().unstack()
        table = leads.join(first[list(STAGES)]).join(outcomes.set_index("lead_id"))
        table["lead"] = table["lead"].fillna(table["created_at"])
        table["customer"] = table["closed_at"].where(table["won"].eq(True))
        entered = table[list(STAGES)[::-1]].cummin(axis=1)[list(STAGES)]
        table[list(STAGES)] = entered
        steps = list(pairwise(STAGES))
        for start, to in steps:
            table[f"days to {to}"] = (entered[to] - entered[start]).dt.total_seconds() / 86_400
        table["days to the end"] = (entered["customer"] - entered["lead"]).dt.total_seconds() / 86_400
        for start, to in steps:
            old = entered[start] <= as_of - pd.Timedelta(days=WITHIN)
            soon = (entered[to] - entered[start]) <= pd.Timedelta(days=WITHIN)
            table[f"{start} to {to} soon"] = soon.where(old).astype("float")
        table["month"] = table["lead"].dt.to_period("M")
        cuts = {by: _by(table, by, steps) for by in (*BY, "month")}
        months = {stage: entered[stage].dt.to_period("M").value_counts() for stage in STAGES}
        by_month = [
            table.groupby(entered[to].dt.to_period("M"))[f"{to} to {then} soon"].mean() for to, then in steps[1:]
        ]
        everything = table.assign(all="all leads").pipe(_by, "all", steps)
        return reading, everything, cuts, (months, by_month, _follow_up(table))

    return run, _summed_up


def _by(table: pd.DataFrame, by: str, steps: list[tuple[str, str]]) -> pd.DataFrame:
    groups = table.groupby(by, dropna=False, observed=True)
    counts = groups[list(STAGES)].count()
    soon = groups[[f"{start} to {to} soon" for start, to in steps]].agg(["sum", "count"])
    days = groups[[*(f"days to {to}" for _, to in steps), "days to the end"]].median()
    rates = {f"{start} to {to}": counts[to] / counts[start] for start, to in steps}
    spread = {name: 1.96 * np.sqrt(rate * (1 - rate) / counts[name.split(" ")[0]]) for name, rate in rates.items()}
    return (
        counts.assign(**rates, **{f"± {name}": each for name, each in spread.items()})
        .join(days)
        .join(soon.set_axis([" ".join(column) for column in soon.columns], axis=1))
    )


def _follow_up(table: pd.DataFrame) -> pd.DataFrame:
    """Tell by owner how long MQLs waited until they were SQLs."""
    ready = table[table["mql"].notna()]
    hours = (ready["sql"] - ready["mql"]).dt.total_seconds() / 3_600
    waits = pd.DataFrame({"owner": ready["owner"], "hours": hours, "contacted": hours.notna(), "hour": hours <= 1})
    groups = waits.groupby("owner", dropna=False)
    return groups.agg({"hours": "median", "contacted": "mean", "hour": "mean"})


def _summed_up(counts: Any) -> Any:
    reading, everything, cuts, _ = counts
    (row,) = everything.to_dict("records")
    return reading, ({stage: row[stage] for stage in STAGES}, cuts["source"]["customer"].to_dict())


if __name__ == "__main__":
    main()
