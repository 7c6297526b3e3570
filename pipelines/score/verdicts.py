"""Verdicts that come back from a CRM: the table of feedback is read into the store, beside those of the pages."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from data.config import Settings
from data.errors import InputError
from data.parsing import read_cells
from data.sources import open_sources
from data.staging import REPLICA
from data.store import VERDICTS, Store, add_feedback
from data.vocabulary import Kind
from data.workspace import Workspace

FEEDBACK = "feedback"
REQUIRED = ("lead_id", "given_at", "verdict")
OPTIONAL = ("by", "note", "until")
CODES = {word.casefold(): code for code, label in VERDICTS.items() for word in (code, label)}


def take_in_verdicts(store: Store, settings: Settings, workspace: Workspace) -> list[str]:
    """Take the verdicts of the table of feedback into the store, each once; return what is to be known of it.

    Raises InputError where a column that is needed is not there.
    """
    if FEEDBACK not in settings.tables:
        return []
    verdicts, unusable = usable_verdicts(_read(settings, workspace))
    new = add_feedback(store, verdicts)
    notes = [f"feedback: {new:,} new verdicts of {len(verdicts):,}"] if new else []
    if unusable:
        expected = ", ".join(f"'{label}'" for label in VERDICTS.values())
        notes.append(f"feedback: {unusable:,} rows without a lead, a time or a verdict that is known ({expected})")
    return notes


def _read(settings: Settings, workspace: Workspace) -> pd.DataFrame:
    """Return the table as texts, under the names of the vocabulary."""
    with open_sources(settings, [FEEDBACK], workspace.root / REPLICA) as sources:
        source = sources[FEEDBACK]
        names = {name: settings.column(FEEDBACK, name) for name in (*REQUIRED, *OPTIONAL)}
        _require_columns(names, source.columns, settings.place(FEEDBACK))
        present = {name: column for name, column in names.items() if column in source.columns}
        types = dict.fromkeys(present.values(), "VARCHAR")
        frames = [batch.to_pandas() for batch in source.with_text(present.values()).batches(types)]
    if not frames:
        return pd.DataFrame(columns=[*names], dtype="str")
    rows = pd.concat(frames, ignore_index=True)
    return pd.DataFrame({name: rows[f"c{number}"] for number, name in enumerate(present)}).reindex(columns=[*names])


def _require_columns(names: Mapping[str, str], there: Mapping[str, str], place: str) -> None:
    for name in REQUIRED:
        if names[name] not in there:
            raise InputError(
                f"the table of feedback has no column '{names[name]}'",
                expected=", ".join(REQUIRED),
                got=", ".join(there),
                where=place,
                remedy=f"map it: columns: {{feedback: {{{name}: NAME}}}}",
            )


def usable_verdicts(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the verdicts that can be used, in the words of the store, and how many rows cannot.

    >>> rows = pd.DataFrame({"lead_id": ["a", "b"], "given_at": ["2026-01-05", "soon"], "verdict": ["Too early", "x"]})
    >>> usable_verdicts(rows.assign(by="Ann", note=None, until="2026-03-01"))[0].iloc[0].to_dict()
    ... # doctest: +NORMALIZE_WHITESPACE
    {'lead_id': 'a', 'given_at': Timestamp('2026-01-05 00:00:00'), 'verdict': 'early', 'by': 'Ann', 'note': None,
     'until': datetime.date(2026, 3, 1)}
    """
    texts = rows.astype("str").apply(lambda column: column.str.strip().replace("", None))
    verdict = texts["verdict"].str.casefold().map(CODES)
    known = pd.DataFrame(
        {
            "lead_id": rows["lead_id"].astype("str").where(texts["lead_id"].notna()),
            "given_at": read_cells(texts["given_at"], Kind.TIME).values,
            "verdict": verdict,
            "by": texts["by"].fillna("CRM"),
            "note": texts["note"].astype(object).where(texts["note"].notna(), None),
            "until": read_cells(texts["until"], Kind.TIME).values.dt.date.where(verdict == "early", None),
        }
    )
    usable = known[["lead_id", "given_at", "verdict"]].notna().all(axis="columns")
    return known[usable].astype({"until": object}).reset_index(drop=True), int((~usable).sum())
