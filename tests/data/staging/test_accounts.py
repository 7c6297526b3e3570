"""What is no account groups nothing: the same for nearly all leads, in training and ever after."""

from __future__ import annotations

import pytest

from data.staging.accounts import NO_ACCOUNT
from tests.data.small import folder, whole

COUNT = 40


def leads(others: int, count: int = COUNT) -> str:
    """Leads of which all but ``others`` have the account 1."""
    rows = [f"{n} {n + 2 if n < others else 1} 2025-01-01 {'A' if n % 2 else 'B'}" for n in range(count)]
    return "\n".join(["lead_id account_id created_at plan", *rows])


EVENTS = "account_id occurred_at type\n1 2025-01-02 visit\n"


@pytest.mark.parametrize(("others", "is_account"), [(0, False), (3, False), (5, True)])
def test_an_account_of_nearly_all_leads_is_none(tmp_path, others, is_account):
    with folder(tmp_path, leads=leads(others)) as dataset:
        assert whole(dataset).leads["account_id"].notna().all() == is_account
        assert (dataset.schema.excluded["account_id"] == NO_ACCOUNT) != is_account
        assert (
            any(f"{COUNT - others} of {COUNT} leads have the same" in each for each in dataset.report.notes)
            != is_account
        )


def test_a_few_leads_may_come_from_one_firm(tmp_path):
    with folder(tmp_path, leads=leads(0, count=19)) as dataset:
        assert whole(dataset).leads["account_id"].notna().all()


def test_what_was_decided_in_training_holds_for_a_few_leads_and_for_other_shares(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "later").mkdir()
    with folder(tmp_path / "one", leads=leads(0)) as dataset:
        trained = dataset.schema
    with folder(tmp_path / "later", schema=trained, leads=leads(10, count=12)) as dataset:
        assert whole(dataset).leads["account_id"].isna().all()


def test_its_events_are_those_of_no_lead(tmp_path):
    with folder(tmp_path, leads=leads(0), events=EVENTS) as dataset:
        assert len(whole(dataset).events) == 0
