"""Why the score of a lead changed: from its kept scores, from the data of then, and across versions of the model."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from shutil import copytree

import pandas as pd
import pytest

from data.dataset import Dataset, open_dataset
from data.store import Store, open_store
from data.workspace import Workspace
from models.scoring import score_chunk
from models.versions import Registry
from pipelines.console import signed
from pipelines.explain.score_change import Changes, why_changed
from pipelines.score import score

THEN, BETWEEN, NOW = map(pd.Timestamp, ("2025-11-01", "2025-12-01", "2026-01-01"))


@dataclass(frozen=True)
class Scores:
    """A workspace that was scored at two moments, and all that is needed to look into it."""

    workspace: Workspace
    registry: Registry
    dataset: Dataset
    store: Store

    def changes(self, lead_id: str, since: pd.Timestamp) -> Changes:
        scorer, lead = self.registry.champion().scorer, self.dataset.lead(lead_id)
        assert lead is not None
        return why_changed(lead, score_chunk(lead, scorer, NOW), since, NOW, scorer, self.store, self.registry)

    def moved(self, count: int) -> list[str]:
        """The open leads whose score is another at the second moment."""
        kept = {lead["lead_id"]: self.store.scores_of(lead["lead_id"]) for lead in self.store.hottest(300)}
        return [lead for lead, scores in kept.items() if len(scores) > 1][:count]


@pytest.fixture(scope="module")
def scores(trained, scored, forget_scores, tmp_path_factory) -> Iterator[Scores]:
    workspace = Workspace.at(copytree(trained.workspace.root, tmp_path_factory.mktemp("twice") / "workspace"))
    forget_scores(workspace)  # they are of a later moment than the first one here
    for moment in (THEN, NOW):
        score(workspace, as_of=moment)
    registry = Registry(workspace)
    stored = registry.champion()
    with (
        open_dataset(stored.settings, workspace=workspace.root, schema=stored.scorer.schema) as dataset,
        open_store(workspace.store) as store,
    ):
        yield Scores(workspace, registry, dataset, store)


def total(changes: Changes) -> int:
    return sum(points for points, _ in changes.parts)


def test_points_add_up_to_the_difference_of_the_two_kept_scores(scores):
    leads = scores.moved(20)
    assert leads
    for lead in leads:
        now, then = scores.store.scores_of(lead)[:2]
        changes = scores.changes(lead, BETWEEN)
        assert (changes.is_stored, changes.score_then, changes.score) == (True, then["score"], now["score"])
        assert total(changes) == now["score"] - then["score"]
        assert changes.model_points == changes.reference_points == 0


def test_where_no_score_was_kept_the_features_are_made_as_of_then(scores):
    lead = scores.moved(1)[0]
    scorer, chunk = scores.registry.champion().scorer, scores.dataset.lead(lead)
    moment = THEN - pd.Timedelta(hours=1)
    changes = scores.changes(lead, moment)
    assert not changes.is_stored
    assert chunk is not None
    assert changes.probability_then == pytest.approx(score_chunk(chunk, scorer, moment).numbers["probability"][0])
    assert total(changes) == changes.score - changes.score_then


def test_another_model_and_another_population_are_lines_of_their_own(scores):
    lead = scores.moved(1)[0]
    before = scores.changes(lead, BETWEEN)
    stored = scores.registry.champion()
    model, scale = stored.scorer.model, stored.scorer.scale
    model.final_estimator_[-1].intercept_ -= 1.0
    shifted = replace(scale, log_odds=tuple(edge - 0.5 for edge in scale.log_odds))
    with scores.registry.run() as run:
        first = scores.registry.store.get("1")
        assert first is not None
        version = run.add_version(model, first.tags)
        run.log_scorer(
            replace(stored.scorer, version=version, scale=shifted), stored.recipe, stored.settings, stored.training
        )
    scores.registry.promote(version, "for a test")
    changes = scores.changes(lead, BETWEEN)
    assert (changes.model_version_then, changes.model_version) == ("1", version)
    assert changes.score_then == before.score_then
    assert total(changes) == changes.score - changes.score_then
    assert changes.model_points < 0 < changes.reference_points
    assert f"version {version} of the model in the place of version 1" in [words for _, words in changes.parts]
    scores.registry.roll_back()


@pytest.mark.parametrize(
    ("since", "message"), [("2031-01-01", "later than the score"), ("2001-01-01", "was not there yet")]
)
def test_a_moment_of_which_nothing_is_known_is_refused(scores, leadscore, since, message):
    ran = leadscore("explain", scores.moved(1)[0], "--since", since, "--workspace", scores.workspace.root)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert re.search(r"expected: a moment (before|after) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ran.err)


def test_what_is_no_date_is_refused(leadscore, scores):
    ran = leadscore("explain", "L0000001", "--since", "last week", "--workspace", scores.workspace.root)
    assert (ran.code, "this is no date" in ran.err) == (2, True)


def test_people_are_told_what_moved_the_score(leadscore, scores):
    lead = next(lead for lead in scores.moved(100) if scores.changes(lead, BETWEEN).points)
    ran = leadscore("explain", lead, "--since", "2025-12-01", "--workspace", scores.workspace.root)
    changes = scores.changes(lead, BETWEEN)
    assert f"Score {changes.score}, {signed(changes.points)} since {changes.as_of}\n" in ran.out
    told = leadscore("explain", lead, "--since", "2025-12-01", "--workspace", scores.workspace.root, "--json").json
    assert told["changes"]["concepts"][0]["points"] == changes.concepts[0].points
