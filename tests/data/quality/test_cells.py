"""What is wrong is flagged with its rows, nothing impossible is left to learn from, and no lead is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.config import Outcome, Settings, load_settings
from data.dataset import Dataset, open_dataset
from data.simulator import simulate
from features import Batch, build

NOW = pd.Timestamp("2025-06-01")
GOOD = {
    "created_at": "2025-01-01",
    "company": "Acme Ltd",
    "job_title": "Buyer",
    "employees": 50.0,
    "annual_revenue": 1e6,
    "budget": 5000.0,
    "timeline_days": 90.0,
}

WRONG = [
    ({"email": "asdf"}, ("email", "no e-mail address")),
    ({"email": "test@test.com"}, ("email", "an e-mail address that was made up")),
    ({"email": "x@mailinator.com"}, ("email", "an e-mail address to throw away")),
    ({"email": "x@gmail.com"}, ("email", "a free-mail address")),
    ({"company": "asdf"}, ("company", "looks made up")),
    ({"job_title": "qwerty"}, ("job_title", "looks made up")),
    ({"job_title": "Student and CEO"}, ("job_title", "a student who heads a firm")),
    ({"annual_revenue": 1e9, "employees": 1}, ("annual_revenue", "too much revenue for so few employees")),
    ({"employees": -5}, ("employees", "impossible: read as missing")),
    ({"employees": 2.5}, ("employees", "impossible: read as missing")),
    ({"employees": 9_999_999}, ("employees", "impossible: read as missing")),
    ({"annual_revenue": -5}, ("annual_revenue", "impossible: read as missing")),
    ({"annual_revenue": 99_999_999_999_999}, ("annual_revenue", "impossible: read as missing")),
    ({"budget": -1}, ("budget", "impossible: read as missing")),
    ({"timeline_days": -1}, ("timeline_days", "impossible: read as missing")),
    ({"created_at": "1970-01-01"}, ("created_at", "before 1990: read as missing")),
    ({"created_at": "2030-01-01"}, ("created_at", "in the future: read as missing")),
    ({"budget": "lots"}, ("budget", "not a number")),
]
"""What one lead gave, and how it is flagged."""


@contextmanager
def opened(tmp_path: Path, leads: list[dict]) -> Iterator[Dataset]:
    """Open leads given by what is not as in a good one; they are called L0, L1, …, and every other one was won."""
    numbered = [
        {"lead_id": f"L{n}", "y": n % 2} | GOOD | {"email": f"p{n}@firm{n}.com"} | lead for n, lead in enumerate(leads)
    ]
    pd.DataFrame(numbered).to_csv(tmp_path / "leads.csv", index=False)
    chosen = Settings(tables={"leads": tmp_path / "leads.csv"}, outcome=Outcome(column="y"))
    with open_dataset(chosen, workspace=tmp_path / "var", now=NOW) as dataset:
        yield dataset


def flags_of(dataset: Dataset) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(flag.column, flag.problem): flag.rows for flag in dataset.report.flags}


def leads_of(dataset: Dataset) -> pd.DataFrame:
    return pd.concat([chunk.leads for chunk in dataset.chunks()]).set_index("lead_id")


def test_what_is_wrong_is_flagged_with_its_rows(tmp_path):
    expected = defaultdict(list)
    for number, (_, flag) in enumerate(WRONG):
        expected[flag].append(f"L{number}")
    with opened(tmp_path, [*(lead for lead, _ in WRONG), *[{}] * 20]) as dataset:
        assert flags_of(dataset) == {flag: tuple(rows) for flag, rows in expected.items()}


def test_good_leads_are_not_flagged(tmp_path):
    leads = [
        {},
        {"employees": 0},
        {"employees": 5e6},
        {"annual_revenue": 0},
        {"created_at": "1990-01-01"},
        {"budget": 0},
    ]
    with opened(tmp_path, leads) as dataset:
        assert dataset.report.flags == []
        assert leads_of(dataset)["impossible_size"].tolist() == [0] * 6


def test_a_flag_counts_all_rows_and_names_five(tmp_path):
    with opened(tmp_path, [{"company": "asdf"}] * 7) as dataset:
        (flag,) = dataset.report.flags
    assert (flag.count, flag.example, flag.rows) == (7, "lead L0", ("L0", "L1", "L2", "L3", "L4"))
    assert flag.rows == tuple(f"L{number}" for number in range(5))


def test_an_impossible_size_becomes_missing_and_its_lead_says_so(tmp_path):
    with opened(tmp_path, [{}, {"employees": -5}, {"budget": -1}]) as dataset:
        leads = leads_of(dataset)
    assert leads["employees"].isna().tolist() == [False, True, False]
    assert leads["budget"].isna().tolist() == [False, False, True]
    assert leads["impossible_size"].tolist() == [0, 1, 1]


def test_sizes_that_are_read_as_words_are_checked_all_the_same(tmp_path):
    sizes = ["10", "20", "1,200", "-5", "99999999", "many", "unknown"]
    with opened(tmp_path, [{"employees": size} for size in sizes]) as dataset:
        assert flags_of(dataset) == {
            ("employees", "not a number, as most are: all are read as words"): ("L5", "L6"),
            ("employees", "impossible: read as missing"): ("L3", "L4"),
        }
        leads = leads_of(dataset)
    assert leads["employees"].isna().tolist() == [False, False, False, True, True, False, False]
    assert leads["impossible_size"].tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_bands_of_sizes_are_words_in_their_own_right(tmp_path):
    with opened(tmp_path, [{"employees": band} for band in ("1-10", "11-50", "51 to 200", "5000+")]) as dataset:
        assert dataset.report.flags == []


def test_names_of_persons_are_checked_although_they_are_no_features(tmp_path):
    leads = [{"First Name": "Ng", "Last Name": "Xu"}, {"First Name": "asdf", "Last Name": "Lee"}]
    with opened(tmp_path, leads) as dataset:
        assert flags_of(dataset) == {("First Name", "looks made up"): ("L1",)}
        assert not {"First Name", "Last Name"} & {attribute.name for attribute in dataset.schema.attributes}


def test_telephone_numbers_are_checked_although_they_are_no_features(tmp_path):
    with opened(tmp_path, [{"Phone": "+49 30 1234567"}, {"Phone": "1111111"}, {"Phone": ""}]) as dataset:
        assert flags_of(dataset) == {("Phone", "no telephone number"): ("L1",)}
        assert "Phone" not in {attribute.name for attribute in dataset.schema.attributes}


def test_the_same_person_twice_is_flagged_as_a_pair(tmp_path):
    leads = [{"email": "Ann@acme.com"}, {}, {"email": "ann@Acme.com "}]
    with opened(tmp_path, leads) as dataset:
        assert flags_of(dataset) == {("email", "the e-mail address of another lead"): ("L0 = L2",)}


def test_a_column_that_is_dropped_is_not_checked(tmp_path):
    pd.DataFrame({"lead_id": ["a", "b"], "Last Name": ["asdf", "Lee"], "x": [1, 2], "y": [0, 1]}).to_csv(
        tmp_path / "l.csv"
    )
    chosen = Settings(tables={"leads": tmp_path / "l.csv"}, outcome=Outcome(column="y"), drop=["Last Name"])
    with open_dataset(chosen, workspace=tmp_path / "var", now=NOW) as dataset:
        assert dataset.report.flags == []


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(
            ["asdf", "x@mailinator.com", "a@gmail.com", "Ann@acme.com", "", "@", "a@b@c", "é@ü.de"]
        ),
        "company": st.sampled_from(["asdf", "", "...", "Acme", "1111", "小米"]),
        "job_title": st.sampled_from(["test", "", "Student, CEO", "CEO"]),
        "employees": st.sampled_from([-5, 0, 0.5, 1e9, "many", ""]),
        "annual_revenue": st.sampled_from([-5, 1e14, 1e12, ""]),
        "created_at": st.sampled_from(["1900-01-01", "2999-01-01", "never", ""]),
    },
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=2, max_size=8))
def test_no_lead_is_lost_whatever_it_gave(tmp_path, leads):
    with opened(tmp_path, leads) as dataset:
        counts = dataset.report.tables["leads"]
        (chunk,) = dataset.chunks()
        features = build(Batch.at(chunk, dataset.schema, NOW))
        flagged = {row for flag in dataset.report.flags for name in flag.rows for row in name.split(" = ")}
    assert counts.read == counts.used + counts.quarantined == len(leads)
    assert flagged <= set(chunk.leads["lead_id"])
    assert len(features) == len(leads)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> tuple[pd.DataFrame, dict[tuple[str, str], int]]:
    """The simulated leads as they are in the file, and how many of them have which flag."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate(4000, folder, seed=3)
    with open_dataset(load_settings(folder / "leadscore.yaml"), workspace=folder / "var") as dataset:
        counts = {(flag.column, flag.problem): flag.count for flag in dataset.report.flags}
    return pd.read_parquet(folder / "leads.parquet").drop_duplicates("lead_id"), counts


def test_of_the_simulators_junk_all_is_found_and_nothing_else(simulated):
    leads, counts = simulated
    planted = {
        ("email", "no e-mail address"): leads["email"].isin(["asdf", "a@a.a", "no@thanks"]),
        ("email", "an e-mail address that was made up"): leads["email"] == "test@test.com",
        ("email", "an e-mail address to throw away"): leads["email"].str.contains("mailinator|10minutemail", na=False),
        ("email", "a free-mail address"): leads["email"].str.contains("@(?:gmail|gmx|outlook|yahoo)", na=False),
        ("company", "looks made up"): leads["company"].isin(["asdf", "test", "xxx"]),
        ("job_title", "looks made up"): leads["job_title"].isin(["asdf", "test", "."]),
        ("employees", "impossible: read as missing"): leads["employees"].isin([-5, 9_999_999]),
        ("annual_revenue", "impossible: read as missing"): leads["annual_revenue"].isin([-5, 99_999_999_999_999]),
    }
    assert {key: counts[key] for key in planted} == {key: int(wrong.sum()) for key, wrong in planted.items()}


def test_the_simulators_leads_are_no_duplicates(simulated):
    _, counts = simulated
    assert not [problem for _, problem in counts if "another lead" in problem]
