"""The report: one page, complete in itself, safe to open."""

import re
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
import yaml

from data.store import RECOMMENDED, SCORES, open_store, this_week
from data.workspace import Workspace


@pytest.fixture
def page(leadscore, workspace: Workspace):
    """Write the report, and return what the command said and the text of the page."""

    def write() -> tuple[dict, str]:
        told = leadscore("report", "--workspace", workspace.root, "--json").json
        return told, workspace.report.read_text(encoding="utf-8")

    return write


def test_the_calls_that_are_worth_most_stand_in_the_page_in_order(page, scored):
    told, text = page()
    still_open = scored.frame[scored.frame["outcome"] == "open"].nlargest(10, "probability")
    assert [lead["probability"] for lead in told["hottest"]] == still_open["probability"].tolist()
    best = sorted(told["week"], key=lambda lead: -lead["expected_value"])[:10]
    places = [text.index(lead["lead_id"]) for lead in best]
    assert len(places) == 10 and places == sorted(places)


def test_open_leads_are_counted_by_band(page, scored):
    told, text = page()
    counts = scored.frame.query("outcome == 'open'")["band"].value_counts()
    assert told["scored"] == counts.sum()
    assert all(f"{count} {band}" in text for band, count in counts.items())


def test_the_model_stands_beside_rules_and_base_rate(page, trained):
    _, text = page()
    metrics = trained.ran.json["metrics"]
    assert list(metrics) == ["rules", "model", "base rate", "best possible"]
    assert all(f"{measured['log_loss']:.4f}" in text for measured in metrics.values())


def test_the_page_opens_offline(page):
    _, text = page()
    assert text.count("<svg") >= 3
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)|@import|url\((?!#)""", text) == []


def test_what_leads_are_called_is_no_markup(page, workspace):
    with open_store(workspace.store) as store, store.transaction() as connection:
        hottest = max(this_week(connection), key=lambda lead: lead["expected_value"])["lead_id"]
        renamed = {"lead_id": "<script>alert(1)</script>", "company": "<script>alert(2)</script>"}
        connection.execute(sa.update(SCORES).where(SCORES.c.lead_id == hottest).values(renamed))
        connection.execute(
            sa.update(RECOMMENDED).where(RECOMMENDED.c.lead_id == hottest).values(lead_id=renamed["lead_id"])
        )
    _, text = page()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text


def test_people_are_shown_where_the_page_is(leadscore, workspace, tmp_path):
    ran = leadscore("report", "--workspace", workspace.root, "--out", tmp_path / "deep" / "page.html")
    assert ran.code == 0
    assert (tmp_path / "deep" / "page.html").stat().st_size
    assert "page.html" in ran.out.replace("\n", "")


def test_the_funnel_stands_in_the_page_as_in_the_json(page):
    told, text = page()
    steps = told["funnel"]["all"]["steps"]
    assert [(step["start"], step["to"]) for step in steps] == [
        ("lead", "mql"),
        ("mql", "sql"),
        ("sql", "qso"),
        ("qso", "customer"),
    ]
    for step in steps:
        assert f"{step['start']} → {step['to']}" in text
        assert f"{100 * step['went_on']['rate']:.1f} %" in text
    assert "Daily use:" in text
    assert told["funnel"]["use"]["opened"] == told["funnel"]["use"]["opened"] | {"count": 0, "of": told["scored"]}
    assert "By source" in text and "What leads cost and are worth, by source" in text


def test_the_definitions_in_force_are_printed(page):
    told, text = page()
    for stage in told["funnel"]["stages"]:
        assert stage["definition"] in text
    assert "<td><b>MQL by score</b>, today's bar</td>" in text
    assert "<td><b>MQL in the CRM</b></td>" in text


def test_leads_by_score_and_by_stage_stand_side_by_side(page, scored):
    told, _ = page()
    found, both = told["funnel"]["qualified"], told["funnel"]["qualified"]["side_by_side"]
    assert both["both"] + both["only_by_stage"] == told["funnel"]["all"]["reached"]["mql"]
    bar = found["volumes"][0]["bar"]
    is_open, fits = scored.frame["outcome"] == "open", scored.frame["fit"] != "D"
    standing = scored.frame[is_open & fits & (scored.frame["probability"] >= bar)]
    assert found["standing"]["scored_mql"] == [len(standing), len(standing)]
    assert [volume["at_start"] >= len(standing) for volume in found["volumes"][:1]] == [True]


def test_figures_come_as_a_table_too(leadscore, workspace, tmp_path):
    for ending in ("csv", "parquet"):
        out = tmp_path / f"figures.{ending}"
        told = leadscore("report", "--workspace", workspace.root, "--out", out, "--json").json
        rows = pd.read_csv(out) if ending == "csv" else pd.read_parquet(out)
        everything = rows[(rows["table"] == "all") & (rows["measure"] == "leads")]
        assert everything.set_index("stage")["value"].to_dict() == told["funnel"]["all"]["reached"]
    assert not workspace.report.exists()


def leaves(content: object) -> list:
    """All numbers and texts in JSON."""
    if isinstance(content, dict):
        return [leaf for each in content.values() for leaf in leaves(each)]
    return [leaf for each in content for leaf in leaves(each)] if isinstance(content, list) else [content]


def test_the_table_holds_every_number_and_every_word_of_the_json(leadscore, workspace, tmp_path):
    out = tmp_path / "figures.csv"
    told = leadscore("report", "--workspace", workspace.root, "--out", out, "--json").json
    rows = pd.read_csv(out, keep_default_na=False, dtype="str")
    of_json = leaves({name: part for name, part in told["funnel"].items() if name != "settings"})
    cells = {round(float(cell), 9) for name in ("value", "low", "high", "count", "of") for cell in rows[name] if cell}
    assert {leaf for leaf in of_json if isinstance(leaf, (int, float)) and round(leaf, 9) not in cells} == set()
    words = "\n".join(rows[["as_of", "by", "level", "stage", "measure", "text"]].to_numpy().ravel())
    assert {
        leaf for leaf in [*of_json, *told["notes"], *told["read"]] if isinstance(leaf, str) and leaf not in words
    } == set()


def test_figures_stand_at_their_place_in_the_table(leadscore, workspace, tmp_path):
    out = tmp_path / "figures.parquet"
    funnel = leadscore("report", "--workspace", workspace.root, "--out", out, "--json").json["funnel"]
    rows = pd.read_parquet(out)

    def column(table: str, measure: str, by: str, of: str = "value") -> dict:
        found = rows[(rows["table"] == table) & (rows["measure"] == measure)].set_index(by)[of]
        return found.astype(object).where(found.notna(), None).to_dict()

    qualified, by_source = funnel["qualified"], funnel["costs"][0]["channels"]
    assert column("standing", "open leads over today's bar", "stage") == {
        n: v[0] for n, v in qualified["standing"].items()
    }
    assert rows[rows["table"] == "side by side"].set_index("measure")["value"].to_dict() == qualified["side_by_side"]
    assert column("growth", "growth of the entries", "stage") == funnel["growth"]
    advice = rows[(rows["measure"] == "advice") & (rows["by"] == funnel["costs"][0]["by"])].set_index("level")["text"]
    assert advice.to_dict() == {channel["name"]: channel["advice"] for channel in by_source}


def test_the_team_says_what_stages_mean_and_what_the_market_does(leadscore, workspace, config, tmp_path):
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["tables"] = {name: str(config.parent / file) for name, file in settings["tables"].items()}
    settings["truth"] = str(config.parent / settings["truth"])
    settings["funnel"] = {
        "definitions": {"mql": "whoever <b>fits</b>"},
        "benchmarks": {"mql": 0.97},
        "period": "quarter",
        "bars": {"likely": 0.4},
    }
    given = tmp_path / "leadscore.yaml"
    given.write_text(yaml.safe_dump(settings), encoding="utf-8")
    told = leadscore("report", "--workspace", workspace.root, "--config", given, "--json").json
    text = workspace.report.read_text(encoding="utf-8")
    assert "whoever &lt;b&gt;fits&lt;/b&gt;" in text
    assert "97.0 %" in text
    assert told["funnel"]["all"]["steps"][0]["beside_benchmark"] == "below"
    leadscore("report", "--workspace", workspace.root, "--config", given, "--out", tmp_path / "figures.csv")
    beside = pd.read_csv(tmp_path / "figures.csv").query("table == 'all' and measure == 'benchmark from lead'")
    assert beside[["stage", "value", "text"]].to_numpy().tolist() == [["mql", 0.97, "below"]]
    assert "below the benchmark" in {finding["kind"] for finding in told["funnel"]["findings"]}
    assert told["funnel"]["periods"][-1]["name"] == "2025Q4"
    assert [volume["name"] for volume in told["funnel"]["qualified"]["volumes"]] == [
        "scored_mql",
        "scored_sql",
        "likely",
    ]


def test_a_report_of_a_past_moment_knows_no_score_of_a_later_one(leadscore, workspace, config, tmp_path):
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) | {"as_of": "2025-06-01"}
    settings["tables"] = {name: str(config.parent / file) for name, file in settings["tables"].items()}
    settings["truth"] = str(config.parent / settings["truth"])
    given = tmp_path / "past.yaml"
    given.write_text(yaml.safe_dump(settings), encoding="utf-8")
    past = ("report", "--workspace", workspace.root, "--config", given, "--json")
    before = leadscore(*past).json
    assert (before["scored"], before["hottest"], before["funnel"]["qualified"]) == (0, [], None)
    assert any(note.startswith("there were no scores until then") for note in before["notes"])
    assert leadscore("score", "--config", given, "--workspace", workspace.root).code == 0
    told = leadscore(*past).json
    assert told["funnel"]["qualified"]["since"] == told["funnel"]["as_of"] == "2025-06-01T00:00:00Z"
    mql, _ = told["funnel"]["qualified"]["volumes"]
    assert (mql["periods"], mql["today"], mql["growth"]) == (["2025-05"], [None], None)
    created = pd.read_parquet(config.parent / "leads.parquet").drop_duplicates("lead_id").set_index("lead_id")
    assert (created.loc[[lead["lead_id"] for lead in told["hottest"]], "created_at"] <= "2025-06-01").all()


def test_where_the_tables_are_gone_the_page_says_so(leadscore, workspace):
    with open_store(workspace.store) as store, store.transaction() as connection:
        connection.execute(sa.text("UPDATE leadscore_runs SET settings = replace(settings, '.parquet', '.gone')"))
    told = leadscore("report", "--workspace", workspace.root, "--json").json
    assert told["funnel"] is None
    assert "no funnel is told" in told["notes"][0]
    assert told["notes"][0].split(" (")[0] in workspace.report.read_text(encoding="utf-8")


def test_leads_that_do_not_say_how_they_end_leave_the_funnel_to_the_training(leadscore, workspace, config, tmp_path):
    new = tmp_path / "new.parquet"
    pd.read_parquet(config.parent / "leads.parquet").head(50).to_parquet(new)
    assert leadscore("score", "--leads", new, "--workspace", workspace.root).code == 0
    told = leadscore("report", "--workspace", workspace.root, "--json").json
    assert told["funnel"]["all"]["leads"] > 50
    assert "the funnel is that of the training" in told["notes"][0]


def test_a_flat_file_has_a_funnel_of_leads_and_customers(leadscore, export, tmp_path):
    flat = ("--leads", export, "--id", "Id", "--outcome", "Status", "--workspace", tmp_path)
    assert leadscore("train", *flat).code == 0
    assert leadscore("score", "--workspace", tmp_path).code == 0
    told = leadscore("report", "--workspace", tmp_path, "--json").json
    won = int((pd.read_csv(export)["Status"] == "won").sum())
    assert told["funnel"]["all"]["reached"] == {"lead": 600, "customer": won}
    assert told["funnel"]["all"]["days_to_customer"] is None
    assert any("no history of stages" in note for note in told["notes"])


def test_without_scores_there_is_nothing_to_report(leadscore, workspace):
    Path(workspace.store.removeprefix("sqlite:///")).unlink()
    ran = leadscore("report", "--workspace", workspace.root)
    assert (ran.code, ran.out) == (2, "")
    assert "run `leadscore score` with this workspace first" in ran.err
