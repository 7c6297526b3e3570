"""Companies: what their people do together, how far their leads are, and the best that is open."""

import pandas as pd

from funnel.accounts import accounts
from funnel.rates import kinds_by


def scored(let_go: str = "", **scores: int) -> pd.DataFrame:
    out = ["Competitor" if name in let_go else None for name in scores]
    return pd.DataFrame({"score": pd.Series(scores, dtype=float), "disqualified_by": pd.Series(out, index=[*scores])})


def test_an_account_is_what_its_leads_are_together(journeys):
    found = journeys(
        [
            {"id": "a", "source": "webinar", "campaign": "roadshow", "path": ["lead", "mql", "sql"], "won": False},
            {"id": "b", "source": "mail", "path": ["lead", "mql"]},
            {"id": "c", "path": ["lead"]},
            {"id": "other", "path": ["lead", "mql", "sql", "qso"]},
        ]
    )
    told = {
        "account_id": "A1",
        "company": "Nordgate AG",
        "activities": 7,
        "last_activity": pd.Timestamp("2025-03-01"),
        "viewed": ["pricing_visit", "download: price_list"],
        "positions": [0, 1, 2],
    }
    came_by = [kinds_by(found.leads[name]) for name in ("source", "campaign")]
    (account,) = accounts(found, pd.DataFrame([told]), scored(b=70, c=90, other=99), came_by)
    assert (account.leads, account.open, account.stage, account.score) == (3, 2, "sql", 90)
    assert (account.company, account.channel, account.viewed[0]) == (
        "Nordgate AG",
        "webinar, roadshow",
        "pricing_visit",
    )


def test_an_account_without_a_name_or_a_scored_lead_is_told(journeys):
    row = {"account_id": "A1", "company": None, "activities": 1, "positions": [0], "viewed": []}
    rows = pd.DataFrame([{**row, "last_activity": pd.Timestamp("2025-03-01")}])
    found = journeys([{}])
    (account,) = accounts(found, rows, scored(), [kinds_by(found.leads["source"])])
    assert (account.company, account.channel, account.score, account.stage) == ("", "", None, "lead")


def test_a_disqualified_lead_is_the_best_only_where_there_is_no_other(journeys):
    row = {"account_id": "A1", "company": "Nordgate AG", "activities": 1, "positions": [0, 1], "viewed": []}
    rows, found = (
        pd.DataFrame([{**row, "last_activity": pd.Timestamp("2025-03-01")}]),
        journeys([{"id": "a"}, {"id": "b"}]),
    )
    came_by = [kinds_by(found.leads["source"])]
    for let_go, score in (("", 90), ("b", 70), ("ab", 90)):
        (account,) = accounts(found, rows, scored(let_go, a=70, b=90), came_by)
        assert account.score == score
