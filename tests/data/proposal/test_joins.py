"""Which of many tables are looked into: leads, and what refers to them, whatever it is called."""

from __future__ import annotations

import pytest

from data.proposal.joins import telling_tables

MANY = {f"stock_{number}": ["id", "product_id"] for number in range(400)}


def test_what_refers_to_leads_is_looked_into_whatever_it_is_called():
    columns = {**MANY, "mail_message": ["id", "res_id"], "crm_lead": ["id", "name"], "visits_log": ["id", "lead_id"]}
    references = {"mail_message": ["crm_lead"], "stock_7": ["product"]}
    assert telling_tables(columns, references, 30) == ["crm_lead", "visits_log", "mail_message"]


def test_leads_come_first_then_what_refers_to_them_then_what_is_named_like_something_about_them():
    columns = {**MANY, "orders_history": ["id"], "x": ["lead_id"], "leads": ["id"]}
    assert telling_tables(columns, {}, 2) == ["leads", "x"]
    assert telling_tables(columns, {}, 30) == ["leads", "x", "orders_history"]


def test_without_a_table_named_like_leads_those_that_most_others_refer_to_are_looked_into():
    columns = {**MANY, "person": ["id"], "call": ["id", "person"], "mail": ["id", "person"]}
    references = {"call": ["person"], "mail": ["person"], "stock_1": ["stock_2"]}
    assert telling_tables(columns, references, 30)[:2] == ["person", "stock_2"]
    assert {"call", "mail"} <= set(telling_tables(columns, references, 30))


@pytest.mark.parametrize("most", [1, 5])
def test_no_more_are_looked_into_than_is_said(most):
    columns = {f"lead_{number}": ["id"] for number in range(40)}
    assert len(telling_tables(columns, {}, most)) == most
