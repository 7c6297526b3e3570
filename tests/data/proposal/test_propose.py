"""What is proposed for tables that nobody has described, and that the written text says the same."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
import sqlalchemy as sa

from data.config import FileTable, Settings, load_settings
from data.dataset import open_dataset
from data.errors import InputError
from data.proposal.inspection import inspect_tables
from data.proposal.propose import Proposal, propose
from data.proposal.text import comment, scalar, write

ROWS = 60
DAYS = pd.date_range("2025-01-01", periods=ROWS).strftime("%Y-%m-%d").tolist()
IDS = [f"p-{number * 37 % 1009:04}" for number in range(ROWS)]


def some(*values: object) -> list[object]:
    return [values[number % len(values)] for number in range(ROWS)]


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({name.replace("_", " "): values for name, values in columns.items()})


@pytest.fixture
def proposed(tmp_path):
    """Propose settings for one table, or for several by their names."""

    def run(tables: pd.DataFrame | Mapping[str, pd.DataFrame], place: str = "") -> Proposal:
        several = {"export": tables} if isinstance(tables, pd.DataFrame) else tables
        for name, frame in several.items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        place = place or str(tmp_path / "export.csv" if isinstance(tables, pd.DataFrame) else tmp_path)
        with inspect_tables(place, temporary=tmp_path) as inspection:
            proposal = propose(inspection)
            (tmp_path / "leadscore.yaml").write_text(write(proposal, tmp_path / "leadscore.yaml"), encoding="utf-8")
        return proposal

    return run


@pytest.fixture
def settings(proposed, tmp_path):
    """The settings that the written proposal is read as."""

    def run(tables: pd.DataFrame | Mapping[str, pd.DataFrame]) -> Settings:
        proposed(tables)
        return load_settings(tmp_path / "leadscore.yaml")

    return run


def leads_columns(proposal: Proposal) -> dict[str, str]:
    return {name: suggestion.value for name, suggestion in proposal.leads.columns.items()}


# Columns of leads


def test_the_id_is_unique_and_named_like_one(proposed):
    line = proposed(table(Prospect_ID=IDS, City=some("Rome", "Oslo"))).leads.columns["lead_id"]
    assert (line.value, line.reason) == ("Prospect ID", "unique in all 60 rows, and named like an id")


def test_an_id_of_leads_is_preferred_to_a_number_of_rows(proposed):
    leads = table(Record_Number=list(range(ROWS)), Contact_Id=IDS, Lead_Id=IDS[::-1])
    assert leads_columns(proposed(leads))["lead_id"] == "Lead Id"


@pytest.mark.parametrize("name", ["Lead ID", "E-mail", "Revenue"])
def test_without_a_unique_column_named_like_an_id_rows_are_numbered(proposed, name):
    cells = {"Lead ID": some("a", "b"), "E-mail": [f"{each}@x.org" for each in IDS], "Revenue": list(range(ROWS))}
    assert leads_columns(proposed(pd.DataFrame({name: cells[name], "City": some("Rome", "Oslo")})))["lead_id"] == "rows"


def test_a_few_repeated_ids_are_said_to_go_to_quarantine(proposed):
    leads = pd.concat([table(lead_id=[f"x{number}" for number in range(200)]), table(lead_id=["x1"])])
    assert "1 of 201 rows repeat one or have none" in proposed(leads).leads.columns["lead_id"].reason


def test_dates_are_recognised_by_their_names(proposed):
    leads = table(lead_id=IDS, Birth_Date=DAYS, Last_Modified=DAYS, Created_On=DAYS, Close_Date=DAYS)
    leads["Status"] = some("Closed Won", "Closed Lost")
    columns = leads_columns(proposed(leads))
    assert (columns["created_at"], columns["closed_at"]) == ("Created On", "Close Date")


def test_a_closing_date_that_ended_leads_lack_is_not_mapped(proposed):
    leads = table(lead_id=IDS, Created=DAYS, Closed=[*DAYS[:3], *[None] * (ROWS - 3)], Status=some("won", "lost"))
    assert "closed_at" not in leads_columns(proposed(leads))


def test_columns_with_names_of_the_vocabulary_are_mapped_where_they_hold_what_is_meant(proposed):
    leads = table(lead_id=IDS, Lead_Source=some("Ads", "Mail"), origin=some("x", "y"), Title=some("1", "2", "7"))
    leads["Company Id"] = some("c1", "c2", "c3")
    columns = leads_columns(proposed(leads))
    assert columns == {"lead_id": "lead id", "account_id": "Company Id", "source": "Lead Source"}


# The outcome


@pytest.mark.parametrize(
    ("name", "cells", "won", "lost"),
    [
        ("Converted", ("1", "0"), ["1"], ["0"]),
        ("y", ("yes", "no"), ["yes"], ["no"]),
        ("Is Customer", ("True", "False", "False"), ["True"], ["False"]),
        ("Lead Status", ("Closed Won", "Closed Lost", "New"), ["Closed Won"], ["Closed Lost"]),
        ("Deal phase", ("Won", "Lost", "Open"), ["Won"], ["Lost"]),
        ("anything", ("won", "lost", "open"), ["won"], ["lost"]),
        ("outcome", ("b", "a", "a"), ["b"], ["a"]),
        ("status", ("Customer", "Open"), ["Customer"], []),
    ],
)
def test_an_outcome_column_is_found_with_what_its_values_mean(settings, name, cells, won, lost):
    outcome = settings(pd.DataFrame({"lead_id": IDS, "Opted in": some("yes", "no"), name: some(*cells)})).outcome
    assert outcome is not None
    assert (outcome.column, outcome.won, outcome.lost) == (name, won, lost)


def test_a_status_that_tells_open_leads_apart_is_preferred_to_a_flag(proposed):
    leads = table(lead_id=IDS, Is_Won=some(1, 0, 0), Stage_Name=some("Closed Won", "Closed Lost", "Proposal"))
    outcome = proposed(leads).outcome
    assert outcome is not None
    assert (outcome.column, outcome.others) == ("Stage Name", ("Proposal",))


@pytest.mark.parametrize("name", ["Do Not Email", "Last Activity", "poutcome"])
def test_yes_and_no_under_another_name_are_no_outcome(proposed, tmp_path, name):
    proposal = proposed(pd.DataFrame({"lead_id": IDS, name: some("yes", "no")}))
    assert (proposal.outcome, proposal.outcome_source) == (None, "")
    assert "# outcome:\n#   column: NAME" in (tmp_path / "leadscore.yaml").read_text(encoding="utf-8")


# The order


def test_a_number_that_falls_from_row_to_row_orders_the_evaluation(proposed):
    order = proposed(table(Lead_ID=IDS, Number=[*range(900, 900 - ROWS, -1)], Converted=some(1, 0))).order
    assert order is not None
    assert order.value == "Number"
    assert "newest first" in order.reason


def test_rows_are_an_order_where_neighbours_are_alike(proposed):
    months = [f"month {number // 10}" for number in range(ROWS)]
    order = proposed(table(month=months, Converted=some(1, 0, 0))).order
    assert order is not None
    assert order.value == "rows"


@pytest.mark.parametrize("outcome", [some(1, 0, 0), sorted(some(1, 0))])
def test_rows_in_no_order_or_sorted_by_the_outcome_are_not_one(proposed, outcome):
    months = [f"month {number // 10}" for number in range(ROWS)]
    cells = months if outcome == sorted(outcome) else some("a", "b", "c", "d", "e", "f", "g")
    proposal = proposed(table(month=cells, Converted=outcome))
    assert proposal.order is None
    assert "random" in proposal.no_order


def test_dates_need_no_other_order(proposed):
    proposal = proposed(table(Number=list(range(ROWS)), Created=DAYS, Converted=some(1, 0)))
    assert (proposal.order, proposal.no_order) == (None, "")


# Several tables

PEOPLE = table(id=list(range(1, ROWS + 1)), created_at=DAYS, source=some("Ads", "Fair"))
CLICKS = table(id=list(range(ROWS)), lead_id=some(*range(1, 30)), at=DAYS, activity=some("Pricing Page Visit", "Call"))
HISTORY = table(lead_id=some(*range(1, 30)), new_status=some("MQL", "Closed Won", "Dead", "Chat"), changed=DAYS)
DEALS = table(lead_id=list(range(1, ROWS + 1)), won=some(1, 0), close_date=DAYS, value=some(10, 20))
PRODUCTS = table(id=list(range(1, 9)), title=list("abcdefgh"))
TICKETS = table(lead_id=list(range(1, ROWS + 1)), closed_at=DAYS)


def test_tables_are_recognised_by_names_columns_and_shared_ids(proposed):
    tables = {"crm_people": PEOPLE, "clicks": CLICKS, "status": HISTORY, "deals": DEALS, "products": PRODUCTS}
    proposal = proposed(tables)
    names = {role: each.table.name for role, each in proposal.tables.items()}
    assert names == {
        "leads": "crm_people.csv", "events": "clicks.csv", "stages": "status.csv", "outcomes": "deals.csv",
    }  # fmt: skip
    assert proposal.left_out == {"products.csv": "shares no ids with the leads"}


def test_columns_of_all_tables_are_mapped(settings):
    columns = settings({"leads": PEOPLE, "clicks": CLICKS, "status": HISTORY, "deals": DEALS}).columns
    assert columns["events"] == {"lead_id": "lead id", "occurred_at": "at", "type": "activity", "event_id": "id"}
    assert columns["stages"] == {"lead_id": "lead id", "entered_at": "changed", "stage": "new status"}
    assert columns["outcomes"] == {"lead_id": "lead id", "closed_at": "close date", "won": "won", "amount": "value"}


def test_a_history_of_attributes_is_known_by_our_names(settings):
    changes = table(
        lead_id=list(range(1, ROWS + 1)), field=some("budget", "size"), new_value=some(1, 2), changed_at=DAYS
    )
    proposed_settings = settings({"leads": PEOPLE, "status": HISTORY, "attribute_history": changes})
    assert list(proposed_settings.tables) == ["leads", "stages", "attribute_history"]
    names = {"lead_id": "lead id", "field": "field", "value": "new value", "changed_at": "changed at"}
    assert proposed_settings.columns["attribute_history"] == names


def test_stages_and_types_of_events_are_named_as_in_the_vocabulary_where_their_words_say_so(settings):
    proposed_settings = settings({"leads": PEOPLE, "clicks": CLICKS, "status": HISTORY})
    assert (proposed_settings.stages.won, proposed_settings.stages.lost, proposed_settings.stages.mql) == (
        ["Closed Won"],
        ["Dead"],
        [],
    )
    assert proposed_settings.event_types == {"pricing_visit": ["Pricing Page Visit"]}


def test_a_history_without_a_won_stage_does_not_hide_the_outcome_column(proposed):
    history = HISTORY.replace({"Closed Won": "Demo held"})
    proposal = proposed({"leads": PEOPLE.assign(Converted=some(1, 0)), "status": history})
    assert list(proposal.tables) == ["leads"]
    assert proposal.outcome_source == "leads"


def test_a_table_without_won_lists_deals_only_where_a_name_says_so(proposed):
    assert proposed({"leads": PEOPLE, "tickets": TICKETS}).outcome_source == ""
    assert proposed({"leads": PEOPLE, "closed_deals": TICKETS}).outcome_source == "outcomes"


def test_a_list_of_activities_with_a_date_of_conversion_lists_no_won_deals(proposed):
    report = table(lead_id=some(*range(1, 9)), date_conversion=DAYS, kind=some("a", "b"))
    assert proposed({"leads": PEOPLE, "activity_report": report}).outcome_source == ""


def test_what_is_the_same_for_nearly_all_leads_is_no_account(proposed):
    assert "account_id" not in proposed(PEOPLE.assign(company_id=1)).leads.columns
    firms = [*range(2, 12), *[1] * (ROWS - 10)]
    assert "account_id" in proposed(PEOPLE.assign(company_id=firms)).leads.columns


def test_without_a_table_of_leads_the_names_are_listed(proposed):
    with pytest.raises(InputError, match=r"cannot be told which table(.|\n)*one.csv, two.csv"):
        proposed({"one": table(x=some(1, 2)), "two": table(y=some(3, 4))})


def test_a_damaged_file_and_other_files_are_left_out_with_the_reason(proposed, tmp_path):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "read.me").touch()
    others = proposed({"leads": PEOPLE, "deals": DEALS}).left_out
    assert others == {"empty.csv": "this file is empty", "read.me": "neither CSV, Parquet nor Excel"}


def test_of_a_large_database_only_tables_with_telling_names_are_read(proposed, tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    for name, frame in {"leads": PEOPLE, **{f"t{number}": PRODUCTS for number in range(30)}}.items():
        frame.to_sql(name, engine, index=False)
    engine.dispose()
    with inspect_tables(f"sqlite:///{tmp_path / 'crm.db'}", temporary=tmp_path) as inspection:
        assert [table.name for table in inspection.tables] == ["leads"]
        assert inspection.left_out["t7"] == "its name says nothing of leads"


# The text

NASTY = [
    "a: b", "# hash", " lead", "trail ", "42", "yes", "null", "~", "'single'", '"double"', "{curly}", "[square]",
    "- dash", "a #b", "tab\tinside", "line\nbreak", "ä € 漢字 😀", "back\\slash", "*star", "&and", "%percent", "@at",
    "`tick`", "1e3", "2025-01-01", "key:", "a,b", "!tag", "|", ">", "?", "=", "<<", "\x85next", "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_a_scalar_is_read_as_it_was(name, tmp_path):
    path = tmp_path / "leadscore.yaml"
    text = f"tables: {{leads: x.csv}}\norder: {scalar(name)}\ndrop: [{scalar(name)}]  # {comment(name)}\n"
    path.write_text(text, encoding="utf-8", newline="")
    assert (load_settings(path).order, load_settings(path).drop) == (name, [name])


@pytest.mark.parametrize("name", [name for name in NASTY if name == name.strip() and name.isprintable()])
def test_columns_with_nasty_names_are_proposed_and_open(name, settings, tmp_path):
    leads = pd.DataFrame({f"{name} lead id": IDS, f"{name} x": some("a", "b", "c"), "Converted": some("1", "0")})
    proposed_settings = settings(leads)
    assert proposed_settings.columns["leads"]["lead_id"] == f"{name} lead id"
    with open_dataset(proposed_settings, workspace=tmp_path / "ws") as dataset:
        assert [attribute.name for attribute in dataset.schema.attributes] == [f"{name} x"]


def test_what_becomes_of_each_column_is_said_without_its_values(proposed, tmp_path):
    leads = table(lead_id=IDS, email=[f"{each}@firm.org" for each in IDS], notes=some("call Ada", "wait"))
    leads = leads.assign(gender=some("f", "m"), Visits=some(1, 2, 9), plan=some("gold", "tin"), Won=some(1, 0))
    proposal = proposed(leads)
    with open_dataset(load_settings(tmp_path / "leadscore.yaml"), workspace=tmp_path / "ws") as dataset:
        schema = dataset.schema
    with inspect_tables(str(tmp_path / "export.csv"), temporary=tmp_path) as inspection:
        proposal = propose(inspection)
        text = write(proposal, tmp_path / "leadscore.yaml", schema)
    assert "#   Visits: behavioural, number from 1 to 9\n#   plan: declared, category, 2 values" in text
    assert "#   gender: law protects it" in text
    assert "#   notes: free text" in text
    assert not any(value in text for value in ("firm.org", "Ada", "gold", IDS[5]))


def test_paths_start_from_the_folder_of_the_file(proposed, tmp_path):
    proposal = proposed(table(lead_id=IDS, Converted=some(1, 0)))
    (tmp_path / "settings").mkdir()
    path = tmp_path / "settings" / "leadscore.yaml"
    path.write_text(write(proposal, path), encoding="utf-8")
    assert "leads: ../export.csv" in path.read_text(encoding="utf-8").replace('"', "")
    leads = load_settings(path).tables["leads"]
    assert isinstance(leads, FileTable)
    assert leads.path.resolve() == (tmp_path / "export.csv").resolve()


# Tables of the report


COSTS = pd.DataFrame({"Channel": ["ppc", "mail"], "Month": ["2025-01", "01/2025"], "Amount spent": ["$1,000", "$70"]})
VIEWS = pd.DataFrame({"Page": ["pricing", "blog"], "Date": ["2025-01-31", "2025-02-01"], "Page views": [100, 4000]})


def with_costs(**tables: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {"leads": table(Lead_Id=IDS, Source=some("ppc", "mail"), Converted=some(1, 0)), **tables}


def test_costs_and_views_are_known_by_what_they_hold(settings):
    proposed_settings = settings(with_costs(marketing_2025=COSTS, content=VIEWS))
    assert proposed_settings.columns["costs"] == {"source": "Channel", "month": "Month", "spend": "Amount spent"}
    assert proposed_settings.columns["asset_stats"] == {"asset": "Page", "month": "Date", "views": "Page views"}
    assert list(proposed_settings.tables) == ["leads", "costs", "asset_stats"]


def test_costs_without_a_month_are_no_costs_of_the_report(proposed):
    proposal = proposed(with_costs(costs=COSTS.drop(columns="Month"), prices=COSTS.assign(Month="soon")))
    assert list(proposal.tables) == ["leads"]
    assert set(proposal.left_out) == {"costs.csv", "prices.csv"}


def test_a_table_of_leads_is_none_of_costs(proposed):
    events = table(Lead_Id=IDS, Date=DAYS, Source=some("ppc"), Cost=some(5, 7), Event_Type=some("visit", "call"))
    assert list(proposed(with_costs(activity=events)).tables) == ["leads", "events"]
