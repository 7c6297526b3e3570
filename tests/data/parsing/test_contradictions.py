import pandas as pd
import pytest

from data.parsing.contradictions import can_contradict, contradiction_of

CHIEF, RICH, FREE, FEW = (
    "a student who heads a firm",
    "a student with a large budget",
    "free mail in a very large firm",
    "too much revenue for so few employees",
)


def contradiction(**cells) -> object:
    value = contradiction_of(pd.DataFrame({name: [cell] for name, cell in cells.items()})).tolist()[0]
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(
    "title",
    [
        *("Student / CEO", "CEO & Student", "Intern and CEO", "PhD Student, Founder and CEO", "CFO (intern)"),
        *("Student CEO", "Geschäftsführer, Werkstudent", "Werkstudentin / Inhaberin", "Praktikant & Inhaber"),
    ],
)
def test_a_student_who_is_chief_contradicts_itself(title):
    assert contradiction(job_title=title) == CHIEF


@pytest.mark.parametrize(
    "title",
    [
        "Student",
        "CEO",
        "Director of Student Affairs",
        "Director, Student Affairs",
        "Student Success Director",
        "Head of Internship",
        "Intern to the CEO",
        "CEO Intern",
        "Student and Founder",
        "Student President",
        "Student Council",
        "Werkstudent",
        "Geschäftsführer, ehemaliger Werkstudent",
        "CEO, former student",
        "Trainee Manager",
        "Assistant Director and Student Advisor",
    ],
)
def test_titles_that_only_speak_of_students_do_not(title):
    assert contradiction(job_title=title) is None


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"job_title": "Student", "budget": 100_000.0}, RICH),
        ({"job_title": "Student", "budget": 99_999.0}, None),
        ({"job_title": "Buyer", "budget": 1e6}, None),
        ({"email": "ann@gmail.com", "employees": 10_001.0}, FREE),
        ({"email": "ann@gmail.com", "employees": 10_000.0}, None),
        ({"email": "ann@acme.com", "employees": 50_000.0}, None),
        ({"annual_revenue": 2e8, "employees": 1.0}, FEW),
        ({"annual_revenue": 2e8, "employees": 0.0}, None),
        ({"annual_revenue": 50.0, "employees": 1000.0}, None),
        ({"job_title": "Student, CEO", "budget": 1e6}, CHIEF),
    ],
)
def test_numbers_contradict_beyond_their_limits(cells, what):
    assert contradiction(**cells) == what


def test_missing_cells_contradict_nothing():
    columns = {"job_title": "str", "email": "str", "employees": float, "annual_revenue": float, "budget": float}
    leads = pd.DataFrame([dict.fromkeys(columns)]).astype(columns)
    assert contradiction_of(leads).isna().all()


def test_it_is_known_which_columns_can_contradict():
    assert can_contradict({"job_title"})
    assert can_contradict({"email", "employees"})
    assert not can_contradict({"email", "budget", "company"})
