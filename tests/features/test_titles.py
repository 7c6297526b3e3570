import pandas as pd
import pytest

from features.titles import department_of, rank_of


@pytest.mark.parametrize(
    ("title", "rank", "department"),
    [
        ("Chief Information Officer", "C-level", "IT"),
        ("vice president, Sales", "VP", "Sales"),
        ("Head of Marketing", "Director", "Marketing"),
        ("Procurement Manager", "Manager", "Purchasing"),
        ("Working Student HR", "Student", "Student"),
        ("Currently unemployed", "Job seeker", "Other"),
        ("Looking for a new position", "Job seeker", "Other"),
        ("Job Architect", "Specialist", "Other"),
        ("Poet", "Specialist", "Other"),
    ],
)
def test_titles_are_read(title, rank, department):
    titles = pd.Series([title])
    assert (rank_of(titles)[0], department_of(titles)[0]) == (rank, department)


def test_no_title_has_no_rank():
    assert rank_of(pd.Series([None, "CEO"], dtype="str")).isna().tolist() == [True, False]


def test_a_word_within_a_word_is_not_read():
    assert department_of(pd.Series(["Auditor"]))[0] == "Other"
