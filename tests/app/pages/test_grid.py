"""The grid of fit and engagement: each cell counts its leads, opens their list, and tells conversion in history."""

import re
from dataclasses import replace
from html import unescape

import pandas as pd

from app.pages.grid import FEWEST_KNOWN
from models.versions import Registry, Stored
from tests.app.conftest import client_of

CELL = re.compile(r'<a href="([^"]+)"><span class="sr">(\w\d): </span><b>([\d,]+)</b> open<span class="rate">([^<]+)<')


def cells(client, query: str = "") -> dict[str, tuple[str, int, str]]:
    """Return what stands in each cell: the address of its list, its open leads, and its conversion."""
    found = CELL.findall(unescape(client.get(f"/grid{query}").text))
    return {grade: (address, int(count.replace(",", "")), rate) for address, grade, count, rate in found}


def without_standing(version_of):
    """Return what loads a version as an earlier state of the code would have stored it."""

    def version(registry: Registry, number: str) -> Stored:
        stored = version_of(registry, number)
        return replace(stored, training={name: told for name, told in stored.training.items() if name != "standing"})

    return version


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


def test_conversion_is_that_of_leads_that_stood_there_and_untold_of_few(client, workspace):
    registry = Registry(workspace)
    history = {each["place"]: each for each in registry.champion().training["standing"]["grades"]}
    assert any(each["leads"] >= FEWEST_KNOWN for each in history.values())
    for grade, (_, _, rate) in cells(client).items():
        stood = history.get(grade, {"leads": 0})
        enough = stood["leads"] >= FEWEST_KNOWN
        won = round(stood["leads"] * stood.get("won", 0))
        assert rate.strip() == (f"{won:,} of {stood['leads']:,} won" if enough else "too few known")


def test_a_version_of_an_earlier_time_has_no_history_and_the_page_says_so(workspace, monkeypatch):
    monkeypatch.setattr(Registry, "version", without_standing(Registry.version))
    with client_of(workspace) as client:
        page = client.get("/grid").text
    assert "the next training brings it" in page
    assert " won<" not in page


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
