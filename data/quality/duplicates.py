"""Leads that are one person: the same address, or the same name in the same firm, written alike or nearly so.

No pair is looked for among all pairs. Equal addresses are grouped; beyond that, leads are put in blocks by the first
letters of their firm, sorted by name in each, and compared with their next neighbours only.

Duplicates are flagged, and nothing is made of them: whether a lead is one depends on which others are in the file, so a
feature of it would not be the same in training and in scoring.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from data.parsing import FREE_DOMAINS, IN_BRACKETS, LEGAL_FORMS, LINK, PERSONS, THROW_AWAY_DOMAINS, kind_of_mail
from data.quality_report import ROWS_SHOWN, Flag

SAME_ADDRESS = "the e-mail address of another lead"
SAME_NAME = "the name and firm of another lead, or nearly so"
GOOGLE = "('gmail.com', 'googlemail.com')"
"""Here addresses that differ in dots, or after a plus, are one."""
BLOCK, NEIGHBOURS = 8, 3
"""Letters of the firm that make a block, and leads after each that it is compared with."""
STEPS = range(1, NEIGHBOURS + 1)
SHORTEST, SHORTEST_NEARLY = 6, 9
"""Letters from which on a name is that of one person, and from which on one of them may differ."""
SAME_FIRM, ONE_LETTER = 0.95, 0.92
"""Jaro-Winkler similarities: of two spellings of a firm, and the least of two names that differ in one letter."""

BARE = f"regexp_replace(regexp_replace(trim(lower(email)), '{IN_BRACKETS}', '\\1'), '{LINK}', '\\1')"
"""An address without the name, the brackets or the mailto: around it, as `data.parsing.emails` reads it."""
PEOPLE = f"""
    CREATE OR REPLACE TEMP TABLE people AS
    WITH firms AS (
        SELECT company, regexp_replace(
            regexp_replace(strip_accents(lower(company)), '\\b({LEGAL_FORMS})\\b', '', 'g'), '[^\\pL\\pN]', '', 'g'
        ) AS firm FROM (SELECT DISTINCT company FROM leads WHERE company IS NOT NULL)),
    spelt AS (SELECT position, lead_id, company, trim({BARE}) AS mail FROM leads),
    parted AS (SELECT *, split_part(mail, '@', 1) AS person, nullif(split_part(mail, '@', 2), '') AS domain FROM spelt)
    SELECT position, lead_id,
        CASE WHEN domain IN {GOOGLE} THEN replace(split_part(person, '+', 1), '.', '') || '@gmail.com'
            WHEN domain IS NOT NULL THEN mail END AS address,
        coalesce(nullif({{name}}, ''), replace(replace(replace(person, '.', ''), '_', ''), '-', '')) AS person,
        coalesce(nullif(firm, ''),
            CASE WHEN domain NOT IN (SELECT domain FROM shared) THEN split_part(domain, '.', 1) END) AS firm
    FROM parted LEFT JOIN firms USING (company) {{source}}"""
NAME = "regexp_replace(strip_accents(lower(concat_ws(' ', {cells}))), '[^\\pL\\pN]', '', 'g')"
REPEATED = """
    SELECT address, position, lead_id FROM people WHERE hash(address) IN (
        SELECT hash(address) FROM people WHERE address IS NOT NULL GROUP BY 1 HAVING count(*) > 1)"""
NEXT = ", ".join(f"{{'at': lead(position, {step}) OVER w, 'person': lead(person, {step}) OVER w}}" for step in STEPS)
PAIRS = f"""
    WITH named AS (
        SELECT left(firm, {BLOCK}) AS start, person, position FROM people
        WHERE firm IS NOT NULL AND length(person) >= {SHORTEST} AND NOT regexp_matches(person, '\\d')),
    neighbours AS (
        SELECT position, person, [{NEXT}] AS others FROM named WINDOW w AS (PARTITION BY start ORDER BY person)),
    pairs AS (SELECT position, person, unnest(others) AS other FROM neighbours),
    alike AS (
        SELECT least(position, other.at) AS one, greatest(position, other.at) AS two FROM pairs
        WHERE CASE WHEN person = other.person THEN true
            WHEN length(person) < {SHORTEST_NEARLY} OR abs(length(person) - length(other.person)) > 1 THEN false
            WHEN jaro_winkler_similarity(person, other.person) < {ONE_LETTER} THEN false
            ELSE damerau_levenshtein(person, other.person) = 1 END)
    SELECT count(DISTINCT b.position), min(
        DISTINCT {{'at': a.position, 'other': b.position, 'ids': [a.lead_id, b.lead_id]}}, {ROWS_SHOWN})
    FROM alike JOIN people a ON one = a.position JOIN people b ON two = b.position
    WHERE a.address IS DISTINCT FROM b.address AND jaro_winkler_similarity(a.firm, b.firm) >= {SAME_FIRM}"""
"""Where people have numbers, these distinguish them: names with a number are not compared."""


def find_duplicates(
    connection: duckdb.DuckDBPyConnection, column: str, names: Sequence[str] = (), source: str = ""
) -> list[Flag]:
    """Return leads of the table ``leads`` that are another one too, with pairs of them.

    ``column`` is the column that is named as their place. Where the names of persons are known, ``names`` are their
    columns in the table ``source``; else what stands before the @ is the name.
    """
    name = NAME.format(cells=", ".join(names)) if names else "NULL"
    joined = f"LEFT JOIN {source} USING (position)" if names else ""
    connection.register("shared", pa.table({"domain": [*FREE_DOMAINS, *THROW_AWAY_DOMAINS]}))
    connection.execute(PEOPLE.format(name=name, source=joined))
    connection.unregister("shared")
    flags = [*_same_address(connection, column), *_same_name(connection, column)]
    connection.execute("DROP TABLE people")
    return flags


def _same_address(connection: duckdb.DuckDBPyConnection, column: str) -> list[Flag]:
    """Equal addresses; one that was made up is anybody's."""
    leads = connection.sql(REPEATED).to_arrow_table().to_pandas().astype({"address": "str"})
    leads = leads[kind_of_mail(leads["address"]).isin(PERSONS)].sort_values("position")
    first = leads.groupby("address", sort=False)["lead_id"].transform("first")
    again = leads[leads.duplicated("address")]
    return _flags(column, SAME_ADDRESS, len(again), list(zip(first[again.index], again["lead_id"], strict=True)))


def _same_name(connection: duckdb.DuckDBPyConnection, column: str) -> list[Flag]:
    count, first = connection.execute(PAIRS).fetchall()[0]
    return _flags(column, SAME_NAME, count, [pair["ids"] for pair in first or []])


def _flags(column: str, problem: str, count: int, pairs: Sequence[Sequence[str]]) -> list[Flag]:
    rows = tuple(f"{first} = {second}" for first, second in pairs[:ROWS_SHOWN])
    return [Flag("leads", column, problem, count, rows[0], rows)] if count else []
