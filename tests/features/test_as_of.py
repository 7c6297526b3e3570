"""Nothing that comes later changes what is known of a lead, and no other module decides what is later."""

import ast
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.chunk import Chunk
from features.as_of import (
    activity_until,
    age_at,
    existing_at,
    exists_at,
    happened_between,
    open_at,
    outcome_at,
    scoring_time,
    sql_known_at,
    stage_at,
)
from features.batch import Batch
from features.build import build
from features.snapshots import timed_snapshots

ROOT = Path(__file__).parents[2]
NEW_YEAR = pd.Timestamp("2025-01-01")
LEADS = 3


def moment(days: float) -> pd.Timestamp:
    return (NEW_YEAR + pd.Timedelta(days=days)).floor("us")  # no moment is finer in the tables


# What is drawn as later happens after the moment, what is drawn as before up to it or at it.
LATER, BEFORE = st.floats(1e-6, 400).map(moment), st.one_of(st.just(NEW_YEAR), st.floats(-400, 0).map(moment))


POSITIONS = st.integers(0, LEADS - 1)


def events(times):
    kinds = st.sampled_from(["download", "usage", "never seen"])
    event = {"position": POSITIONS, "occurred_at": times, "type": kinds, "value": st.just(2.0)}
    return st.lists(st.fixed_dictionaries(event), max_size=8)


def stages(times):
    entry = {"position": POSITIONS, "stage": st.sampled_from(["mql", "sql"]), "entered_at": times}
    return st.lists(st.fixed_dictionaries(entry), max_size=5)


def changes(times):
    cells, attribute = st.sampled_from(["Retail", "Health", None]), st.just("industry")
    change = {"position": POSITIONS, "attribute": attribute, "changed_at": times, "text": cells}
    return st.lists(st.fixed_dictionaries(change), max_size=5)


@st.composite
def closings(draw):
    """Draw how a lead stood at the moment, and how it stands once something more came of it, or nothing did."""
    created = {"created_at": draw(BEFORE), "stage": "new", "industry": "Farming"}
    earlier = draw(st.sampled_from(["open", "won", "lost"]))
    if earlier == "open":
        then = created
        later = created | {"won": draw(st.booleans()), "closed_at": draw(LATER)}
    elif earlier == "won":
        then = later = created | {"won": True, "closed_at": draw(BEFORE)}
    else:  # opened again later
        lost_at = draw(BEFORE)
        then = created | {"won": False, "closed_at": lost_at}
        reopened, closed = sorted([draw(LATER), draw(LATER)])
        ended = draw(st.sampled_from([{}, {"won": True, "closed_at": closed}]))
        later = created | ended | {"lost_spells": [[lost_at.to_datetime64(), reopened.to_datetime64()]]}
    return then, draw(st.sampled_from([then, later]))


def with_spells(chunk: Chunk, rows: list[dict]) -> Chunk:
    return chunk._replace(leads=chunk.leads.assign(lost_spells=[row.get("lost_spells") for row in rows]))


def known_of(chunk: Chunk, schema) -> pd.DataFrame:
    """Return all that is known of the leads at the moment: what scoring writes beside the score, and the features."""
    existing = existing_at(chunk, NEW_YEAR)
    leads = existing.leads
    times = scoring_time(leads, NEW_YEAR)
    known = {
        "lead_id": leads["lead_id"],
        "as_of": times,
        "stage": stage_at(existing, NEW_YEAR),
        "outcome": outcome_at(leads, NEW_YEAR),
        "open": open_at(leads, NEW_YEAR),
        "age": age_at(leads, times),
    }
    rows = build(Batch.at(existing, schema, times))
    return pd.concat([pd.DataFrame(known).reset_index(drop=True), rows], axis="columns")


@settings(deadline=None, max_examples=80)
@given(
    before=st.tuples(events(BEFORE), stages(BEFORE), changes(BEFORE)),
    later=st.tuples(events(LATER), stages(LATER), changes(LATER)),
    ends=st.lists(closings(), min_size=LEADS, max_size=LEADS),
)
def test_nothing_later_changes_a_row_a_stage_an_outcome_or_an_age(schema, chunk_of, before, later, ends):
    first = [{"position": row, "attribute": "industry", "changed_at": moment(-9e3)} for row in range(LEADS)]
    then, afterwards = (list(leads) for leads in zip(*ends, strict=True))
    born_later = [{"created_at": moment(3), "won": True, "closed_at": moment(9)}]
    without = with_spells(chunk_of(then, before[0], before[1], first + before[2]), then)
    leads = afterwards + born_later
    tables = [[*known, *more] for known, more in zip(before, later, strict=True)]
    with_future = with_spells(chunk_of(leads, tables[0], tables[1], first + tables[2]), leads)
    pd.testing.assert_frame_equal(known_of(with_future, schema), known_of(without, schema))


@settings(deadline=None, max_examples=60)
@given(ends=st.lists(closings(), min_size=LEADS, max_size=LEADS))
def test_nothing_later_changes_a_matured_snapshot(chunk_of, ends):
    then, afterwards = (list(leads) for leads in zip(*ends, strict=True))
    known, later = (with_spells(chunk_of(leads), leads).leads for leads in (then, afterwards))
    matured = [timed_snapshots(leads, NEW_YEAR, 90).matured for leads in (known, later)]
    pd.testing.assert_frame_equal(matured[1], matured[0])


def test_what_happens_at_the_moment_is_known(chunk_of):
    chunk = chunk_of(
        [{"created_at": NEW_YEAR}],
        [{"position": 0, "occurred_at": moment(days), "type": "download"} for days in (0, 1e-5)],
        [{"position": 0, "stage": name, "entered_at": moment(days)} for name, days in (("mql", 0), ("sql", 1e-5))],
    )
    assert exists_at(chunk.leads, NEW_YEAR).tolist() == [True]
    assert [len(table) for table in activity_until(chunk, NEW_YEAR)] == [1, 1]


def test_each_lead_may_have_a_moment_of_its_own(chunk_of):
    lead = {"created_at": moment(-9.5), "won": True, "closed_at": moment(-2), "stage": "new"}
    entries = [{"position": row, "stage": "mql", "entered_at": moment(-5)} for row in (0, 1)]
    chunk = with_spells(chunk_of([lead, lead], stages=entries), [lead, lead])
    as_of = pd.Series([moment(-6), NEW_YEAR])
    assert stage_at(chunk, as_of).tolist() == ["new", "mql"]
    assert outcome_at(chunk.leads, as_of).tolist() == ["open", "won"]
    assert age_at(chunk.leads, as_of).tolist() == [3, 9]
    assert len(existing_at(chunk, pd.Series([moment(-10), NEW_YEAR])).leads) == 1


def test_a_moment_before_all_leads_leaves_none(chunk_of):
    lead = {"created_at": NEW_YEAR, "won": True, "closed_at": moment(9)}
    chunk = with_spells(chunk_of([lead], stages=[{"position": 0, "stage": "mql", "entered_at": moment(1)}]), [lead])
    existing = existing_at(chunk, moment(-1))
    assert stage_at(existing, moment(-1)).tolist() == []
    assert outcome_at(existing.leads, moment(-1)).tolist() == []
    assert age_at(existing.leads, scoring_time(existing.leads, moment(-1))).tolist() == []


def test_a_stretch_has_its_end_and_not_its_beginning():
    times = pd.Series([moment(0), moment(1), moment(2), moment(3), pd.NaT])
    assert happened_between(times, moment(1), moment(2)).tolist() == [False, False, True, False, False]


# Nobody else cuts by time

TIMES = ("occurred_at", "entered_at", "changed_at", "created_at", "closed_at")
COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
METHODS = {"between", "lt", "le", "gt", "ge", "searchsorted"}
SQL = re.compile(rf"\b({'|'.join(TIMES)})\s*(<=?|>=?|BETWEEN)\s", re.IGNORECASE)


def cuts_of(source: str) -> list[str]:
    """Return where a module compares a time of the data, or a variable that was made of one, with something."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    scopes = [(tree, set()), *((function, _made_of_times(function)) for function in functions)]
    cuts = (ast.unparse(node) for scope, names in scopes for node in ast.walk(scope) if _is_cut(node, names))
    return list(dict.fromkeys(cuts))


def _made_of_times(function: ast.FunctionDef) -> set[str]:
    assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and _has_time(node.value, set())]
    targets = [name for node in assigned for target in node.targets for name in ast.walk(target)]
    return {name.id for name in targets if isinstance(name, ast.Name)}


def _is_cut(node: ast.AST, made_of_times: set[str]) -> bool:
    if isinstance(node, ast.Compare) and any(isinstance(each, COMPARED) for each in node.ops):
        return any(_has_time(side, made_of_times) for side in (node.left, *node.comparators))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        return _has_time(node.func.value, made_of_times)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(SQL.search(node.value))


def _has_time(node: ast.AST, made_of_times: set[str]) -> bool:
    parts = list(ast.walk(node))
    words = {part.value for part in parts if isinstance(part, ast.Constant)}
    words |= {part.attr for part in parts if isinstance(part, ast.Attribute)}
    return bool(words & {*TIMES} or {part.id for part in parts if isinstance(part, ast.Name)} & made_of_times)


@pytest.mark.parametrize(
    "source",
    [
        "known = events[events['occurred_at'] <= as_of]",
        "def f():\n    closed = leads['closed_at']\n    return closed > as_of",
        "leads['closed_at'].between(since, as_of)",
        "query = 'SELECT * FROM entries WHERE entered_at <= $1'",
    ],
)
def test_a_cut_is_seen(source):
    assert cuts_of(source)


def test_a_cut_that_asks_for_the_rule_is_none():
    assert cuts_of("known = events[happened_by(events['occurred_at'], as_of)]") == []


@pytest.mark.parametrize("package", ["features", "models", "pipelines", "app"])
def test_no_other_module_cuts_by_time(package):
    cuts = {
        path.relative_to(ROOT).as_posix(): cuts_of(path.read_text("utf-8")) for path in (ROOT / package).rglob("*.py")
    }
    assert {path: each for path, each in cuts.items() if each and path != "features/as_of.py"} == {}


FUNNEL = {
    "e.occurred_at > $1": "the days of which activity is counted begin there",
    "e.occurred_at < c.closed_at": "what a lead touched before it closed",
}
"""Comparisons in the SQL of the funnel that are no cut at the moment: that is handed in."""


def test_the_funnel_is_handed_its_cut():
    text = (ROOT / "funnel" / "tables.py").read_text("utf-8")
    assert {match.group() for match in re.finditer(rf"[\w.]*\b(?:{'|'.join(TIMES)}) [<>]=? [\w.$]+", text)} == {*FUNNEL}


ROWS = {
    "leads": ("created_at", [None, -1, 0, 1e-6]),
    "closings": ("closed_at", [None, -1, 0, 1e-6]),
    "events": ("occurred_at", [-1, 0, 1e-6]),
    "entries": ("entered_at", [-1, 0, 1e-6]),
    "overtaken": ("lost_at", [-1, 0, 1e-6]),
}


@pytest.mark.parametrize("table", ROWS)
def test_a_database_cuts_as_pandas_does(table):
    column, days = ROWS[table]
    rows = pd.DataFrame({column: pd.Series([day if day is None else moment(day * 10) for day in days])})
    with duckdb.connect() as connection:
        connection.register("rows", rows.astype("datetime64[us]"))
        known = connection.execute(f"SELECT count(*) FROM rows WHERE {sql_known_at(NEW_YEAR)[table]}").fetchone()
    assert known == (len(days) - 1,)
