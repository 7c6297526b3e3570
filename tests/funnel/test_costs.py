"""What leads cost and are worth: the usual ratios, exactly; and nothing is made up where nothing is known."""

import pandas as pd
import pytest

from funnel.costs import MORE, NO_CHANNEL, SEVERAL, TOO_FEW, TUNE, UNAFFORDABLE, UNCLEAR, channels, without_totals

JANUARY, FEBRUARY = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")


def leads(source: str, count: int, won: int = 0, amount: float = 0, **more) -> list[dict]:
    winners = [{"source": source, "won": True, "amount": amount, **more}] * won
    return winners + [{"source": source, "won": False, **more}] * (count - won)


def spent(**by_source: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"source": list(by_source), "month": JANUARY, "spend": [float(each) for each in by_source.values()]}
    )


def told(found, costs: pd.DataFrame | None, **given) -> dict:
    return {each.name: each for each in channels(found, costs, "source", smallest=1, **given)[0]}


def test_cost_per_lead_is_spend_over_leads(journeys):
    assert told(journeys(leads("ppc", 20)), spent(ppc=1000))["ppc"].cpl == 50


def test_cost_per_customer_is_spend_over_customers(journeys):
    channel = told(journeys(leads("ppc", 1000, won=20)), spent(ppc=50_000))["ppc"]
    assert channel.to_customer.rate == 0.02
    assert channel.cac == 2500


def test_costs_of_a_source_called_not_given_are_not_those_of_leads_without_a_source(journeys):
    found = told(journeys([*leads("Not given", 10), *leads(None, 5)]), spent(**{"not given": 100}))
    assert (found["not given (so written)"].spend, found["not given"].spend) == (100, None)


def test_every_stage_has_its_cost(two_assets):
    found = told(two_assets, pd.DataFrame({"source": ["demo request"], "month": [JANUARY], "spend": [4800.0]}))
    assert found["demo request"].cost_per == {"lead": 48, "mql": 60, "sql": 100, "customer": None}
    assert found["case study"].cost_per == dict.fromkeys(["lead", "mql", "sql", "customer"])


def test_leads_that_cost_more_than_they_are_worth_are_flagged(journeys):
    channel = told(journeys(leads("ppc", 100, won=2, amount=2000)), spent(ppc=5000))["ppc"]
    assert (channel.value, channel.cpl, channel.affordable) == (40, 50, False)
    assert channel.advice == UNAFFORDABLE


def test_leads_of_a_channel_without_a_win_are_worth_nothing_and_at_most_its_interval(journeys):
    found = told(journeys([*leads("fair", 40), *leads("mail", 40, won=2, amount=1000)]), spent(fair=9000, mail=400))
    fair = found["fair"]
    assert (fair.cpl, fair.value, fair.affordable, fair.advice) == (225, 0, False, UNAFFORDABLE)
    # Wilson's interval of 0 of 40 ends at 8.76 %; the mean deal is that of the company.
    assert (fair.deal, fair.deal_of_all, fair.value_ci) == (1000, True, (0, pytest.approx(87.6, abs=0.1)))
    assert found["mail"].deal_of_all is False


def test_without_any_win_at_all_leads_that_were_lost_are_worth_nothing_all_the_same(journeys):
    fair = told(journeys(leads("fair", 40)), spent(fair=9000))["fair"]
    assert (fair.value, fair.value_ci, fair.affordable) == (0, None, False)


def test_no_win_among_few_leads_is_no_proof(journeys):
    found = journeys([*leads("fair", 3), *leads("mail", 40, won=2, amount=1000)])
    fair = {each.name: each for each in channels(found, spent(fair=300), "source", smallest=30)[0]}["fair"]
    assert (fair.affordable, fair.advice) == (None, TOO_FEW)  # 0 of 3 may be 56 %, and 56 % of 1,000 is more than 100
    fair = {each.name: each for each in channels(found, spent(fair=3000), "source", smallest=30)[0]}["fair"]
    assert fair.affordable is False


def test_leads_that_are_worth_their_cost_are_not_flagged(journeys):
    channel = told(journeys(leads("ppc", 100, won=2, amount=2500)), spent(ppc=5000))["ppc"]
    assert (channel.value, channel.cpl, channel.affordable) == (50, 50, True)


def test_an_open_lead_is_worth_its_chance(journeys):
    found = journeys([*leads("ppc", 1, won=1, amount=100), {"id": "open", "source": "ppc"}])
    assert told(found, None)["ppc"].value == 50
    assert told(found, None, chances=pd.Series({"open": 0.5}))["ppc"].value == 75


def test_open_leads_without_a_score_are_not_worth_too_little(journeys):
    found = journeys([*leads("ppc", 10, won=1, amount=1000), {"source": "ppc"}])
    assert told(found, spent(ppc=2200))["ppc"].affordable is None
    assert told(found, spent(ppc=2200), chances=pd.Series({"l10": 0.0}))["ppc"].affordable is False
    assert told(found, spent(ppc=880))["ppc"].affordable is True


def test_contacts_that_are_no_leads_yet_make_leads_no_cheaper(journeys):
    contacts = [{"source": "ppc", "path": ["contact"]}] * 5
    customers = [{"source": "ppc", "path": ["contact", "lead"], "won": True, "amount": 100}] * 2
    ppc = told(journeys([*contacts, *customers, *[{"source": "ppc", "path": ["contact", "lead"]}] * 3]), spent(ppc=100))
    assert ppc["ppc"].cost_per == {"contact": 10, "lead": 20, "customer": 50}
    assert (ppc["ppc"].leads, ppc["ppc"].open, ppc["ppc"].cpl, ppc["ppc"].value) == (5, 3, 20, 40)
    assert (ppc["ppc"].to_customer.count, ppc["ppc"].to_customer.of) == (2, 5)


def test_the_best_channel_gets_more_and_those_below_are_tuned(journeys):
    found = told(journeys([*leads("a", 400, won=100), *leads("b", 400, won=20), *leads("c", 400, won=60)]), None)
    assert {name: each.advice for name, each in found.items()} == {"a": MORE, "b": TUNE, "c": UNCLEAR}


def test_no_advice_on_a_difference_that_chance_explains(journeys):
    found = told(journeys([*leads("a", 40, won=5), *leads("b", 40, won=4)]), None)
    assert {each.advice for each in found.values()} == {UNCLEAR}


def test_few_leads_are_not_judged(journeys):
    (channel,), _ = channels(journeys(leads("a", 3, won=3)), None, "source", smallest=30)
    assert channel.advice == TOO_FEW


def test_unknown_costs_are_not_no_costs(journeys):
    found = told(journeys([*leads("ppc", 10), *leads("mail", 10)]), spent(ppc=100))
    assert found["mail"].spend is None
    assert found["mail"].cpl is None
    assert found["mail"].affordable is None


def test_costs_without_leads_and_leads_without_costs_are_told(journeys):
    found = journeys([*leads("ppc", 10), *leads("ppc", 5, created=40), *leads("mail", 4)])
    everything, unmatched = channels(found, spent(PPC=100, Radio=70), "source", smallest=1)
    assert unmatched.spend_without_leads == {"Radio": 70}
    assert unmatched.leads_without_costs == {"ppc": 5, "mail": 4}
    assert {each.name: each.leads for each in everything} == {"ppc": 10, "mail": 4}
    assert everything[0].cpl == 10


def test_costs_of_several_campaigns_of_a_source_add_up(journeys):
    rows = pd.DataFrame({"source": ["ppc", "PPC "], "month": JANUARY, "spend": [60.0, 40.0]})
    assert told(journeys(leads("ppc", 10)), rows)["ppc"].cpl == 10


def test_costs_of_no_channel_are_those_of_leads_without_one(journeys):
    rows = pd.DataFrame({"source": [None], "month": [JANUARY], "spend": [60.0]}).astype({"source": "str"})
    assert told(journeys(leads(None, 6)), rows)["not given"].cpl == 10


def test_leads_without_a_date_have_no_costs(journeys):
    found = journeys([{"source": "ppc", "created": None}, {"source": "ppc"}])
    everything, unmatched = channels(found, spent(ppc=10), "source", smallest=1)
    assert (everything[0].leads, unmatched.leads_without_costs) == (1, {"ppc": 1})


@pytest.mark.parametrize("costs", [None, spent(ppc=10)])
def test_channels_are_there_even_where_nobody_has_a_date(journeys, costs):
    everything, unmatched = channels(journeys([{"source": "ppc", "created": None}]), costs, "source", smallest=1)
    assert everything[0].name == "ppc"
    assert unmatched.leads_without_costs == ({} if costs is None else {"ppc": 1})


def test_rare_channels_stand_together_unless_somebody_paid_for_them(journeys):
    rare = [*leads("fair", 1), *leads("by Erika M", 1), *leads("by Ann L", 1, won=1, amount=9)]
    everything, unmatched = channels(journeys([*leads("ppc", 200), *rare]), spent(fair=70), "source", smallest=1)
    assert [(each.name, each.leads, each.spend, each.pooled) for each in everything] == [
        ("ppc", 200, None, 0),
        ("fair", 1, 70, 0),
        ("other (2 values)", 2, None, 2),
    ]
    assert everything[2].advice == SEVERAL
    assert unmatched.leads_without_costs == {"ppc": 200, "other (2 values)": 2}


def test_contact_data_are_not_named_even_where_they_cost(journeys):
    everything, unmatched = channels(
        journeys([*leads("ann@acme.example", 2)]), spent(**{"ann@acme.example": 70}), "source", smallest=1
    )
    assert [each.name for each in everything] == ["other (1 value)"]
    assert unmatched.spend_without_leads == {"xxx@xxxx.xxxxxxx": 70}


def test_leads_of_no_channel_are_counted_and_get_no_budget(journeys):
    found = told(journeys([*leads(None, 400, won=100), *leads("b", 400, won=20), *leads("c", 400, won=60)]), None)
    assert found["not given"].leads == 400
    assert (found["c"].advice, found["b"].advice) == (MORE, TUNE)
    assert found["not given"].advice == NO_CHANNEL


def test_months_in_which_only_one_of_leads_and_costs_is_known_are_told(journeys):
    found = journeys([*leads("PPC", 10), *leads("PPC", 3, created=70), *leads("mail", 2)])
    rows = pd.DataFrame({"source": "ppc", "month": [JANUARY, FEBRUARY], "spend": [100.0, 60.0]})
    (ppc, _), unmatched = channels(found, rows, "source", smallest=1)
    assert (ppc.leads, ppc.cpl) == (10, 16)  # the 60 of February are in it
    assert unmatched.months_without_leads == {"PPC": {"2025-02": 60}}
    assert unmatched.months_without_costs == {"PPC": {"2025-03": 3}}
    assert unmatched.leads_without_costs == {"PPC": 3, "mail": 2}


def test_costs_of_months_long_before_the_leads_are_not_theirs(journeys):
    rows = pd.DataFrame({"source": ["ppc"], "month": [pd.Timestamp("2023-01-01")], "spend": [100.0]})
    (ppc,), unmatched = channels(journeys(leads("ppc", 10)), rows, "source", smallest=1)
    assert (ppc.leads, ppc.spend, ppc.cpl) == (0, 100, None)
    assert (unmatched.months_without_leads, unmatched.leads_without_costs) == ({"ppc": {"2023-01": 100}}, {"ppc": 10})


def test_where_nothing_was_spent_leads_cost_nothing(journeys):
    found = told(journeys(leads("mail", 10, won=1, amount=50)), spent(mail=0))["mail"]
    assert (found.spend, found.cpl, found.affordable) == (0, 0, True)


def of_campaigns(**spend: float) -> pd.DataFrame:
    """Costs of ppc in January by campaign; ``none`` is the row without one."""
    names = pd.Series([None if name == "none" else name for name in spend], dtype="str")
    return pd.DataFrame({"source": "ppc", "campaign": names, "month": JANUARY, "spend": [*spend.values()]})


@pytest.mark.parametrize(
    ("costs", "counted", "of_no_campaign"),
    [
        (of_campaigns(none=1000.0, brand=600.0, generic=400.0), 1000, None),  # the total, and its parts
        (of_campaigns(none=1000.0, brand=600.0), 1000, 400),  # the total, and one part
        (of_campaigns(none=999.5, brand=600.0, generic=400.0), 1000, None),  # rounded
        (of_campaigns(none=100.0, brand=600.0), 700, 100),  # no total: less than the part
        (of_campaigns(brand=600.0), 600, None),
        (of_campaigns(none=600.0), 600, 600),
    ],
)
def test_a_total_and_its_campaigns_are_counted_once(costs, counted, of_no_campaign):
    once, notes = without_totals(costs)
    assert once["spend"].sum() == counted
    assert once.loc[once["campaign"].isna(), "spend"].tolist() == ([of_no_campaign] if of_no_campaign else [])
    assert len(notes) == (len(costs) > 1)


def test_the_rows_of_totals_are_told():
    (note,) = without_totals(of_campaigns(none=1000.0, brand=600.0))[1]
    assert "total of its campaigns in the month, and not counted again (600.00 in all): 1" in note
    (note,) = without_totals(of_campaigns(none=100.0, brand=600.0))[1]
    assert "less than its campaigns in the month, and added to them (100.00 in all): 1" in note


def test_a_total_is_that_of_its_source_and_month_alone():
    rows = pd.concat([of_campaigns(none=1000.0), of_campaigns(brand=600.0).assign(month=FEBRUARY)])
    rows = pd.concat([rows, of_campaigns(brand=500.0).assign(source="mail")], ignore_index=True)
    once, notes = without_totals(rows)
    assert (once["spend"].tolist(), notes) == ([1000, 600, 500], [])
