"""A simulated B2B funnel whose truth is known: a hidden Markov model, and the tables that a CRM would keep of it.

Two years of leads, 2024-01-01 to 2025-12-31. Every lead has two properties that nobody sees. Its **fit** is made of
what it is: the industry, size and technologies of its account, its persona, its source, and a part that no
attribute shows (`data.simulator.people`, from the tables of `data.simulator.world`). Its **intent** is dormant,
curious, evaluating or buying; it starts with the asset by which the lead came and changes from day to day, and
most leads cool. From day to day, too, a lead rises from lead to mql, sql, qso and customer, or is lost, with
chances that depend on its stage, intent and fit, on how long the cycles of its source are and of large companies, and
on the month: a Markov chain (`data.simulator.chain`). A few that were lost are opened again. What is seen of it are
the stages and the **events**, which occur at the rates of the present intent: who is about to buy reads prices and
asks for quotes (`data.simulator.history`). At last the tables are made as dirty as real ones
(`data.simulator.dirt`); outcomes and truth stay clean. What the channels cost and how often assets were viewed stands
by month (`data.simulator.spend`).

So the truth needs no sampling. With M the matrix of a lead's daily moves in a month, its chance of winning within 90
days is the product of the matrices of these days, from its present state to won. It is given for each lead while it is
open: at its creation, 1, 7, 14, 30, 60, 90 and 180 days later, and at the end of the data. No model can do better that
knows only what the tables knew then.

With a `Drift` the market changes at its moment, 2025-07-01 by default: wins become twice as likely per day, and the
source *partner* falls from the best to below the average. In the 90 days before it, the truth already knows what no
model can.

``fast`` leaves out two of three web events, for millions of leads; chain and truth stay the same.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from data.drafts import draft_of, in_plain_words, write_whole
from data.errors import InputError
from data.simulator.chain import STAGES, Chain, Drift
from data.simulator.spend import Channels
from data.simulator.tables import schemas, simulate_cohort
from data.simulator.world import DATA_END, DATA_START
from data.vocabulary import HORIZON

COHORT = 25_000
"""Leads that are simulated at once; more leads take more time, but no more memory."""


@dataclass(frozen=True)
class SimulatedFunnel:
    """What was simulated and where it lies; ``events`` counts the rows as written, with those that come twice."""

    leads: int
    events: int
    won: int
    lost: int
    config: Path
    tables: dict[str, Path]
    truth: Path

    @property
    def open(self) -> int:
        """Leads that are neither won nor lost when the data ends."""
        return self.leads - self.won - self.lost

    def as_json(self) -> dict[str, int | str]:
        """Return the counts and the place of the settings, for ``simulate --json``."""
        counts = {name: getattr(self, name) for name in ("leads", "events", "won", "lost", "open")}
        return {**counts, "config": str(self.config)}


def simulate(
    leads: int, out: Path, *, seed: int = 0, drift: Drift | None = None, fast: bool = False
) -> SimulatedFunnel:
    """Write a funnel of so many leads into the folder ``out``: tables, truth, and the settings to train on them.

    The same arguments write the same bytes.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:  # doctest: +NORMALIZE_WHITESPACE
    ...     funnel = simulate(100, Path(folder))
    ...     sorted(file.name for file in Path(folder).iterdir())
    ['asset_stats.parquet', 'costs.parquet', 'events.parquet', 'leads.parquet', 'leadscore.yaml', 'outcomes.parquet',
     'stages.parquet', 'truth.parquet']
    """
    _check(leads, seed, drift)
    _make_folder(out)
    files = {name: out / f"{name}.parquet" for name in schemas()}
    counts: Counter[str] = Counter()
    channels = Channels()
    with ExitStack() as stack:
        stack.enter_context(in_plain_words(out))
        drafts = {name: stack.enter_context(draft_of(file)) for name, file in files.items()}
        writers = {n: stack.enter_context(pq.ParquetWriter(drafts[n], schema)) for n, schema in schemas().items()}
        for cohort in _cohorts(leads, seed, Chain.make(drift), fast):
            for name, rows in cohort.items():
                writers[name].write_table(rows)
            counts.update(_counted(cohort))
            channels.count(cohort["leads"])
    truth = files.pop("truth")
    for name, rows in channels.tables(np.random.default_rng([seed, leads])).items():
        files[name] = out / f"{name}.parquet"
        with in_plain_words(files[name]), draft_of(files[name]) as draft:
            pq.write_table(rows, draft)
    config = _write_settings(out, files, truth, seed)
    return SimulatedFunnel(leads, counts["events"], counts["won"], counts["lost"], config, files, truth)


def _cohorts(leads: int, seed: int, chain: Chain, fast: bool) -> Iterator[dict[str, pa.Table]]:
    """Simulate the leads a cohort at a time; each has random numbers of its own."""
    for start in range(0, leads, COHORT):
        rng = np.random.default_rng([seed, start])
        yield simulate_cohort(rng, chain, count=min(COHORT, leads - start), first=start + 1, fast=fast)


def _counted(cohort: dict[str, pa.Table]) -> Counter[str]:
    won = int(cohort["outcomes"]["won"].to_pandas().sum())
    return Counter(events=cohort["events"].num_rows, won=won, lost=cohort["outcomes"].num_rows - won)


def _write_settings(out: Path, tables: dict[str, Path], truth: Path, seed: int) -> Path:
    settings = {
        "tables": {name: file.name for name, file in tables.items()},
        "horizon": HORIZON,
        "stages": {"won": [STAGES[-2]], "lost": [STAGES[-1]]},
        "truth": truth.name,
        "as_of": f"{np.array(DATA_END).astype('datetime64[us]').astype('datetime64[s]')}Z",
        "seed": seed,
    }
    config = out / "leadscore.yaml"
    with in_plain_words(config):
        write_whole(config, yaml.safe_dump(settings, sort_keys=False))
    return config


def _check(leads: int, seed: int, drift: Drift | None) -> None:
    if leads < 1:
        raise InputError("there is nothing to simulate", expected="at least 1 lead", got=str(leads))
    if seed < 0:
        raise InputError("this seed cannot be used", expected="0 or more", got=str(seed))
    if drift and not DATA_START <= drift.at < DATA_END:
        raise InputError(
            "the market cannot change on that day",
            expected=f"a day from {_day(DATA_START)} on and before {_day(DATA_END)}",
            got=_day(drift.at),
        )


def _day(moment: int | np.int64) -> str:
    return str(np.array(moment).astype("datetime64[us]").astype("datetime64[D]"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise InputError("nothing can be written here", expected="a folder that may be written to", got=str(folder))
