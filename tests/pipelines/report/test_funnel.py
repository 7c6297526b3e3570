"""The funnel of a workspace: simulated and real leads, with and without what it may be made of."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from data.config import FunnelSettings, Settings, StageMapping, load_settings, settings_of_folder
from data.errors import InputError
from data.store import open_store
from features import sql_known_at
from funnel import Funnel, Threshold, figures, open_funnel
from funnel.figures import COLUMNS
from models.versions import Registry
from pipelines.report.funnel import Scores, count, scores_at
from pipelines.score import score


@pytest.fixture
def counted(tmp_path):
    """Count the funnel of settings, without any scores."""

    def run(settings: Settings) -> Funnel:
        with open_funnel(settings, workspace=tmp_path, known_at=sql_known_at) as tables:
            return count(tables, settings)

    return run


@pytest.fixture(scope="module")
def simulated_funnel(config, tmp_path_factory) -> Funnel:
    settings = load_settings(config)
    with open_funnel(settings, workspace=tmp_path_factory.mktemp("funnel"), known_at=sql_known_at) as tables:
        return count(tables, settings)


def table(config: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(config.parent / f"{name}.parquet")


def test_the_simulated_funnel_is_counted_as_pandas_counts_it(simulated_funnel, config):
    stages, leads = table(config, "stages"), table(config, "leads").drop_duplicates("lead_id")
    entered = stages.groupby("stage")["lead_id"].nunique()
    assert simulated_funnel.all.reached == {name: entered[name] for name in ("lead", "mql", "sql", "qso", "customer")}
    by_source = leads.set_index("lead_id")["source"]
    won = stages.loc[stages["stage"] == "customer", "lead_id"].map(by_source).value_counts()
    assert {level.name: level.reached["customer"] for level in simulated_funnel.cuts["source"]} == won.to_dict()
    reopened = stages[stages["stage"].shift().eq("lost") & stages["lead_id"].eq(stages["lead_id"].shift())]
    back = {oddity.problem: oddity.leads for oddity in simulated_funnel.oddities}
    assert 0 < back["went back to a stage: what they had reached counts"] <= reopened["lead_id"].nunique()


def test_median_times_are_those_of_pandas(simulated_funnel, config):
    first = table(config, "stages").pivot_table(index="lead_id", columns="stage", values="entered_at", aggfunc="min")
    days = (first["sql"] - first["mql"]).dropna() / pd.Timedelta(days=1)
    assert simulated_funnel.all.steps[1].median_days == pytest.approx(days.median(), abs=0.01)


def test_entries_of_all_periods_add_up(simulated_funnel):
    for stage, reached in simulated_funnel.all.reached.items():
        assert sum(period.entries[stage] for period in simulated_funnel.periods) == reached
        assert sum(level.reached[stage] for level in simulated_funnel.cohorts) == reached


def test_costs_are_held_against_the_leads_of_their_months(simulated_funnel, config):
    spend = table(config, "costs").groupby("source")["spend"].sum()
    by_source = next(costs for costs in simulated_funnel.costs if costs.by == "source")
    assert {each.name: each.spend for each in by_source.channels} == spend.to_dict()
    assert by_source.unmatched.spend_without_leads == {}
    assert sum(each.leads for each in by_source.channels) == simulated_funnel.all.leads


def test_which_content_closes_is_known(simulated_funnel):
    best = simulated_funnel.touched[0]
    assert (best.name, best.clear) == ("price_list", True)
    assert simulated_funnel.assets


def test_accounts_and_follow_up_are_told(simulated_funnel):
    assert simulated_funnel.accounts[0].activities >= simulated_funnel.accounts[1].activities
    assert simulated_funnel.accounts[0].viewed
    assert simulated_funnel.follow_up["MQL in the CRM"][0].ready == simulated_funnel.all.reached["mql"]
    assert any("follow-up is the entry into the stage sql" in text for text in simulated_funnel.notes)


def test_the_persona_is_read_from_the_title_where_nobody_tells_it(simulated_funnel):
    assert {"C-level", "Manager", "Student"} <= {level.name for level in simulated_funnel.cuts["persona"]}


def test_case_studies_are_lost_after_the_mql(simulated_funnel):
    found = {(each.leads, each.to) for each in simulated_funnel.findings}
    assert ("asset: case_study", "sql") in found


def test_the_table_of_figures_is_complete_and_adds_up(simulated_funnel):
    rows = figures(simulated_funnel)
    assert list(rows) == list(COLUMNS)
    counts = rows[(rows["table"] == "cut") & (rows["by"] == "source") & (rows["measure"] == "leads")]
    assert counts.groupby("stage")["value"].sum().to_dict() == simulated_funnel.all.reached
    told = {"all", "cohort", "cut", "period", "costs", "content", "follow-up", "finding", "account", "oddity"}
    told |= {"growth", "definition", "note"}
    assert set(rows["table"]) == told
    assert (rows.dropna(subset="of")["value"].dropna() <= 1).all()


def test_vanity_numbers_are_not_told(simulated_funnel):
    told = " ".join(figures(simulated_funnel)["measure"].unique()).lower()
    assert not any(vanity in told for vanity in ("impression", "bounce", "session"))


def test_a_moment_in_the_past_knows_nothing_later(config, counted):
    moment = pd.Timestamp("2025-01-01")
    past = counted(load_settings(config).model_copy(update={"as_of": moment.to_pydatetime()}))
    stages = table(config, "stages")
    before = stages[stages["entered_at"] <= moment.tz_localize("UTC")]
    assert past.all.reached["sql"] == before.loc[before["stage"] == "sql", "lead_id"].nunique()
    assert past.all.reached["customer"] == before.loc[before["stage"] == "customer", "lead_id"].nunique()
    assert past.periods[-1].name == "2024-12"


def test_before_the_first_lead_there_is_no_funnel(config, counted):
    with pytest.raises(InputError, match="no leads yet"):
        counted(load_settings(config).model_copy(update={"as_of": pd.Timestamp("2020-01-01").to_pydatetime()}))


def test_leads_alone_are_a_funnel_and_each_absence_is_said(config, counted):
    alone = Settings(tables={"leads": config.parent / "leads.parquet"})
    told = counted(alone)
    assert list(told.all.reached) == ["lead", "customer"]
    for missing in ("history of stages", "no events", "no table of costs", "no table asset_stats", "follow-up"):
        assert any(missing in note for note in told.notes)
    assert (told.touched, told.assets, told.accounts, told.follow_up, told.findings) == ((), (), (), {}, ())
    assert told.costs[0].channels[0].spend is None
    assert len(figures(told))


def test_stages_that_nobody_mapped_are_told(tmp_path, counted):
    (tmp_path / "leads.csv").write_text("lead_id,created_at\na,2025-01-01\nb,2025-01-02\n")
    stages = "lead_id,stage,entered_at\na,Nurturing,2025-01-03\na,MQL,2025-01-04\nb,Nurturing,2025-01-04\n"
    (tmp_path / "stages.csv").write_text(stages)
    (odd,) = counted(settings_of_folder(tmp_path)).oddities
    assert (odd.leads, odd.first) == (2, ("a", "b"))


def test_a_stage_of_the_crm_that_two_of_ours_claim_is_told(tmp_path, counted):
    (tmp_path / "leads.csv").write_text("lead_id,created_at\na,2025-01-01\n")
    (tmp_path / "stages.csv").write_text("lead_id,stage,entered_at\na,Demo,2025-01-03\n")
    mapping = StageMapping(mql=["Demo"], sql=["demo"])
    told = counted(settings_of_folder(tmp_path).model_copy(update={"stages": mapping}))
    assert told.all.reached == {"lead": 1, "mql": 1, "customer": 0}
    assert "Demo is mapped to mql and sql: it counts as mql" in told.notes


def test_a_split_stage_keeps_its_benchmark_its_meaning_and_its_break_even(tmp_path, counted):
    leads = [f"{source}{n},2025-01-01,{source}\n" for source in ("web", "fair") for n in range(40)]
    (tmp_path / "leads.csv").write_text("lead_id,created_at,source\n" + "".join(leads))
    met = [f"web{n},Met,2025-01-05\n" for n in range(10)] + [f"fair{n},Met,2025-01-05\n" for n in range(20)]
    (tmp_path / "stages.csv").write_text("lead_id,stage,entered_at\n" + "".join([*met, "web1,Agreed,2025-01-09\n"]))
    split = {"sql": {"meeting": ["Met"], "accepted": ["Agreed"]}}
    chosen = FunnelSettings(split=split, benchmarks={"sql": 0.9}, definitions={"sql": "sales said yes"}, by=["source"])
    found = counted(settings_of_folder(tmp_path).model_copy(update={"funnel": chosen}))
    assert {level.name: level.break_even for level in found.cuts["source"]} == {"web": 0.5, "fair": 1}
    assert [(step.to, step.benchmark) for step in found.all.steps[:2]] == [("meeting", 0.9), ("accepted", None)]
    assert [stage.definition for stage in found.stages[1:3]] == ["part of sql: sales said yes"] * 2
    assert any(note.startswith("sql is split") and note.endswith("first part in use, meeting") for note in found.notes)


def test_olist_is_told_by_origin_and_landing_page(datasets, counted):
    folder = datasets / "olist"
    columns = {
        "leads": {
            "lead_id": "mql_id",
            "created_at": "first_contact_date",
            "source": "origin",
            "asset": "landing_page_id",
        },
        "outcomes": {"lead_id": "mql_id", "closed_at": "won_date"},
    }
    tables = {
        "leads": folder / "olist_marketing_qualified_leads_dataset.csv",
        "outcomes": folder / "olist_closed_deals_dataset.csv",
    }
    told = counted(Settings(tables=tables, columns=columns, funnel=FunnelSettings(by=["source", "asset"])))
    assert told.all.reached == {"lead": 8000, "customer": 842}
    assert told.all.days_to_customer == pytest.approx(14, abs=1)
    sources = {level.name: level for level in told.cuts["source"]}
    assert (sources["paid_search"].leads, sources["paid_search"].to_customer.count) == (1586, 195)
    assert sources["social"].days_to_customer > 1.5 * sources["organic_search"].days_to_customer
    assert sources["not given"].leads == 60
    assert not sources["not given"].break_even
    assert (len(told.cuts["asset"]), told.cuts["asset"][-1].pooled) == (65, 431)
    assert sum(level.leads for level in told.cuts["asset"]) == 8000
    assert ("source: social", "customer") in {(each.leads, each.to) for each in told.findings}
    assert [(each.problem.split(":")[0], each.leads) for each in told.oddities] == [
        ("entered a stage on a day before they were created", 1)
    ]


def test_costs_that_name_no_campaign_are_told_by_source_alone(tmp_path, counted):
    (tmp_path / "leads.csv").write_text("lead_id,created_at,source,campaign\na,2025-01-01,ppc,x\nb,2025-01-02,ppc,\n")
    (tmp_path / "costs.csv").write_text("source,month,spend\nppc,2025-01,10\n")
    (costs,) = counted(settings_of_folder(tmp_path)).costs
    assert (costs.by, costs.channels[0].cpl) == ("source", 5)


def scored(**given) -> Scores:
    names = ["lead_id", "as_of", "probability", "fit", "disqualified_by", "disposition", "outcome"]
    crossings = pd.DataFrame(columns=names)
    names = ["probability", "score", "fit", "disqualified_by"]
    still_open = pd.DataFrame({name: [] for name in names}, index=pd.Index([], name="lead_id"))
    usual = {"crossings": crossings.astype({"as_of": "datetime64[us]", "probability": float}), "open": still_open}
    since = pd.Timestamp("2025-01-01")
    about = {
        "thresholds": (Threshold("scored_mql", 0.5, 0.5),),
        "since": since,
        "notes": (),
        "personas": pd.Series(dtype="str"),
        "opened": 0,
    }
    return Scores(**{**usual, **about, **given})


def test_the_persona_is_that_of_the_rules_where_they_have_any(tmp_path):
    (tmp_path / "leads.csv").write_text(
        "lead_id,created_at,job_title\na,2025-01-01,CTO\nb,2025-01-02,CTO\nc,2025-01-02,\n"
    )
    personas = pd.Series({"a": "Decision maker", "b": ""})
    with open_funnel(settings_of_folder(tmp_path), workspace=tmp_path, known_at=sql_known_at) as tables:
        told = count(tables, settings_of_folder(tmp_path), scored(personas=personas))
        without = count(tables, settings_of_folder(tmp_path), scored())
    assert [level.name for level in told.cuts["persona"]] == ["Decision maker", "like none", "not given"]
    assert "no column tells the persona: it is that of the rules by which leads were scored" in told.notes
    assert [level.name for level in without.cuts["persona"]] == ["C-level", "not given"]


def test_daily_use_is_the_share_of_ready_leads_that_sales_contacted_and_of_open_ones_that_were_opened(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,created_at\n" + "".join(f"l{n},2025-01-01\n" for n in range(4)))
    events = "lead_id,occurred_at,type\nl0,2025-02-02,sales_call\nl1,2025-02-03,Meeting\nl3,2025-02-03,site_visit\n"
    (tmp_path / "events.csv").write_text(events)
    ready = pd.DataFrame({"lead_id": ["l0", "l1", "l2"], "as_of": pd.Timestamp("2025-02-02"), "probability": 0.9})
    crossings = ready.assign(fit="A", disqualified_by="", disposition="ready", outcome="open")
    standing = {"probability": 0.9, "score": 90, "fit": "A", "disqualified_by": ""}
    still_open = pd.DataFrame(standing, index=[f"l{n}" for n in range(4)])
    scores = scored(crossings=crossings, open=still_open, opened=1)
    with open_funnel(settings_of_folder(tmp_path), workspace=tmp_path, known_at=sql_known_at) as tables:
        told = count(tables, settings_of_folder(tmp_path), scores)
    assert (told.use.contacted.count, told.use.contacted.of) == (2, 3)
    assert (told.use.opened.count, told.use.opened.of) == (1, 4)
    rows = figures(told).query("table == 'use'")
    assert rows["value"].tolist() == pytest.approx([2 / 3, 1 / 4])


@pytest.mark.parametrize(
    ("fit", "disqualified_by", "count_qualified"), [("A", "", 1), ("", None, 1), ("D", "", 0), ("A", "Competitor", 0)]
)
def test_a_lead_that_does_not_fit_or_is_disqualified_does_not_qualify_however_likely_it_is(
    tmp_path, fit, disqualified_by, count_qualified
):
    (tmp_path / "leads.csv").write_text("lead_id,created_at\na,2025-01-01\nb,2025-03-01\n")
    about = {"probability": 0.9, "score": 90, "fit": fit, "disqualified_by": disqualified_by, "disposition": "nurture"}
    still_open = pd.DataFrame(about, index=pd.Index(["a"], name="lead_id"))
    crossings = still_open.reset_index().assign(as_of=pd.Timestamp("2025-01-02"), outcome="open")
    with open_funnel(settings_of_folder(tmp_path), workspace=tmp_path, known_at=sql_known_at) as tables:
        funnel = count(tables, settings_of_folder(tmp_path), scored(crossings=crossings, open=still_open))
    assert funnel.qualified
    assert sum(number or 0 for number in funnel.qualified.volumes[0].today) == count_qualified
    assert funnel.qualified.standing["scored_mql"] == (count_qualified, count_qualified)


def test_the_bar_of_the_last_period_is_that_of_the_run_which_ended_it():
    runs = [("2026-01-01", "3"), ("2025-12-15", "3"), ("2025-12-01", "2"), ("2025-11-15", "1")]
    done = [
        {
            "run_id": 4 - number,
            "status": "done",
            "as_of": pd.Timestamp(day),
            "started_at": pd.Timestamp(day),
            "model_version": version,
        }
        for number, (day, version) in enumerate(runs)
    ]
    empty = {name: (lambda *_: pd.DataFrame()) for name in ("crossings", "open_scores", "personas", "opened")}
    store = SimpleNamespace(runs=lambda: done, runs_known=lambda _: done, **empty)
    scale = {version: SimpleNamespace(warm=int(version) / 10, hot=int(version) / 5) for version in "123"}
    registry = SimpleNamespace(thresholds_at=lambda version, at: scale[version])
    told = scores_at(store, registry, pd.Timestamp("2026-01-01"), FunnelSettings())  # pyright: ignore[reportArgumentType]
    assert told and told.thresholds[0] == Threshold("scored_mql", 0.3, 0.2)


def test_without_a_run_of_the_last_period_its_bar_is_that_of_the_first_run_however_it_is_lowered_since():
    day = pd.Timestamp("2026-01-01")
    run = {"run_id": 1, "status": "done", "as_of": day, "started_at": day, "model_version": "1"}
    empty = {name: (lambda *_: pd.DataFrame()) for name in ("crossings", "open_scores", "personas", "opened")}
    store = SimpleNamespace(runs=lambda: [run], runs_known=lambda _: [run], **empty)
    bars = {None: SimpleNamespace(warm=0.03, hot=0.1), day: SimpleNamespace(warm=0.0657, hot=0.197)}
    registry = SimpleNamespace(thresholds_at=lambda version, at: bars[at])
    scores = scores_at(store, registry, day, FunnelSettings())  # pyright: ignore[reportArgumentType]
    assert scores and scores.thresholds[0] == Threshold("scored_mql", 0.03, 0.0657)


def test_bars_that_are_lowered_leave_those_of_the_last_period(workspace, forget_scores):
    """The bar of the last period stays where it was when its leads were scored; today's is the new one."""
    registry = Registry(workspace)
    before = registry.champion().scorer.scale
    forget_scores(workspace)
    for moment in ("2025-11-30", "2026-01-01"):
        score(workspace, as_of=pd.Timestamp(moment))
    registry.set_thresholds("1", 0.1, 0.03, by="Ada", why="more calls")
    with open_store(workspace.store) as store:
        scores = scores_at(store, registry, pd.Timestamp("2026-01-01"), FunnelSettings())
    assert scores is not None
    assert scores.thresholds[:2] == (
        Threshold("scored_mql", 0.03, before.warm),
        Threshold("scored_sql", 0.1, before.hot),
    )
