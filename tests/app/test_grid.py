"""The grid of fit and engagement: each cell counts its leads, opens their list, and tells conversion in history."""

import re
from html import unescape

import pandas as pd

from app.grid import FEWEST_CLOSED

CELL = re.compile(r'<a href="([^"]+)"><span class="sr">(\w\d): </span><b>([\d,]+)</b> open<span class="rate">([^<]+)<')


def cells(client, query: str = "") -> dict[str, tuple[str, int, str]]:
    """Return what stands in each cell: the address of its list, its open leads, and its conversion."""
    found = CELL.findall(unescape(client.get(f"/grid{query}").text))
    return {grade: (address, int(count.replace(",", "")), rate) for address, grade, count, rate in found}


def scores(store) -> pd.DataFrame:
    with store.transaction() as connection:
        return pd.read_sql(
            "SELECT lead_id, fit, engagement, outcome, source FROM leadscore_scores s WHERE run_id ="
            " (SELECT max(run_id) FROM leadscore_scores WHERE lead_id = s.lead_id)",
            connection,
        ).assign(grade=lambda rows: rows["fit"] + rows["engagement"])


def test_each_cell_counts_its_open_leads_and_opens_their_list(client, store):
    found, told = cells(client), scores(store)
    counts = told[told["outcome"] == "open"]["grade"].value_counts()
    assert len(found) == 16
    assert {grade: count for grade, (_, count, _) in found.items() if count} == counts.to_dict()
    rarest = counts.index[-1]
    listed = re.findall(r'<td role="cell" class="lead">', client.get(found[rarest][0]).text)
    assert len(listed) == min(counts[rarest], 50)


def test_conversion_is_that_of_closed_leads_and_untold_of_few(client, store):
    found, told = cells(client), scores(store)
    for grade, (_, _, rate) in found.items():
        closed = told[(told["grade"] == grade) & (told["outcome"] != "open")]
        enough = len(closed) >= FEWEST_CLOSED
        assert rate.strip().endswith(f"won of {len(closed):,}" if enough else "too few closed")


def test_who_fits_and_does_nothing_is_told_from_who_buys_and_never_fits(client, store):
    told = scores(store)
    fits_only = told[told["fit"].isin(["A", "B"]) & told["engagement"].isin(["3", "4"])]
    busy_only = told[told["fit"].isin(["C", "D"]) & told["engagement"].isin(["1", "2"])]
    found = cells(client)
    for some in (fits_only, busy_only):
        still_open = some[some["outcome"] == "open"]["grade"]
        assert len(still_open) > 10
        assert {grade: found[grade][1] for grade in set(still_open)} == still_open.value_counts().to_dict()


def test_a_source_leaves_the_others_out(client, store):
    told = scores(store)
    source = told["source"].mode()[0]
    counts = told[(told["outcome"] == "open") & (told["source"] == source)]["grade"].value_counts()
    found = cells(client, f"?source={source}")
    assert {grade: count for grade, (_, count, _) in found.items() if count} == counts.to_dict()
