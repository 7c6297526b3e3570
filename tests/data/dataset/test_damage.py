"""Whatever is wrong with a file: each row is used or set aside with its reason, or the file is refused in words."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.config import Outcome, Settings, settings_of_folder
from data.dataset.dataset import open_dataset
from data.errors import InputError
from data.staging import rows as checks
from data.vocabulary import TABLES

NOW = pd.Timestamp("2025-06-01")
READ = ("leads", "events", "stages", "outcomes", "attribute_history")
quickly = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ids = st.sampled_from(["1", "2", "3", "007", "", "null", " ", "x"])
moments = st.sampled_from(
    ["2025-01-01", "01-02-2025", "26-02-2025 10:00", "soon", "", "2031-01-01", "2025-01-01T00:00Z"]
)
fields, values = st.sampled_from(["size", "Size", "", "plan"]), st.sampled_from(["1", "gold", "", "=1+1", "1e999"])
won = st.sampled_from(["1", "0", "yes", "", "maybe"])
damage = st.sampled_from(["", "", "", ',"', '"', ",,,", "x,", "\n", "\x01"])


def rows(*cells: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lines of a table, each with something broken at its end."""
    lines = st.lists(st.tuples(*cells, damage), max_size=8)
    return lines.map(lambda drawn: "".join(f"{','.join(line)}{hurt}\n" for *line, hurt in drawn))


@quickly
@given(
    leads=rows(ids, moments, values),
    events=rows(ids, ids, moments, st.sampled_from(["visit", ""]), ids),
    stages=rows(ids, st.sampled_from(["mql", "won", "lost", ""]), moments),
    outcomes=rows(ids, moments, won, values),
    history=rows(ids, fields, values, moments),
)
def test_whatever_the_damage_read_is_used_plus_quarantined(tmp_path, leads, events, stages, outcomes, history):
    (tmp_path / "leads.csv").write_text("lead_id,created_at,size\n1,2025-01-01,5\n" + leads)
    (tmp_path / "events.csv").write_text("lead_id,account_id,occurred_at,type,event_id\n" + events)
    (tmp_path / "stages.csv").write_text("lead_id,stage,entered_at\n" + stages)
    (tmp_path / "outcomes.csv").write_text("lead_id,closed_at,won,amount\n" + outcomes)
    (tmp_path / "attribute_history.csv").write_text("lead_id,field,value,changed_at\n" + history)
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=NOW) as dataset:
        used = pd.concat([chunk.leads for chunk in dataset.chunks()])
    assert set(dataset.report.tables) == set(READ) <= set(TABLES)
    for name, counts in dataset.report.tables.items():
        path = tmp_path / "var/quarantine" / f"{name}.csv"
        written = len(pd.read_csv(path)) if path.exists() else 0
        assert counts.read == counts.used + counts.quarantined == counts.used + written
    assert len(used) == dataset.report.tables["leads"].used == used["lead_id"].nunique()


@quickly
@given(name=st.sampled_from(READ), content=st.binary(max_size=200) | st.text("lead_id,y1\n\"' x;", max_size=80))
def test_random_bytes_are_refused_or_counted(tmp_path, name, content):
    (tmp_path / "leads.csv").write_text("lead_id,y\n1,1\n2,0\n")
    path = tmp_path / "random.csv"
    header = ",".join(["lead_id", "y", *(column for column in TABLES[name] if column != "lead_id")])
    path.write_bytes(f"{header}\n".encode() + (content if isinstance(content, bytes) else content.encode()))
    chosen = Settings(tables={"leads": tmp_path / "leads.csv", name: path})
    try:
        with open_dataset(chosen, workspace=tmp_path / "var", now=NOW) as dataset:
            counts = dataset.report.tables[name]
            assert counts.read == counts.used + counts.quarantined
            assert sum(len(chunk.leads) for chunk in dataset.chunks(3)) == dataset.lead_count
    except InputError:
        pass


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_that_is_changed_while_it_is_read_is_refused(tmp_path, monkeypatch, ending):
    """The writer comes in between, when leads are identified."""
    path, identify = tmp_path / f"leads.{ending}", checks.identify_leads
    leads = pd.DataFrame({"lead_id": ["1", "2"], "y": [1, 0]})

    def write(frame: pd.DataFrame) -> None:
        draft = tmp_path / "draft"
        frame.to_csv(draft, index=False) if ending == "csv" else frame.to_parquet(draft)
        draft.replace(path)

    def identify_while_another_writes(*arguments):
        identify(*arguments)
        write(pd.concat([leads, leads.assign(lead_id=["3", "4"])]))

    write(leads)
    monkeypatch.setattr(checks, "identify_leads", identify_while_another_writes)
    chosen = Settings(tables={"leads": path}, outcome=Outcome(column="y"))
    with (
        pytest.raises(InputError, match="this file was changed while it was read"),
        open_dataset(chosen, workspace=tmp_path / "var", now=NOW),
    ):
        pass
