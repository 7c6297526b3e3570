"""Which columns that know the outcome are found, and which honest ones are blamed?

    python -m benchmarks.leakage [--leads 3000] [--draws 20]

In each draw a funnel is simulated and columns are planted: one leak of each kind in `LEAKS`, one honest column of each
kind in `HONEST`. Leaks bear names that CRMs give to what is written down after the contact, honest columns names of
what a form or a data provider says; both lists were written before anything was measured. The lexicon has been widened
since, by the words of other CRMs, and knows some of these names: what it adds is shown apart. The simulator's own
attributes are honest, too. What is taken for a leak is counted, with and without
the lexicon of names: *sure* columns are left out, *suspect* ones stay and are reported.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

LEAK_NAMES = """Reason Lost|Closed Lost Reason|Lead Quality|Disposition Code|Call Outcome|Sales Notes|Probability
Forecast Category|Contract Signed|Demo Result|Handover|Win Reason|Competitor Chosen|Final Offer|Number of Calls
Meeting Feedback|Discount Granted|Assigned Closer|Tags|Qualification|Last Activity|Payment Terms|Follow-up
Rejected Because|Account Opened|Status Detail|Expected Revenue|Negotiation Phase|Talk Time|Resolution"""
HONEST_NAMES = """Industry Segment|Market|Preferred Language|Referrer|Form Type|Device|Campaign Group|Newsletter Topic
Partner Tier|Spending Range|Company Age|Job Level|Webinar Topic|First Page|Country Group|Quality Certificate
Closest Office|Contract Interest|Result Page|Sales Territory|Current Supplier|Call Me Back|Fleet Size|Membership
Time Zone|Interest|Number of Sites|Product Line|Trade Fair|Wish"""

Cells = npt.NDArray[np.object_]
Draw = np.random.Generator


def words(random: Draw, won: pd.Series, closed: pd.Series, right: float) -> Cells:
    """Values of which ``right`` are those of the result; open leads have them by chance."""
    good = np.where(random.random(len(won)) < right, won, random.random(len(won)) < won[closed].mean())
    good = np.where(closed, good, random.random(len(won)) < won[closed].mean())
    return np.where(good, random.choice(["Prime", "Select"], len(won)), random.choice(["Basic", "Plain"], len(won)))


def at_random(random: Draw, rows: int) -> Cells:
    return random.choice(np.array(["North", "South", "East"], dtype=object), rows)


def only(cells: Cells, rows: npt.ArrayLike) -> Cells:
    return np.where(rows, cells, None)


LEAKS: dict[str, Callable[[Draw, pd.Series, pd.Series], Cells]] = {
    "the outcome in other words": lambda random, won, closed: words(random, won, closed, 0.95),
    "told by sales": lambda random, won, closed: words(random, won, closed, 0.65),
    "told by sales, hardly": lambda random, won, closed: words(random, won, closed, 0.3),
    "filled in at the closing": lambda random, won, closed: only(
        at_random(random, len(won)), closed & (random.random(len(won)) < 0.7)
    ),
    "filled in once won": lambda random, won, closed: only(
        random.integers(1, 36, len(won)).astype(object), won & (random.random(len(won)) < 0.9)
    ),
    "by its history": lambda random, won, closed: words(random, won, closed, 0.3),
}
"""Kinds of leaks; the cells of the last are all filled, but a history tells that they were at the closing."""
HONEST: dict[str, Callable[[Draw, pd.Series, pd.Series], Cells]] = {
    "unrelated": lambda random, won, closed: at_random(random, len(won)),
    "helps": lambda random, won, closed: words(random, won, closed | True, 0.2),
    "asked for lately": lambda random, won, closed: only(
        at_random(random, len(won)), np.arange(len(won)) > len(won) / 2
    ),
    "no longer asked for": lambda random, won, closed: only(
        at_random(random, len(won)), np.arange(len(won)) < len(won) / 2
    ),
    "half empty": lambda random, won, closed: only(at_random(random, len(won)), random.random(len(won)) < 0.5),
    "old history": lambda random, won, closed: words(random, won, closed | True, 0.1),
}
"""Kinds of honest columns, in order of creation; the history of the last begins with the lead."""


def funnel(leads: int, seed: int, folder: Path) -> tuple[Path, dict[str, str]]:
    """Simulate leads with planted columns; return the settings file, and the kind of each column by its name."""
    from data.simulator import simulate

    simulated = simulate(leads, folder, seed=seed)
    random = np.random.default_rng([seed, leads])
    table = pd.read_parquet(folder / "leads.parquet").sort_values("created_at", kind="stable").reset_index(drop=True)
    outcomes = pd.read_parquet(folder / "outcomes.parquet").drop_duplicates("lead_id").set_index("lead_id")
    closed_at = table["lead_id"].map(outcomes["closed_at"])
    closed, won = closed_at.notna(), table["lead_id"].map(outcomes["won"]).eq(True)
    kinds: dict[str, str] = {}
    for pool, made in ((LEAK_NAMES, LEAKS), (HONEST_NAMES, HONEST)):
        names = random.choice(pool.replace("\n", "|").split("|"), len(made), replace=False)
        for name, (kind, cells) in zip(names, made.items(), strict=True):
            table[name], kinds[name] = cells(random, won, closed), kind
    late, early = (next(name for name in kinds if kinds[name] == kind) for kind in ("by its history", "old history"))
    written = [(late, closed_at.fillna(table["created_at"])), (early, table["created_at"])]
    history = [
        pd.DataFrame({"lead_id": table["lead_id"], "field": name, "value": table[name], "changed_at": moment})
        for name, moment in written
    ]
    table.to_parquet(folder / "leads.parquet")
    pd.concat(history).drop_duplicates().to_parquet(folder / "attribute_history.parquet")
    text = simulated.config.read_text(encoding="utf-8")
    table_line = "  attribute_history: attribute_history.parquet\n"
    simulated.config.write_text(text.replace("tables:\n", f"tables:\n{table_line}"), encoding="utf-8")
    return simulated.config, kinds


def outcomes(leads: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """Yield with or without lexicon, kind of column, and what it was taken for: sure, suspect or nothing."""
    from data.config import load_settings
    from data.dataset import open_dataset
    from models.evaluation import find_leaks
    from models.training import split_table
    from pipelines.training_data import gather

    with tempfile.TemporaryDirectory() as name:
        config, kinds = funnel(leads, seed, Path(name) / "crm")
        settings = load_settings(config)
        with open_dataset(settings, workspace=Path(name) / "workspace") as dataset:
            read = gather(dataset)
            splits, signs = split_table(read.table, seed), dataset.leakage_signs(read.data_end)
            for lexicon in (True, False):
                leaks = find_leaks(read.table, splits, dataset.columns, signs, by_name=lexicon)
                verdicts = {leak.column: "sure" if leak.excluded else "suspect" for leak in leaks.values()}
                for attribute in dataset.schema.attributes:
                    column = dataset.columns[attribute.name]
                    said = verdicts.get(column, "nothing")
                    yield "with" if lexicon else "without", kinds.get(column, "simulated"), said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=3000)
    parser.add_argument("--draws", type=int, default=20)
    args = parser.parse_args()
    counts = Counter(each for seed in range(args.draws) for each in outcomes(args.leads, seed))
    for lexicon in ("with", "without"):
        print(f"{lexicon} the lexicon of names, {args.draws} draws of {args.leads:,} leads")
        for kind in (*LEAKS, *HONEST, "simulated"):
            sure, suspect, nothing = (counts[lexicon, kind, said] for said in ("sure", "suspect", "nothing"))
            total = sure + suspect + nothing
            if not total:  # of few leads a planted column may be so rare that it makes no attribute
                continue
            what = "leak  " if kind in LEAKS else "honest"
            print(
                f"  {what}  {kind:28}  left out {sure / total:4.0%}, at least suspect {(sure + suspect) / total:4.0%}"
            )
        print_precision(counts, lexicon)


def print_precision(counts: Counter[tuple[str, str, str]], lexicon: str) -> None:
    for what, said in (("left out", ("sure",)), ("at least suspect", ("sure", "suspect"))):
        flagged = {kind: sum(counts[lexicon, kind, each] for each in said) for kind in (*LEAKS, *HONEST, "simulated")}
        right = sum(flagged[kind] for kind in LEAKS)
        planted = sum(count for (used, kind, _), count in counts.items() if used == lexicon and kind in LEAKS)
        precision = right / max(1, sum(flagged.values()))
        print(f"  {what}: precision {precision:.2f}, recall {right / max(1, planted):.2f}")


if __name__ == "__main__":
    main()
