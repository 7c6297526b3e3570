"""Which tables of a large database may have to do with leads: by their names, and by what refers to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from data.columns import has_id_word, words_of
from data.proposal.hints import role_of_name, speaks_of_a_lead

FEW = 5
"""Tables that are looked into where none is named like leads: those that most others refer to."""


def telling_tables(
    columns: Mapping[str, Collection[str]], references: Mapping[str, Collection[str]], most: int
) -> list[str]:
    """Return up to ``most`` tables that may hold leads, or something about them.

    ``columns`` has the columns of each table, ``references`` the tables that its foreign keys name. First come the
    tables that are named like leads, or else those that most others refer to; then what refers to them; then what is
    named like events, stages, outcomes or costs.

    >>> columns = {"crm_lead": ["id"], "log": ["id", "lead_id"], "stock": ["id"], "deals": ["id"]}
    >>> telling_tables(columns, {"stock": ["product"]}, most=3)
    ['crm_lead', 'log', 'deals']
    """
    leads = [name for name in columns if role_of_name(name) == "leads" and speaks_of_a_lead(name)]
    leads = sorted(leads, key=lambda name: len(words_of(name))) or _most_referred(columns, references)
    linked = [name for name in columns if _refers_to(leads, columns[name], references.get(name, ()))]
    linked.sort(key=lambda name: not role_of_name(name))
    named = [name for name in columns if role_of_name(name)]
    return list(dict.fromkeys([*leads, *linked, *named]))[:most]


def _refers_to(leads: Collection[str], columns: Collection[str], references: Collection[str]) -> bool:
    names_a_lead = any(speaks_of_a_lead(column) and has_id_word(column) for column in columns)
    return names_a_lead or not set(leads).isdisjoint(references)


def _most_referred(columns: Mapping[str, Collection[str]], references: Mapping[str, Collection[str]]) -> list[str]:
    counts = Counter(name for targets in references.values() for name in set(targets) if name in columns)
    return [name for name, _ in counts.most_common(FEW)]
