"""Histories that end otherwise than the outcome says are told with their leads, and the outcome counts."""

WON = [("lead", 0), ("mql", 5), ("customer", 20)]
LOST = [("lead", 0), ("mql", 5), ("lost", 20)]


def told(found) -> dict[str, tuple[str, ...]]:
    return {each.problem.split(":")[0]: each.first for each in found.oddities}


def test_who_is_won_by_the_history_and_lost_by_the_outcome_is_told(journeys):
    found = journeys([{"id": "a", "path": WON, "won": False, "closed": 20}, {"path": WON, "won": True, "closed": 20}])
    assert told(found) == {"were won by their history and lost by their outcome": ("a",)}
    assert found.reached[:, -1].tolist() == [False, True]


def test_who_is_lost_by_the_history_and_won_by_the_outcome_is_told(journeys):
    found = journeys([{"id": "a", "path": LOST, "won": True, "closed": 20}, {"path": LOST, "won": False, "closed": 20}])
    assert told(found) == {"were lost by their history and won by their outcome": ("a",)}


def test_who_ended_by_the_history_and_is_open_by_the_outcome_is_told(journeys):
    found = journeys([{"id": "a", "path": WON}, {"id": "b", "path": LOST}, {"path": ["lead", "mql"]}])
    assert told(found) == {"ended by their history and are open by their outcome": ("a", "b")}


def test_an_end_on_another_day_is_told_and_one_within_a_day_is_not(journeys):
    won, lost = {"path": WON, "won": True}, {"path": LOST, "won": False}
    found = journeys([won | {"id": "late", "closed": 22}, won | {"closed": 21}, lost | {"id": "early", "closed": 18}])
    days = "ended by their history more than a day before or after their outcome"
    assert told(found) == {days: ("late", "early")}


def test_a_stage_after_the_end_is_told(journeys):
    upsold = {"id": "a", "path": [*WON, ("sql", 40)], "won": True, "closed": 20}
    found = journeys([upsold, {"path": [*WON, ("lost", 40)], "won": True, "closed": 20}])
    assert told(found)["entered an open stage more than a day after they had closed"] == ("a",)
    assert not any("lost" in problem for problem in told(found))


def test_an_outcome_without_a_date_contradicts_no_day(journeys):
    assert told(journeys([{"path": WON, "won": True, "closed": None}])) == {}
