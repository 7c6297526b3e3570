"""check tells what is wrong and what knows the outcome, and a training leaves out what surely does."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from data.quality_report import Flag, Report, TableCounts
from pipelines.output import describe


@pytest.fixture(scope="module")
def verb_in(leadscore, export):
    """Check the export of 600 leads after a change, or train on it, in a folder."""

    def run(folder, change, *more, verb="check"):
        file = folder / "leads.csv"
        change(pd.read_csv(export, dtype={"Id": "str"})).to_csv(file, index=False)
        given = ("--leads", file, "--id", "Id", "--outcome", "Status", "--created", "Created", "--drop", "Closed")
        return leadscore(verb, *given, *more, "--workspace", folder / "var", "--json")

    return run


@pytest.fixture
def checked(verb_in, tmp_path):
    return partial(verb_in, tmp_path)


@pytest.fixture(scope="module")
def without_the_leak(verb_in, tmp_path_factory):
    """A training on leads with a leak, and its workspace."""
    folder = tmp_path_factory.mktemp("leak")
    return verb_in(folder, with_leak, verb="train"), folder / "var"


@pytest.fixture(scope="module")
def without_the_titles(verb_in, tmp_path_factory):
    """A training on leads with a personal leak, and its workspace."""
    folder = tmp_path_factory.mktemp("titles")
    return verb_in(folder, with_titles_of_the_won, verb="train"), folder / "var"


def as_they_are(leads):
    return leads


def with_leak(leads):
    return leads.assign(Invoice=np.where(leads["Status"] == "won", "sent", "none"))


def result_of(ran):
    """What a check printed, whatever it asks for."""
    assert ran.code in (0, 3), ran.err
    return ran.__class__(0, ran.out, ran.err).json


def test_good_data_ask_for_nothing(checked):
    ran = checked(as_they_are)
    assert ran.code == 0
    assert ran.json["rows"] == {"read": 600, "used": 600, "quarantined": 0}
    assert (ran.json["leakage"], ran.json["quality"]) == ([], [])


def test_how_leads_ended_is_counted(checked, export):
    statuses = pd.read_csv(export)["Status"].value_counts()
    counts = checked(as_they_are).json["outcome_counts"]
    assert counts == {
        "won": statuses["won"],
        "lost": statuses["lost"],
        "open": 600 - statuses["won"] - statuses["lost"],
    }


def test_a_column_that_knows_the_outcome_asks_for_action(checked):
    ran = checked(with_leak)
    (leak,) = result_of(ran)["leakage"]
    assert (ran.code, leak["column"], leak["excluded"]) == (3, "Invoice", True)
    assert leak["auc_with"] > 0.99 > leak["auc_without"]
    assert result_of(ran)["excluded"]["Invoice"].startswith("it knows the outcome: alone it tells won from lost")


def test_a_training_leaves_out_what_surely_knows_the_outcome(without_the_leak):
    ran, _ = without_the_leak
    assert [leak["column"] for leak in ran.json["leakage"]] == ["Invoice"]
    assert ran.json["metrics"]["model"]["auc"] < 0.9
    assert "Invoice is left out, for it knows the outcome: " in ran.err
    assert "; --keep Invoice keeps it in" in ran.err


def test_a_training_says_what_is_left_out_by_law_until_it_is_kept(checked):
    def with_sex(leads):
        return leads.assign(Gender=np.where(leads.index % 3, "f", "m"), Age=30 + leads.index % 7)

    ran = checked(with_sex, "--keep", "Age", verb="train")
    assert ran.json["excluded"]["Gender"] == "law protects it: used only if it is named under keep"
    assert "Law protects Gender: left out; --keep NAME uses one." in ran.err
    assert "Age" not in ran.json["excluded"]


def test_what_is_kept_is_learned_from(checked):
    assert checked(with_leak, "--keep", "Invoice", verb="train").json["metrics"]["model"]["auc"] > 0.99


def test_a_model_without_its_leaks_scores_files_without_them(without_the_leak, leadscore, export):
    _, workspace = without_the_leak
    assert leadscore("score", "--leads", export, "--workspace", workspace, "--json").json["scored"] == 600


def test_a_champion_without_its_leaks_is_compared_without_them(without_the_leak, leadscore):
    _, workspace = without_the_leak
    metrics = leadscore("compare", "--workspace", workspace, "--json").json["metrics"]
    assert max(measured["auc"] for measured in metrics.values()) < 0.9


def test_a_champion_that_learned_from_a_leak_does_not_stay_for_it(checked):
    checked(with_leak, "--keep", "Invoice", verb="train")
    told = checked(with_leak, verb="train").json
    assert (told["promoted"], told["compared"]) == (True, None)
    assert told["why"].endswith("promoted, for the champion learned from Invoice, which knows the outcome")


@pytest.mark.parametrize("column", ["Invoice", "Lead Quality"])
def test_what_was_looked_at_and_kept_is_listed_and_asks_no_more(checked, column):
    ran = checked(lambda leads: with_leak(leads).rename(columns={"Invoice": column}), "--keep", column)
    (leak,) = result_of(ran)["leakage"]
    assert (ran.code, leak["kept"], leak["excluded"]) == (0, True, False)
    assert leak["evidence"].endswith("; kept, for the settings name it")


def with_titles_of_the_won(leads):
    """A title is known of 95 % of the won leads, and of no other."""
    known = (leads["Status"] == "won") & (leads.index % 20 > 0)
    return leads.assign(Title=np.where(known, np.where(leads.index % 2, "Head of Zwirn", "Zwirn Clerk"), None))


def test_a_personal_column_that_only_won_leads_have_asks_for_action(checked):
    ran = checked(with_titles_of_the_won)
    (leak,) = result_of(ran)["leakage"]
    assert (ran.code, leak["column"], leak["excluded"]) == (3, "Title", True)
    assert leak["auc_with"] > 0.95 > leak["auc_without"]
    assert result_of(ran)["excluded"]["Title"].startswith("it knows the outcome: alone it tells won from lost")
    assert "Zwirn" not in ran.out + ran.err


def test_nothing_is_learned_from_a_personal_column_that_knows_the_outcome(without_the_titles, leadscore, export):
    ran, workspace = without_the_titles
    assert ran.json["metrics"]["model"]["auc"] < 0.9
    assert "Title is left out, for it knows the outcome: " in ran.err
    assert leadscore("score", "--leads", export, "--workspace", workspace, "--json").json["scored"] == 600


def test_a_champion_that_learned_from_a_personal_leak_does_not_stay_for_it(checked):
    kept = checked(with_titles_of_the_won, "--keep", "Title", verb="train").json
    assert kept["metrics"]["model"]["auc"] > 0.95
    told = checked(with_titles_of_the_won, verb="train").json
    assert told["why"].endswith("promoted, for the champion learned from Title, which knows the outcome")


def one_win(leads):
    return leads.head(60).assign(Status=["won"] + ["lost"] * 59)


@pytest.mark.parametrize("change", [one_win, lambda leads: one_win(leads).head(3)])
def test_few_outcomes_are_no_all_clear(checked, change):
    ran = checked(change)
    said = "10 wins and 10 losses are needed among older and among newer leads)"
    assert (ran.code, ran.json["leakage"]) == (0, [])
    assert ran.json["unchecked"].startswith("not looked at: too few outcomes (1 won and ")
    assert ran.json["unchecked"].endswith(said)


def test_of_few_outcomes_names_are_told_all_the_same(leadscore, export, tmp_path):
    file = tmp_path / "leads.csv"
    one_win(pd.read_csv(export)).rename(columns={"Channel": "Lead Quality"}).to_csv(file, index=False)
    ran = leadscore("check", "--leads", file, "--id", "Id", "--outcome", "Status", "--workspace", tmp_path / "var")
    assert ran.code == 3
    assert "Lead Quality" in ran.out
    assert "How well a column alone tells the outcome was not looked at: too few outcomes" in " ".join(ran.out.split())
    assert "No column seems to know" not in ran.out


def test_help_says_what_the_exit_code_means(leadscore):
    said = " ".join(leadscore("check", "--help").out.split())
    assert "Exit code 3" in said and "columns leak the outcome" in said and "rows that cannot be used" in said


def test_rows_that_cannot_be_used_ask_for_action_and_are_named(checked):
    ran = checked(lambda leads: pd.concat([leads, leads[:2]]))
    told = result_of(ran)
    assert (ran.code, told["rows"]) == (3, {"read": 602, "used": 600, "quarantined": 2})
    (found,) = told["quality"]
    assert found["problem"] == "quarantined: the lead_id of an earlier row"
    assert found["rows"] == ["line 602", "line 603"]


def test_what_is_no_feature_is_listed_with_the_reason(checked):
    told = result_of(checked(lambda leads: leads.assign(Gender="f", Phone="+49 30 123456")))
    assert told["attributes"] == ["Visits", "Channel"]
    assert told["excluded"]["Gender"] and told["excluded"]["Phone"]


def test_without_both_outcomes_the_data_are_checked_all_the_same(checked):
    ran = checked(lambda leads: leads.assign(Status="lost"))
    assert ran.code == 0
    said = "not looked at: there is nothing to learn from: all leads ended in the same way (0 won and 600 lost leads)"
    assert (ran.json["leakage"], ran.json["unchecked"]) == ([], said)


def test_that_no_lead_has_closed_is_told_from_leads_that_ended_alike(checked):
    ran = checked(lambda leads: leads.assign(Status=""))
    assert ran.json["unchecked"] == "not looked at: there is nothing to learn from: no lead has closed"


def test_without_a_win_columns_are_judged_by_their_names_all_the_same(checked):
    reasons = {"Tags": ["Busy", "Called"] * 300, "Lost Reason": ["Price", "Time", "Price"] * 200}
    ran = checked(lambda leads: leads.assign(Status="lost", **reasons))
    told = result_of(ran)
    assert (ran.code, {leak["column"] for leak in told["leakage"]}) == (3, {"Tags", "Lost Reason"})
    assert not any(leak["excluded"] for leak in told["leakage"])
    assert "all leads ended in the same way" in told["unchecked"]


def test_where_nothing_says_how_leads_ended_names_are_judged(leadscore, tmp_path):
    leads = pd.DataFrame({"lead_id": range(100), "created_at": "2025-01-10", "Lost Reason": ["Price", "Time"] * 50})
    leads.to_csv(tmp_path / "leads.csv", index=False)
    config = tmp_path / "leadscore.yaml"
    config.write_text("tables:\n  leads: leads.csv\n")
    ran = leadscore("check", "--config", config, "--workspace", tmp_path / "var")
    said = " ".join(ran.out.split())
    assert ran.code == 3 and "Lost Reason" in said
    assert "How well a column alone tells the outcome was not looked at: nothing says how the leads ended." in said


def test_a_simulated_funnel_has_no_leaks(leadscore, config, tmp_path):
    told = result_of(leadscore("check", "--config", config, "--workspace", tmp_path, "--json"))
    assert told["leakage"] == []
    assert told["rows"]["read"] == told["rows"]["used"] + told["rows"]["quarantined"]


def test_people_read_which_columns_and_why(leadscore, export, tmp_path):
    file = tmp_path / "leads.csv"
    with_leak(pd.read_csv(export)).to_csv(file, index=False)
    ran = leadscore("check", "--leads", file, "--id", "Id", "--outcome", "Status", "--workspace", tmp_path / "var")
    assert "Invoice" in ran.out and "left out" in ran.out and "--keep NAME" in ran.out


@pytest.mark.slow
def test_in_real_data_what_sales_filled_in_is_found_and_what_leads_did_is_not(leadscore, datasets, tmp_path):
    given = ("--id", "Prospect ID", "--outcome", "Converted", "--order", "Lead Number")
    leads = datasets / "x-education" / "Leads.csv"
    ran = leadscore("check", "--leads", leads, *given, "--workspace", tmp_path, "--json")
    told = {leak["column"]: leak["excluded"] for leak in result_of(ran)["leakage"]}
    assert told["Tags"]
    assert {"Lead Quality", "Lead Profile"} <= told.keys()
    behaviour = ("Total Time Spent on Website", "Lead Source", "Lead Origin", "TotalVisits", "Page Views Per Visit")
    assert not set(behaviour) & told.keys()


def test_a_look_lists_quarantined_rows_with_their_places():
    counts = TableCounts(9, 7, {"no lead_id": 2}, {"no lead_id": ("line 3",)})
    report = Report(tables={"leads": counts})
    said = ["leads: 9 read, 7 used, 2 quarantined", "  2 × no lead_id: line 3 …"]
    assert list(describe(report, whole=True)) == said
    assert list(describe(report)) == ["leads: 9 read, 7 used, 2 quarantined (2 no lead_id)"]


def test_people_are_told_where_quarantined_rows_are(leadscore, export, tmp_path):
    leads = pd.read_csv(export, dtype=str)
    pd.concat([leads, leads.head(1)]).to_csv(tmp_path / "leads.csv", index=False)
    given = ("--leads", tmp_path / "leads.csv", "--id", "Id", "--outcome", "Status", "--workspace", tmp_path / "var")
    said = "".join(leadscore("check", *given).out.split())
    assert f"{tmp_path / 'var' / 'quarantine'},eachrowwithitsreason." in said


def test_a_look_lists_all_that_is_wrong_with_its_rows_and_a_training_the_first():
    flags = [Flag("leads", f"c{n}", "odd", 6, "-5 of lead a", ("a", "b")) for n in range(9)]
    assert list(describe(Report(flags=flags), whole=True))[-1] == "leads.c8: 6 × odd, such as -5 of lead a: a, b …"
    assert list(describe(Report(flags=flags)))[-1] == "and 1 more findings: `leadscore check` lists them all"
    only = Flag("leads", "c", "odd", 1, "lead a", ("a",))
    assert list(describe(Report(flags=[only]), whole=True)) == ["leads.c: 1 × odd: a"]
