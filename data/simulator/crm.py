"""A simulated funnel as the database of a CRM: the same tables in one SQLite file, with settings that read it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa
import yaml

from data.drafts import in_plain_words, write_whole
from data.simulator.simulate import SimulatedFunnel
from data.sinks import bulk
from data.sources import engine_of

ROWS = 50_000
DATABASE = "crm.db"
WRITE_BACK = "lead_scores"
_TYPES = {"timestamp[us, tz=UTC]": sa.DateTime, "double": sa.Double, "bool": sa.Boolean}


def keep_in_crm(funnel: SimulatedFunnel, folder: Path) -> Path:
    """Load the tables of a funnel into ``crm.db`` in a folder, anew; return the settings that read and write it.

    The funnel's own files lie in or below the folder.
    """
    (folder / DATABASE).unlink(missing_ok=True)
    engine = engine_of(f"sqlite:///{folder / DATABASE}")
    for name, file in funnel.tables.items():
        with engine.begin() as connection, pq.ParquetFile(file) as parquet:
            columns = [sa.Column(field.name, _TYPES.get(str(field.type), sa.Text)) for field in parquet.schema_arrow]
            table = sa.Table(name, sa.MetaData(), *columns)
            table.create(connection)
            for batch in parquet.iter_batches(ROWS):
                bulk.load(connection, table, batch)
    return _write_settings(funnel, folder)


def _write_settings(funnel: SimulatedFunnel, folder: Path) -> Path:
    """Say of the database what the funnel's own settings say of its files."""
    settings = yaml.safe_load(funnel.config.read_text(encoding="utf-8"))
    settings |= {
        "database": f"sqlite:///{DATABASE}",
        "tables": {name: {"table": name} for name in funnel.tables},
        "truth": str(funnel.truth.relative_to(folder)),
        "write_back": {"table": WRITE_BACK},
    }
    config = folder / "leadscore.yaml"
    with in_plain_words(config):
        write_whole(config, yaml.safe_dump(settings, sort_keys=False))
    return config
