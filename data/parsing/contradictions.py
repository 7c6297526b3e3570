"""Cells of one lead that cannot all be true: a student who is chief, ten thousand colleagues behind a free address."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from data.parsing.emails import FREE, kind_of_mail

LARGE_BUDGET, MANY_EMPLOYEES, MOST_REVENUE_PER_HEAD = 100_000, 10_000, 100_000_000
"""Little revenue for many employees is no contradiction: it is often given in thousands, or in millions."""
PARTS = re.compile(
    r"(?<!\s)\s*(?:[,;/|&+()]|\s[-–]\s|\band\b|\bund\b|\bet\b|(?<=^student)\s(?=c[efot]o$))\s*", re.IGNORECASE
)
"""What parts two roles; a Student CEO is both, but a CEO Intern works for one."""
STUDENT = re.compile(
    r"(?!former|ex|ehemalig|ancien)(?:[\w.]+ )?(?:(?:(?:werk)?student(?:in)?|étudiante?)(?: (?:of|at|in) .+)?"
    r"|intern|trainee|stagiaire|praktikant(?:in)?)",
    re.IGNORECASE,
)
HEAD = re.compile(
    r"c[efotim]o|chief [\w ]+ officer|(?:managing |executive )?director(?: of .+)?|(?:vice[ -])?president|owner"
    r"|geschäftsführer(?:in)?|inhaber(?:in)?|head of .+",
    re.IGNORECASE,
)


def _two_titles(titles: pd.Series) -> pd.Series:
    students = titles[_have(titles, STUDENT)]
    return _have(students, HEAD).reindex(titles.index, fill_value=False)


def _rich_student(titles: pd.Series, budgets: pd.Series) -> pd.Series:
    rich = titles[budgets >= LARGE_BUDGET]
    return _have(rich, STUDENT).reindex(titles.index, fill_value=False)


def _free_mail_of_many(addresses: pd.Series, employees: pd.Series) -> pd.Series:
    of_many = addresses[employees > MANY_EMPLOYEES]
    return (kind_of_mail(of_many) == FREE).reindex(addresses.index, fill_value=False)


def _rich_few(revenues: pd.Series, employees: pd.Series) -> pd.Series:
    return (employees > 0) & (revenues / employees > MOST_REVENUE_PER_HEAD)


def _have(titles: pd.Series, role: re.Pattern[str]) -> pd.Series:
    """Return which titles name a role as one of their parts; each distinct title is read once."""
    distinct = titles.dropna().unique()
    return titles.isin([title for title in distinct if any(role.fullmatch(part) for part in PARTS.split(title))])


CONTRADICTIONS = {
    "a student who heads a firm": (_two_titles, ("job_title",)),
    "a student with a large budget": (_rich_student, ("job_title", "budget")),
    "free mail in a very large firm": (_free_mail_of_many, ("email", "employees")),
    "too much revenue for so few employees": (_rich_few, ("annual_revenue", "employees")),
}
"""How each is called, how it is seen, and in which columns; the first of a lead counts."""


def contradiction_of(leads: pd.DataFrame) -> pd.Series:
    """Return what contradicts itself in each lead; missing where nothing does.

    leads: any of ``job_title``, ``email`` (text), ``employees``, ``annual_revenue`` and ``budget`` (float64).

    >>> leads = pd.DataFrame({"job_title": ["Student / CEO", "Director of Student Affairs"]})
    >>> contradiction_of(leads).tolist()
    ['a student who heads a firm', nan]
    """
    contradictions = pd.Series(None, index=leads.index, dtype="str")
    for what, (is_seen, needed) in reversed(CONTRADICTIONS.items()):
        if can_contradict(leads.columns, needed):
            contradictions[is_seen(*(leads[name] for name in needed))] = what
    return contradictions


def can_contradict(columns: Collection[str], needed: Collection[str] | None = None) -> bool:
    """Return whether a contradiction, or any, can be seen in these columns."""
    each = [needed] if needed else [names for _, names in CONTRADICTIONS.values()]
    return any(set(names) <= set(columns) for names in each)
