"""How to reach a lead: columns that the settings name, read from the source for those who sell, and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from data.config import Settings
from data.sources import open_sources
from data.staging import REPLICA
from data.workspace import Workspace


def contact_of(lead_id: str, names: Sequence[str], settings: Settings, workspace: Workspace) -> dict[str, str]:
    """Return the filled columns of a lead by their names in the settings. Raises InputError where the source is lost.

    A name of the vocabulary, such as email, is the column that is mapped to it; a column that is not there is left out.
    """
    with open_sources(settings, ["leads"], workspace.root / REPLICA) as sources:
        source = sources["leads"]
        key = settings.column("leads", "lead_id")
        columns = {name: settings.column("leads", name) for name in names}
        present = {name: column for name, column in columns.items() if column in source.columns and column != key}
        wanted = [key, *dict.fromkeys(present.values())]
        types = dict.fromkeys(wanted, "VARCHAR")
        for batch in source.with_text(wanted).batches(types, only={key: [lead_id]}):
            rows = batch.to_pandas()
            for _, row in rows[rows["c0"] == lead_id].iterrows():
                cells = {name: row[f"c{wanted.index(column)}"] for name, column in present.items()}
                return {name: cell.strip() for name, cell in cells.items() if isinstance(cell, str) and cell.strip()}
    return {}
