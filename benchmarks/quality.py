"""How well does it predict next month's leads, beside what others would have predicted from the same file?

    python -m benchmarks.quality --data FOLDER [--newest] [--only bank]     public data sets, flat mode
    python -m benchmarks.quality --simulator [--leads 320000]               beside the truth, and beside more data

Public data: at five rolling origins inside the older 80 % of each file, and with ``--newest`` on the newest 20 %, the
whole product trains on the rows before and scores the rows after. Peers are fitted on the same rows: the base rate,
plain logistic regression, LightGBM and CatBoost as they come. Significance is a paired bootstrap, 95 %.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
ORIGINS = np.linspace(0.3, 0.8, 6)
FILLED_IN_BY_SALES = (
    *("Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"),
    *("Asymmetrique Activity Index", "Asymmetrique Profile Index"),
    *("Asymmetrique Activity Score", "Asymmetrique Profile Score"),
)


@dataclass(frozen=True)
class Task:
    """A public data set: its rows from the oldest to the newest, as text, and what its columns mean."""

    name: str
    rows: pd.DataFrame
    outcome: str
    won: str
    drop: tuple[str, ...]
    id: str = "rows"
    created: str = ""

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        return (self.rows[self.outcome] == self.won).to_numpy(np.int64)


def education(folder: Path) -> Task:
    rows = pd.read_csv(folder / "x-education" / "Leads.csv", dtype="str")
    rows = rows.iloc[rows["Lead Number"].astype(int).argsort(kind="stable")]
    dropped = (*FILLED_IN_BY_SALES, "Lead Number")
    return Task("X Education", rows, "Converted", "1", dropped, id="Prospect ID")


def olist(folder: Path) -> Task:
    rows = pd.read_csv(folder / "olist" / "olist_marketing_qualified_leads_dataset.csv", dtype="str")
    closed = pd.read_csv(folder / "olist" / "olist_closed_deals_dataset.csv", dtype="str")
    rows["won"] = rows["mql_id"].isin(closed["mql_id"]).astype(int).astype("str")
    dates = pd.to_datetime(rows["first_contact_date"], format="%d-%m-%Y")
    rows = rows.iloc[dates.argsort(kind="stable")]
    return Task("Olist", rows, "won", "1", (), id="mql_id", created="first_contact_date")


def bank(folder: Path) -> Task:
    rows = pd.read_csv(folder / "bank-marketing" / "bank-additional-full.csv", sep=";", dtype="str")
    return Task("bank", rows, "y", "yes", ("duration",))


TASKS: Mapping[str, Callable[[Path], Task]] = {"education": education, "olist": olist, "bank": bank}


# What is compared


def train_and_score(task: Task, older: slice, later: slice) -> Floats:
    """Train the whole product on a file of older leads and score a file of later ones."""
    from data.config import flat_settings
    from data.workspace import Workspace
    from pipelines.score import LeadFiles, score
    from pipelines.train import train

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, after, out = folder / "older.csv", folder / "later.csv", folder / "scores.parquet"
        task.rows[older].to_csv(before, index=False)
        task.rows[later].drop(columns=task.outcome).to_csv(after, index=False)
        roles = {"lead_id": task.id, "outcome": task.outcome, "closed": ""}
        order = {"created": task.created, "order": "" if task.created else "rows"}
        settings = flat_settings(before, None, won=None, lost=None, **roles, **order)
        workspace = Workspace.at(folder / "workspace")
        train(settings.model_copy(update={"drop": list(task.drop)}), workspace)
        score(workspace, leads=LeadFiles(after, task.id, None), out=out)
        return pd.read_parquet(out)["probability"].to_numpy()


def peers(task: Task, older: slice, later: slice) -> Iterator[tuple[str, Floats]]:
    """Fit what others would, on the same columns, with the settings that each library comes with."""
    from catboost import CatBoostClassifier
    from lightgbm import LGBMClassifier

    yield from plain_peers(task, older, later)
    before, after, won, levels = _split(task, older, later)
    as_levels = before.astype(dict.fromkeys(levels, "category"))
    known_levels = {name: after[name].where(after[name].isin(before[name])) for name in levels}
    as_known = after.assign(**known_levels).astype({name: as_levels[name].dtype for name in levels})
    yield "LightGBM", LGBMClassifier(verbose=-1).fit(as_levels, won).predict_proba(as_known)[:, 1]
    boosted = CatBoostClassifier(verbose=0, cat_features=levels, allow_writing_files=False, random_seed=0)
    yield "CatBoost", boosted.fit(before, won).predict_proba(after)[:, 1]


def plain_peers(task: Task, older: slice, later: slice) -> Iterator[tuple[str, Floats]]:
    """Fit the base rate and plain logistic regression."""
    before, after, won, levels = _split(task, older, later)
    yield "base rate", np.full(len(after), won.mean())
    yield "logistic", _logistic(levels, before).fit(before, won).predict_proba(after)[:, 1]


def _split(task: Task, older: slice, later: slice) -> tuple[pd.DataFrame, pd.DataFrame, npt.NDArray, list[str]]:
    known = _typed(task)
    return known.iloc[older], known.iloc[later], task.labels[older], [n for n in known if known[n].dtype == object]


def _typed(task: Task) -> pd.DataFrame:
    """Return the columns as pandas would read them: numbers where all cells are, else levels."""
    left_out = {*task.drop, task.outcome, task.id, task.created}
    known = task.rows[[name for name in task.rows if name not in left_out]].replace("Select", None)
    typed = {}
    for name, cells in known.items():
        numbers = pd.to_numeric(cells, errors="coerce")
        is_number = numbers.notna().sum() == cells.notna().sum() > 0
        typed[name] = numbers.astype(float) if is_number else cells.fillna("?").astype(object)
    return pd.DataFrame(typed).set_axis([f"column {number}" for number in range(len(typed))], axis="columns")


def _logistic(levels: list[str], before: pd.DataFrame):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in before if name not in levels]
    columns = ColumnTransformer(
        [
            ("levels", OneHotEncoder(handle_unknown="ignore"), levels),
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


# Public data sets


def run_tasks(folder: Path, names: list[str], *, newest: bool) -> None:
    for name in names:
        task = TASKS[name](folder)
        count = len(task.rows)
        spans = [(ORIGINS[number], ORIGINS[number + 1]) for number in range(5)] if not newest else [(0.8, 1.0)]
        predictions = [_predictions_at(task, int(start * count), int(end * count)) for start, end in spans]
        _print_task(task, spans, predictions)


def _predictions_at(task: Task, start: int, end: int) -> dict[str, Floats]:
    older, later = slice(0, start), slice(start, end)
    began = time.perf_counter()
    predictions = {"leadscore": train_and_score(task, older, later)}
    print(f"{task.name}: trained on {start:,} rows and scored in {time.perf_counter() - began:.0f} s", flush=True)
    return predictions | dict(peers(task, older, later))


def _print_task(task: Task, spans: list[tuple[float, float]], predictions: list[dict[str, Floats]]) -> None:
    from models.metrics import auc, difference, log_losses

    won = [task.labels[int(start * len(task.rows)) : int(end * len(task.rows))] for start, end in spans]
    figures = {
        metric: pd.DataFrame(
            [{name: of(p, y) for name, p in each.items()} for each, y in zip(predictions, won, strict=True)]
        )
        for metric, of in (("auc", auc), ("log_loss", lambda p, y: float(log_losses(p, y).mean())))
    }
    for metric, table in figures.items():
        shown = table.assign(rows=[f"{start:.0%}-{end:.0%}" for start, end in spans]).set_index("rows")
        print(f"\n{task.name}, {metric.replace('_', '-')} ahead of each origin")
        print(pd.concat([shown, shown.mean().to_frame("mean").T]).round(4).to_string())
        others = table.drop(columns="leadscore").mean()
        best = others.idxmax() if metric == "auc" else others.idxmin()
        print(f"  less the best single peer, {best}, 95 %:")
        for (start, end), each, outcome in zip(spans, predictions, won, strict=True):
            apart = difference(each["leadscore"], each[best], outcome, np.arange(len(outcome)))
            value, (low, high) = getattr(apart, metric), getattr(apart, f"{metric}_ci")
            worse = high < 0 if metric == "auc" else low > 0
            said = "  significantly worse" if worse else ""
            print(f"  {start:.0%}-{end:.0%}  {value:+.4f} ({low:+.4f} to {high:+.4f}){said}")
    print(flush=True)


# Beside the truth


def run_simulator(leads: int, share: float) -> None:
    """Learn from a share of simulated leads and from all of them; compare both with the truth on the same test rows."""
    from data.config import load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from models.blend import probabilities
    from models.metrics import auc, calibration_error, evaluate
    from models.rules import with_points
    from models.training import Effort, TimeSplits, fit_blend, learn, search_recipe, split_table
    from pipelines.training_data import read_training_data, usable_rules

    with tempfile.TemporaryDirectory() as name:
        funnel = simulate(leads, Path(name) / "crm")
        settings = load_settings(funnel.config)
        table = read_training_data(settings, Workspace.at(Path(name) / "workspace")).table
        truth = pd.read_parquet(settings.truth).astype({"as_of": "datetime64[us, UTC]"})
    truth["as_of"] = truth["as_of"].dt.tz_localize(None)
    rules = usable_rules(settings, table.schema)
    chosen = np.random.default_rng(0).permutation(table.rows["lead_id"].unique())
    in_share = table.rows["lead_id"].isin(chosen[: int(share * len(chosen))]).to_numpy()
    some = table.subset(in_share)
    began = time.perf_counter()
    learned = learn(some, rules, seed=0, effort=Effort.of(settings.effort, settings.trials))
    splits = split_table(some, 0)
    tested = some.rows[splits.test]
    possible = tested.merge(truth, on=["lead_id", "as_of"], how="left")["probability"].to_numpy()
    won, probability = some.won[splits.test], learned.tested["model"]
    print(f"{len(some):,} snapshots, {int(splits.test.sum()):,} to test on, {time.perf_counter() - began:.0f} s")
    measured = evaluate(probability, won, tested["group"].to_numpy())
    print(f"AUC {measured.auc:.4f} {measured.auc_ci}, log-loss {measured.log_loss:.4f}, ECE {measured.ece:.4f}")
    off, best = calibration_error(probability, possible), auc(possible, won)
    print(f"mean |p - p_true| over ten bins: {off:.4f}; best possible AUC {best:.4f}")

    times, horizon = table.rows["as_of"], pd.Timedelta(days=table.horizon)
    fit_end, tune_start = some.rows["as_of"][splits.fit].max(), some.rows["as_of"][splits.tune].min()
    fit = (times <= fit_end).to_numpy()
    tune = ((times >= tune_start) & (times <= tested["as_of"].min() - horizon)).to_numpy()
    table = replace(table, features=with_points(learned.rules, table.features))
    search = search_recipe(
        table.subset(fit | tune),
        with_points=rules is not None,
        effort=Effort.of(settings.effort, settings.trials),
        seed=0,
    )
    model = fit_blend(search.recipe, table, TimeSplits(fit, tune, fit & tune, "by time"), seed=0)
    assert model is not None, "so many leads hold"
    more = auc(probabilities(model, with_points(learned.rules, some.features)[splits.test]), won)
    lost = (more - measured.auc) / (more - 0.5)
    print(f"learned from {int((fit | tune).sum()):,} snapshots: AUC {more:.4f}; {lost:.1%} of its AUC - 0.5 are lost")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with x-education, olist and bank-marketing")
    parser.add_argument("--only", choices=TASKS, help="one of the data sets")
    parser.add_argument("--newest", action="store_true", help="the newest 20 %%, once per release")
    parser.add_argument("--simulator", action="store_true", help="simulated leads, beside the truth")
    parser.add_argument("--leads", type=int, default=320_000, help="leads to simulate")
    parser.add_argument("--share", type=float, default=0.17, help="share of them to learn from")
    args = parser.parse_args()
    if args.data:
        run_tasks(args.data, [args.only] if args.only else list(TASKS), newest=args.newest)
    if args.simulator:
        run_simulator(args.leads, args.share)


if __name__ == "__main__":
    main()
