"""Scores on demand are those of the batch, and what is wrong with a request is named."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.score import score

NOW = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def batch(scored, tmp_path_factory, funnel) -> pd.DataFrame:
    """The scores of a run of the batch, by lead: of leads whose account has no events of its own."""
    workspace = funnel.copy(tmp_path_factory.mktemp("batch") / "var")
    out = tmp_path_factory.mktemp("out") / "scores.parquet"
    score(workspace, as_of=pd.Timestamp(NOW).tz_localize(None), out=out)
    return pd.read_parquet(out).set_index("lead_id")


@pytest.fixture(scope="module")
def comparable(batch, alone) -> list[str]:
    """Open leads that a request has all of."""
    known = [lead for lead in batch.index if lead in alone]
    assert len(known) > 100
    return known


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_score_is_bit_by_bit_that_of_the_batch_whatever_it_is_asked_with(api, batch, comparable, lead_of, data):
    chosen = data.draw(st.lists(st.sampled_from(comparable), min_size=1, max_size=5))
    answer = api.post("/api/v1/score", json={"leads": [lead_of(lead) for lead in chosen], "as_of": NOW})
    assert answer.status_code == 200, answer.text
    for lead, scored in zip(chosen, answer.json()["scores"], strict=True):
        expected = batch.loc[lead]
        names = ("probability", "score", "band", "grade", "disposition", "recommendation", "expected_value")
        assert {name: scored[name] for name in names} == {name: expected[name] for name in names}
        assert scored["lead_id"] == lead


def test_points_of_lines_and_reasons_add_up_to_the_score(api, comparable, lead_of):
    answer = api.post("/api/v1/score", json={"leads": [lead_of(lead) for lead in comparable[:20]], "as_of": NOW})
    for scored in answer.json()["scores"]:
        parts = (*scored["lines"], *scored["reasons_up"], *scored["reasons_down"])
        assert sum(part["points"] for part in parts) == scored["score"]


def test_what_comes_after_as_of_changes_nothing(api, comparable, lead_of):
    lead = lead_of(comparable[0])
    later = {"type": "demo_request", "occurred_at": "2026-01-01T00:00:01Z"}
    body = [{"leads": [lead | {"events": [*lead["events"], *more]}], "as_of": NOW} for more in ((), (later,))]
    before, after = (api.post("/api/v1/score", json=each).json() for each in body)
    assert before == after


def test_an_unknown_field_is_named_with_the_nearest_one(api):
    lead = {"lead_id": "1", "created_at": "2025-11-01", "industri": "Software"}
    answer = api.post("/api/v1/score", json={"leads": [lead]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [
        {"pointer": "/leads/0/industri", "detail": "unknown field 'industri': did you mean 'industry'?"}
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"leads": []}, "/leads"),
        ({"leads": [{"lead_id": "1", "events": [{"type": "x"}]}]}, "/leads/0/events/0/occurred_at"),
        ({"leads": [{"lead_id": 1, "stages": [{"stage": "x", "entered_at": ""}]}]}, "/leads/0/stages/0/entered_at"),
        ({"leads": [{"lead_id": "1"}], "asof": NOW}, "/asof"),
        ({"leads": [{"lead_id": "1"}], "as_of": "2190-01-01"}, "/as_of"),
        ({"leads": [{"lead_id": "1", "created_at": "2026-01-02"}], "as_of": NOW}, "/leads/0/created_at"),
        ({"leads": [{"lead_id": str(each)} for each in range(1001)]}, "/leads"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_named_by_its_place(api, body, pointer):
    answer = api.post("/api/v1/score", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("text", ['{"leads": [{"lead_id": "1", "budget": NaN}]}', "{", '"' + "[" * 100_000])
def test_a_body_that_is_no_json_is_no_error_of_ours(api, text):
    answer = api.post("/api/v1/score", content=text, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["status"] == answer.status_code


def test_another_version_scores_as_soon_as_it_is_promoted(own_api, workspace, lead_of, comparable):
    """Thresholds, too: the version is asked for again and again."""
    from models.versions import Registry

    own_api.app.state.warm._asked_at = float("-inf")
    body = {"leads": [lead_of(comparable[0])], "as_of": NOW}
    probability = own_api.post("/api/v1/score", json=body).json()["scores"][0]["probability"]
    Registry(workspace).set_thresholds("1", probability, probability / 2, by="Ann", why="to see")
    own_api.app.state.warm._asked_at = float("-inf")
    assert own_api.post("/api/v1/score", json=body).json()["scores"][0]["band"] == "hot"
