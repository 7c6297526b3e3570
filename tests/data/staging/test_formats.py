"""Amounts in several currencies in one column: one currency teaches, the others are missing, or converted by rates."""

from __future__ import annotations

import pandas as pd
import pytest

from data.config import Settings, settings_of_folder
from data.dataset import open_dataset
from tests.data import small

ROWS = ["€100", "€1.5k", "$200", "US$300", "7", "GBP 4", "5 EUR", "soon"]
MIXED = "lead_id Deal_Size y\n" + "".join(f"{n} {cell.replace(' ', '')} {n % 2}\n" for n, cell in enumerate(ROWS))


def sizes(tmp_path, text: str, schema=None, **options) -> tuple[list[float], list[tuple], object]:
    options = {"kinds": {"Deal_Size": "number"}, **options}
    with small.flat(tmp_path, text, schema, **options) as dataset:
        cells = small.whole(dataset).leads["Deal_Size"].fillna(-1).tolist()
        flags = [(flag.problem, flag.count, flag.example, flag.level) for flag in dataset.report.flags]
        return cells, flags, (dataset.schema, dataset.settings)


def test_the_commonest_currency_teaches_and_the_others_are_counted(tmp_path):
    cells, flags, _ = sizes(tmp_path, MIXED)
    assert cells == [100, 1500, -1, -1, 7, -1, 5, -1]
    assert ("in another currency than EUR: read as missing", 3, "'$200' in line 4", "warning") in flags
    assert ("not a number", 1, "'soon' in line 9", "warning") in flags


def test_the_currency_of_the_settings_teaches_whatever_is_commonest(tmp_path):
    cells, flags, _ = sizes(tmp_path, MIXED, currency="USD")
    assert cells == [-1, -1, 200, 300, 7, -1, -1, -1]
    assert flags[1][:2] == ("in another currency than USD: read as missing", 4)


def test_others_are_converted_by_rates(tmp_path):
    cells, flags, _ = sizes(tmp_path, MIXED, currency="EUR", rates={"USD": 0.5})
    assert cells == [100, 1500, 100, 150, 7, -1, 5, -1]
    assert flags[1:] == [
        ("in another currency than EUR: read as missing", 1, "'GBP4' in line 7", "warning"),
        ("in another currency than EUR: converted by the rates", 2, "'$200' in line 4", "info"),
    ]


def test_a_later_file_in_which_another_currency_is_commonest_is_read_the_same_way(tmp_path):
    _, _, (schema, used) = sizes(tmp_path, MIXED)
    assert used.currencies == {"leads": {"Deal_Size": "EUR"}}
    later = "lead_id Deal_Size\n1 $5\n2 $6\n3 €7\n"
    cells, flags, _ = sizes(tmp_path, later, schema, **used.model_dump(exclude={"tables"}))
    assert cells == [-1, -1, 7]
    assert flags == [("in another currency than EUR: read as missing", 2, "'$5' in line 2", "warning")]


def test_a_column_that_names_no_currency_has_none(tmp_path):
    cells, flags, (_, used) = sizes(tmp_path, "lead_id Deal_Size y\n1 5 0\n2 7 1\n", currency="EUR")
    assert (cells, flags, used.currencies) == ([5, 7], [], {})


def test_bands_and_columns_of_the_vocabulary_are_amounts_too(tmp_path):
    text = "lead_id annual_revenue budget y\n" + "".join(
        f"{n} {'$1M-$5M' if n % 3 else '€2M-€9M'} {'R$9' if n % 3 else '$8'} {n % 2}\n" for n in range(30)
    )
    with small.flat(tmp_path, text) as dataset:
        leads = small.whole(dataset).leads
    assert leads["annual_revenue"].dropna().tolist() == [1e6] * 20
    assert leads["budget"].dropna().tolist() == [9] * 20


def test_a_history_is_read_in_the_currency_of_its_column(tmp_path):
    rows = {"lead_id": ["1", "2"], "created_at": "2025-01-01", "budget": ["€5", "€6"]}
    history = {"lead_id": ["1", "2"], "field": "budget", "value": ["$9", "€6"], "changed_at": "2025-02-01"}
    for name, content in {"leads": rows, "attribute_history": history}.items():
        pd.DataFrame(content).to_csv(tmp_path / f"{name}.csv", index=False)
    settings = settings_of_folder(tmp_path)
    options = {"kinds": {"budget": "number"}, "keep": ["budget"]}
    with open_dataset(settings.model_copy(update=options), workspace=tmp_path / "var", now=small.NOW) as dataset:
        changes = small.whole(dataset).changes
    assert changes["number"].fillna(-1).tolist() == [-1, 6]


def test_outcomes_name_the_currency_of_each_deal(tmp_path):
    outcomes = (
        "lead_id closed_at won amount currency\n007 2025-02-01 1 10 EUR\n8 2025-02-01 1 20 USD\n9 2025-03-01 1 30 EUR\n"
    )
    with small.folder(tmp_path, leads=small.LEADS, outcomes=outcomes) as dataset:
        assert small.whole(dataset).leads["amount"].fillna(-1).tolist() == [10, -1, 30]
        assert any(flag.example == "'20 USD' in line 3" for flag in dataset.report.flags)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rates": {"USD": 0.9}}, "currency must say in which one"),
        ({"currency": "EUR", "rates": {"USD": 0}}, "greater than 0"),
        ({"currency": "EUR", "funnel": {"currency": "USD"}}, "one is needed"),
        ({"currency": "euro"}, "pattern"),
    ],
)
def test_rates_need_a_currency_and_there_is_one(settings, message):
    with pytest.raises(ValueError, match=message):
        Settings.model_validate({"tables": {"leads": "leads.csv"}, **settings})


@pytest.mark.parametrize("named", ["Amount_Currency", "CurrencyIsoCode"])
def test_a_column_beside_the_amounts_of_leads_names_their_currency_also_later(tmp_path, named):
    rows = [("EUR", 10), ("EUR", 20), ("USD", 30), ("EUR", 40)]
    text = f"lead_id Amount Employees {named} y\n"
    text += "".join(f"{n} {amount} {n} {code} {n % 2}\n" for n, (code, amount) in enumerate(rows * 5))
    with small.flat(tmp_path, text) as dataset:
        leads, schema, used = small.whole(dataset).leads, dataset.schema, dataset.settings
        (flag,) = [each for each in dataset.report.flags if each.column == "Amount"]
    assert leads["Amount"].fillna(-1).tolist() == [10, 20, -1, 40] * 5
    assert leads["Employees" if "Employees" in leads else "employees"].notna().all()
    assert (flag.count, flag.example) == (5, "'30 USD' in line 4")
    later = f"lead_id Amount Employees {named}\n1 7 2 USD\n2 8 3 USD\n3 9 4 EUR\n"
    with small.flat(tmp_path, later, schema, **used.model_dump(exclude={"tables"})) as dataset:
        assert small.whole(dataset).leads["Amount"].fillna(-1).tolist() == [-1, -1, 9]
