"""Which version scores is a decision that is kept, with its reason."""

import pytest

from data.workspace import Workspace
from models.versions import Registry, words


@pytest.fixture(scope="module")
def two_versions(leadscore, export, tmp_path_factory):
    workspace = tmp_path_factory.mktemp("two")
    given = ["--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", workspace]
    assert leadscore("train", *given).code == 0
    assert leadscore("train", *given, "--drop", "Visits").code == 0
    return workspace


@pytest.fixture
def decided(two_versions, leadscore, tmp_path):
    """Give a decision; return its result and, per version, what was decided of it so far, the oldest first."""
    registry = Registry(Workspace.at(two_versions))

    def run(*arguments):
        ran = leadscore(*arguments, "--workspace", two_versions)
        decisions = registry.decisions()[::-1]
        of = {n: [words(each) for each in decisions if each.version == n] for n in ("1", "2")}
        return ran, registry.champion_version, of

    return run


def test_a_version_that_does_not_hold_is_refused_with_what_would_help(decided):
    ran, champion, _ = decided("promote", "2")
    assert (ran.code, champion) == (1, "1")
    assert "version 2 was not promoted" in ran.err
    assert "--force --why" in ran.err


@pytest.mark.parametrize("half", [["--force"], ["--why", "because"], ["--force", "--why", " "]])
def test_force_and_reason_come_together(decided, half):
    ran, champion, _ = decided("promote", "2", *half)
    assert (ran.code, champion) == (2, "1")
    assert "--force --why TEXT" in ran.err


def test_by_force_a_version_scores_until_it_is_rolled_back(decided):
    ran, champion, tags = decided("promote", "2", "--force", "--why", "the visits are wrong since May", "--json")
    assert (ran.json["champion"], ran.json["before"], champion) == ("2", "1", "2")
    assert tags["2"][0].startswith("kept back: ")
    assert tags["2"][1] == "promoted: by force: the visits are wrong since May"
    ran, champion, tags = decided("rollback", "--json")
    assert (ran.json["champion"], champion) == ("1", "1")
    assert tags["2"][-1] == "rolled back to version 1"
    assert tags["1"][-1] == "champion again, in the place of version 2"
    ran, champion, _ = decided("rollback")
    assert (ran.code, champion) == (1, "1")
    assert "there is no champion to go back to" in ran.err


def test_the_champion_and_a_version_that_is_not_there_are_refused(decided):
    assert "version 1 is the champion already" in decided("promote", "1")[0].err
    assert "version 9 is not in the registry" in decided("promote", "9")[0].err


def test_after_a_promotion_that_was_interrupted_the_alias_has_the_last_word(two_versions):
    workspace = Workspace.at(two_versions)
    registry = Registry(workspace)
    registry.store.set_alias("champion", "2")
    assert registry.champions() == ["1", "2"]
    registry.store.set_alias("champion", "1")
    assert registry.champions() == ["1"]


def test_a_champion_that_came_back_by_force_is_there_twice(decided, two_versions):
    for number in ("2", "1"):
        decided("promote", number, "--force", "--why", "to see")
    assert Registry(Workspace.at(two_versions)).champions() == ["1", "2", "1"]
    for back in ("2", "1"):
        assert decided("rollback")[1] == back


def test_a_version_that_cannot_score_any_more_is_not_gone_back_to(decided, two_versions):
    decided("promote", "2", "--force", "--why", "to see")
    registry = Registry(Workspace.at(two_versions))
    registry.store.tag("1", "feature_fingerprint", "of other code")
    ran, champion, _ = decided("rollback")
    assert (ran.code, champion) == (1, "2")
    assert "version 1 was trained with other features than this code has" in ran.err
