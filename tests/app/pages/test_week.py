"""The week's calls: as many for each owner as there is time for, the highest expected value first."""

import re

import pytest

from data.store import this_week

LISTED = re.compile(r'<li class="card"><div class="call-head"><a href="/leads/([^"]+)"')


@pytest.fixture
def calls(store):
    """Return the week's calls as the store has them, by owner."""

    def by_owner() -> dict[str, list[str]]:
        with store.transaction() as connection:
            leads = this_week(connection)
        owners = dict.fromkeys(lead["owner"] for lead in leads)
        return {owner: [lead["lead_id"] for lead in leads if lead["owner"] == owner] for owner in owners}

    return by_owner


def listed(client, owner: str | None) -> list[str]:
    return LISTED.findall(client.get("/week", params={"owner": owner or ""}).text)


def test_each_owner_has_a_list_of_their_own(client, calls):
    by_owner = calls()
    assert len(by_owner) > 1
    for owner, leads in by_owner.items():
        assert listed(client, owner) == leads


def test_a_verdict_takes_a_lead_off_and_taking_it_back_brings_it_back(client, calls, csrf):
    owner, leads = next((owner, leads) for owner, leads in calls().items() if owner)
    word = csrf(client.get(f"/leads/{leads[0]}").text)
    client.post(f"/leads/{leads[0]}/verdict", data={"verdict": "no fit", "csrf": word})
    assert leads[0] not in listed(client, owner)
    assert "you said that it is not a fit" in client.get(f"/leads/{leads[0]}").text
    client.post(f"/leads/{leads[0]}/take-back", data={"csrf": word})
    assert listed(client, owner) == leads


def test_too_early_holds_until_the_day_that_was_said(client, calls, csrf, monkeypatch):
    owner, leads = next((owner, leads) for owner, leads in calls().items() if owner)
    data = {"verdict": "early", "until": "2999-01-31", "csrf": csrf(client.get(f"/leads/{leads[0]}").text)}
    client.post(f"/leads/{leads[0]}/verdict", data=data)
    assert leads[0] not in listed(client, owner)
    assert "it is too early until 31 Jan 2999" in client.get(f"/leads/{leads[0]}").text


@pytest.mark.parametrize("until", ["2020-01-01", "soon"])
def test_a_day_that_has_been_and_what_is_no_day_are_refused(client, hottest, csrf, until):
    data = {"verdict": "early", "until": until, "csrf": csrf(client.get(f"/leads/{hottest}").text)}
    assert client.post(f"/leads/{hottest}/verdict", data=data).status_code == 400


def test_an_owner_without_calls_is_said_to_have_none(shared):
    assert "Nobody is to be called by <bdi>Nemo</bdi> this week" in shared.get("/week?owner=Nemo").text
