"""HubSpot is paged by id, read with its history in batches, and updated record by record where it refuses some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from data.config import CrmAccess
from data.crm.hubspot.server import HubSpotError, HubSpotServer
from data.errors import InputError
from data.sinks import GONE
from tests.data.crm.fake_hubspot import TOKEN, FakeHubSpot, running


@pytest.fixture
def hubspot(monkeypatch) -> Iterator[FakeHubSpot]:
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    with running(FakeHubSpot()) as server:
        yield server


def signed_in(hubspot: FakeHubSpot) -> HubSpotServer:
    return HubSpotServer(CrmAccess(kind="hubspot", url=hubspot.url, api_key="${HUBSPOT_TOKEN}"))


def all_changed(server: HubSpotServer, since: datetime | None = None) -> list[str]:
    ids: list[str] = []
    more = True
    while more:
        page, more = server.changed_ids("contacts", since=since, after=ids[-1] if ids else None)
        ids += page
    return ids


def test_more_records_of_one_moment_than_a_query_gives_are_all_read_once(hubspot):
    """10,000 results end a query, and all these have one time: no query could begin after it."""
    hubspot.records = {str(number): {"lastmodifieddate": "60000"} for number in range(9_000, 19_450)}
    assert all_changed(signed_in(hubspot), datetime(1970, 1, 1, 0, 1)) == [*hubspot.records]
    assert len(hubspot.calls) == 53  # the fewest: 10,450 records, 200 a page


def test_only_what_changed_since_is_asked_for(hubspot):
    hubspot.records = {"9": {"lastmodifieddate": "59999"}, "10": {"lastmodifieddate": "60000"}}
    assert all_changed(signed_in(hubspot), datetime(1970, 1, 1, 0, 1)) == ["10"]
    assert all_changed(signed_in(hubspot)) == ["9", "10"]


def test_a_record_deleted_between_list_and_read_is_left_out_and_the_others_have_their_history(hubspot):
    hubspot.records = {str(number): {"city": "Lyon"} for number in range(60)}
    hubspot.history = {"7": {"lifecyclestage": [{"value": "customer", "timestamp": "2026-01-31T09:30:00Z"}]}}
    ids = [*hubspot.records]
    del hubspot.records["8"]
    records = signed_in(hubspot).records("contacts", ids, ["city"], ["lifecyclestage"])
    assert [each["id"] for each in records] == [each for each in ids if each != "8"]
    assert records[7]["propertiesWithHistory"]["lifecyclestage"][0]["value"] == "customer"
    assert len(hubspot.calls) == 2


def test_a_refused_record_keeps_its_reason_and_one_that_is_gone_is_never_made(hubspot):
    hubspot.records = {str(number): {} for number in range(150)}
    hubspot.refused = {"3": "a rule of the administrator"}
    values = {str(number): {"leadscore_score": "70"} for number in range(151)}
    assert signed_in(hubspot).update("contacts", values) == {"3": "a rule of the administrator", "150": GONE}
    assert len(hubspot.records) == 150
    assert sum(record == {"leadscore_score": "70"} for record in hubspot.records.values()) == 149


def test_a_value_that_spoils_its_batch_is_refused_alone(hubspot):
    hubspot.records = {str(number): {} for number in range(8)}
    values = {str(number): {"leadscore_score": "nonsense" if number == 5 else "70"} for number in range(8)}
    refused = signed_in(hubspot).update("contacts", values)
    assert [*refused] == ["5"]
    assert "not a value" in refused["5"]
    assert [each for each, record in hubspot.records.items() if not record] == ["5"]


def test_a_busy_hubspot_is_asked_again(hubspot):
    hubspot.records = {"1": {}}
    hubspot.answers = [(429, {"Retry-After": "0"})]
    server = signed_in(hubspot)
    assert all_changed(server) == ["1"]
    assert server.caller.calls == 2


def test_what_the_key_lacks_is_named(hubspot, monkeypatch):
    hubspot.scopes = ["crm.objects.contacts.read"]
    with pytest.raises(HubSpotError, match=r"give the service key the scopes crm\.objects\.contacts\.read"):
        all_changed(signed_in(hubspot))
    monkeypatch.setenv("HUBSPOT_TOKEN", "another")
    with pytest.raises(InputError, match="does not take this key"):
        all_changed(signed_in(hubspot))
