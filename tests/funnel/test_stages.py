"""Who came to which stage, and when: definitions, the CRM's own names, parts of stages, and odd histories."""

import numpy as np
import pandas as pd
import pytest

from data.config import FunnelSettings, StageMapping
from funnel.stages import LOST, UNKNOWN, define_stages, places_of

SPLIT = {"qso": {"meeting": ["Meeting held"], "proposal": ["Proposal sent"]}}


def day(number: int) -> np.datetime64:
    return np.datetime64("2025-01-01", "us") + np.timedelta64(number, "D")


def problems(found) -> dict[str, int]:
    return {each.problem.split(":")[0]: each.leads for each in found.oddities}


def test_stages_are_those_of_the_vocabulary_with_their_definitions():
    stages = define_stages(FunnelSettings(), StageMapping())
    assert [stage.name for stage in stages] == ["contact", "lead", "mql", "sql", "qso", "customer"]
    assert "a demo request alone is none" in stages[2].definition
    assert "budget" in stages[4].definition


def test_a_definition_of_the_team_is_in_force():
    stages = define_stages(FunnelSettings(definitions={"mql": "50 points"}), StageMapping())
    assert stages[2].definition == "50 points"


def test_the_stages_of_the_crm_are_ours_whatever_their_case():
    stages = define_stages(FunnelSettings(), StageMapping(mql=["Marketing Qualified"], won=["Gewonnen"]))
    names = ["marketing qualified", "mql", "gewonnen", "disqualified", "nurturing"]
    assert list(places_of(names, stages, StageMapping().lost).values()) == [2, 2, 5, LOST, UNKNOWN]


def test_a_stage_may_be_two(journeys):
    found = journeys(
        [{"path": ["Lead", "MQL", "SQL", "Meeting held", "Proposal sent"]}, {"path": ["lead", "sql", "qso"]}],
        settings=FunnelSettings(split=SPLIT),
        mapping=StageMapping(qso=["Meeting held", "Proposal sent"]),
    )
    assert [stage.name for stage in found.stages] == ["lead", "mql", "sql", "meeting", "proposal", "customer"]
    assert found.reached.sum(axis=0).tolist() == [2, 2, 2, 2, 1, 0]
    assert found.place("qso") == 3


def test_what_a_split_stage_means_stands_with_its_parts():
    told = FunnelSettings(split=SPLIT, definitions={"qso": "€5,000 within 3 months", "proposal": "an offer was sent"})
    meeting, proposal = define_stages(told, StageMapping())[4:6]
    assert meeting.definition == "part of qso: €5,000 within 3 months"
    assert proposal.definition == "an offer was sent"


def test_the_benchmark_of_a_split_stage_is_that_of_its_first_part_in_use(journeys):
    chosen = FunnelSettings(split=SPLIT)
    both = journeys([{"path": ["lead", "meeting", "proposal"]}], settings=chosen)
    assert [both.benchmark_of(place, {"qso": 0.4}) for place in range(4)] == [None, 0.4, None, None]
    assert both.benchmark_of(1, {"qso": 0.4, "meeting": 0.6}) == 0.6
    assert journeys([{"path": ["lead", "proposal"]}], settings=chosen).benchmark_of(1, {"qso": 0.4}) == 0.4


@pytest.mark.parametrize(
    "wrong",
    [{"split": {"won": {"a": []}}}, {"split": {"qso": {}}}, {"benchmarks": {"mqls": 0.3}}, {"currency": "euro"}],
)
def test_settings_that_speak_of_no_stage_are_refused(wrong):
    with pytest.raises(ValueError, match=r"no stage|parts of other names|pattern"):
        FunnelSettings(**wrong)


def test_the_moment_of_a_stage_is_the_first_entry_into_it_or_a_later_one(journeys):
    found = journeys([{"path": [("lead", 0), ("sql", 5), ("qso", 9)]}])
    assert [stage.name for stage in found.stages] == ["lead", "sql", "qso", "customer"]
    assert found.entered[0, :3].tolist() == [day(0), day(5), day(9)]


def test_nothing_later_than_the_moment_is_known(journeys):
    way = [{"path": [("lead", 0), ("mql", 10), ("sql", 20)]}, {"path": [("lead", 0), ("mql", 30), ("sql", 40)]}]
    found = journeys(way, as_of=pd.Timestamp("2025-01-25"))
    assert found.reached.sum(axis=0).tolist() == [2, 1, 1, 0]


def test_a_stage_that_was_skipped_counts_as_passed_and_is_told(journeys):
    found = journeys([{"path": ["lead", "mql", "sql"]}, {"path": [("lead", 0), ("sql", 7)]}])
    assert found.reached.sum(axis=0).tolist() == [2, 2, 2, 0]
    assert found.entered[1, 1] == day(7)
    assert problems(found) == {"passed mql without an entry": 1}


def test_a_stage_out_of_order_counts_from_the_later_one_on(journeys):
    found = journeys([{"id": "x", "path": [("lead", 0), ("sql", 5), ("mql", 8)]}])
    assert found.entered[0, :3].tolist() == [day(0), day(5), day(5)]
    assert problems(found) == {"came to a stage after a later one": 1}
    assert found.oddities[0].first == ("x",)


def test_a_lead_that_goes_back_keeps_what_it_reached(journeys):
    found = journeys([{"path": ["lead", "mql", "sql", "mql"]}])
    assert found.reached[0].tolist() == [True, True, True, False]
    assert problems(found) == {"went back to a stage": 1}


def test_of_a_stage_entered_again_the_first_entry_counts(journeys):
    found = journeys([{"path": [("lead", 0), ("mql", 3), ("mql", 6)]}])
    assert found.entered[0, 1] == day(3)
    assert problems(found) == {"entered the same stage again": 1}


def test_a_stage_that_nobody_mapped_is_told_and_changes_nothing(journeys):
    found = journeys([{"path": ["lead", "mql", "Nurturing"]}, {"path": ["lead", "mql"]}])
    assert found.reached.sum(axis=0).tolist() == [2, 2, 0]
    assert problems(found) == {"entered a stage that nobody has mapped": 1}


def test_an_orderly_history_has_nothing_odd(journeys):
    assert journeys([{"path": ["lead", "mql", "sql", "qso", "customer"], "won": True, "closed": 4}]).oddities == ()


def test_a_lead_without_any_date_is_counted_and_told(journeys):
    found = journeys([{"created": None}, {"path": ["lead"]}])
    assert found.reached[:, 0].tolist() == [True, True]
    assert problems(found) == {"have neither a date of creation nor a history": 1}


def test_the_outcome_decides_who_is_a_customer(journeys):
    found = journeys([{"path": ["lead", "customer"], "won": False}, {"path": ["lead"], "won": True, "closed": 50}])
    assert found.reached[:, -1].tolist() == [False, True]
    assert found.entered[1, -1] == day(50)


def test_without_a_history_there_are_leads_and_customers(journeys):
    found = journeys([{"won": True}, {"won": False}, {}])
    assert [stage.name for stage in found.stages] == ["lead", "customer"]
    assert found.reached.sum(axis=0).tolist() == [3, 1]
    assert found.unused == ("contact", "mql", "sql", "qso")


def test_contacts_are_a_stage_where_the_history_has_some(journeys):
    found = journeys([{"path": ["contact"]}, {"path": ["contact", "lead"]}])
    assert [stage.name for stage in found.stages] == ["contact", "lead", "customer"]
    assert found.reached.sum(axis=0).tolist() == [2, 1, 0]


def test_one_entry_as_a_contact_makes_no_first_stage(journeys):
    found = journeys([{"id": "one", "path": [("contact", 0), ("mql", 5)]}, {"path": ["lead"]}, {"path": ["lead"]}])
    assert [stage.name for stage in found.stages] == ["lead", "mql", "customer"]
    assert found.reached.sum(axis=0).tolist() == [3, 1, 0]
    assert problems(found) == {"were entered as contacts, as fewer than half of all leads were": 1}
    assert found.oddities[0].first == ("one",)


def test_a_lead_that_was_created_after_its_first_entry_is_told(journeys):
    found = journeys([{"id": "late", "created": 9, "path": [("mql", 5)]}, {"path": ["lead", "mql"]}])
    assert problems(found)["entered a stage on a day before they were created"] == 1
    assert found.entered[0, 0] == day(5)


def test_a_lead_that_was_lost_and_came_back_is_told(journeys):
    way = [("lead", 0), ("mql", 5), ("lost", 9)]
    found = journeys(
        [{"path": way, "won": False, "closed": 9}, {"id": "back", "path": [*way, ("sql", 20)]}, {"path": ["lead"]}]
    )
    (odd,) = found.oddities
    assert (odd.problem.split(":")[0], odd.first) == ("were lost and came back", ("back",))
    assert found.reached[:, 2].tolist() == [False, True, False]
