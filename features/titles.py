"""Job titles, read: the rank and the department that a title speaks of."""

from __future__ import annotations

import re

import pandas as pd

RANKS = {
    "Student": r"student|intern|trainee|apprentice|working student",
    "Job seeker": r"job[ -]?(?:seek\w+|hunt\w+)|unemployed|between jobs|(?:seeking|looking for) (?:a |new )*"
    r"(?:job|work|position|role|opportunit\w+|employment|challenges?)|open to work|arbeitss?uchend|arbeitslos|"
    r"stellensuchend",
    "C-level": r"chief|c[eftoim]o|ciso|cmo|cro|president|founder|owner|partner|managing director|geschäftsführer",
    "VP": r"vp|svp|evp|vice president",
    "Director": r"director|head|direktor|leiter",
    "Manager": r"manager|lead|supervisor|team leader|principal",
    "Assistant": r"assistant|junior|clerk|secretary",
}
"""Rank → words, the first match decides; a vice president comes before a president."""

DEPARTMENTS = {
    "Student": r"student|intern|trainee|apprentice",
    "IT": r"it|cio|cto|ciso|information|technology|data|software|developer|devops|systems?|security|technical|"
    r"engineer\w*",
    "Marketing": r"marketing|cmo|brand|content|growth|communications?|demand",
    "Sales": r"sales|cro|account executive|business development|revenue|commercial",
    "Finance": r"finance|financial|cfo|controller|controlling|accounting|treasur\w*",
    "Operations": r"operations?|coo|logistics|supply|production|plant|manufacturing|quality",
    "Purchasing": r"purchas\w*|procurement|buyer|sourcing",
    "People": r"hr|human resources|people|talent|recruit\w*",
    "Management": r"ceo|founder|owner|president|managing director|general manager|partner",
}


def rank_of(titles: pd.Series) -> pd.Series:
    """Return the rank that each title names; "Specialist" where it names none, missing where there is no title.

    >>> list(rank_of(pd.Series(["Vice President Sales", "CTO", "Analyst"])))
    ['VP', 'C-level', 'Specialist']
    """
    without_vice = titles.str.replace(r"(?i)vice[ -]president", "vp", regex=True)
    return _first_match(without_vice, RANKS, otherwise="Specialist")


def department_of(titles: pd.Series) -> pd.Series:
    """Return the department that each title names; "Other" where it names none, missing where there is no title.

    >>> list(department_of(pd.Series(["Head of IT", "Marketing Manager", "Beekeeper"])))
    ['IT', 'Marketing', 'Other']
    """
    return _first_match(titles, DEPARTMENTS, otherwise="Other")


def _first_match(titles: pd.Series, patterns: dict[str, str], otherwise: str) -> pd.Series:
    """Titles repeat: each distinct one is read once."""
    compiled = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in patterns.items()}
    meanings = {
        title: next((name for name, pattern in compiled.items() if pattern.search(title)), otherwise)
        for title in titles.dropna().unique()
    }
    return titles.map(meanings)
