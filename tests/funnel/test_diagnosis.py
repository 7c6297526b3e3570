"""Diagnosis: what is clearly worse is told with its numbers, and what chance explains is not."""

import numpy as np
import pandas as pd
import pytest

from data.config import FunnelSettings
from funnel.diagnosis import diagnose
from funnel.rates import kinds_by

JANUARY, FEBRUARY = 0, 31


def step(start: str, to: str, count: int, on: int, created: int = 0, **more) -> list[dict]:
    """Leads that came to a stage; some of them went on to the next within ten days."""
    way = [stage for stage in ("lead", "mql", "sql", "qso") if stage != to]
    before = [(stage, created) for stage in way[: way.index(start) + 1]]
    went_on, stayed = [*before, (to, created + 10)], before
    return [{"created": created, "path": went_on, **more}] * on + [
        {"created": created, "path": stayed, "won": False, **more}
    ] * (count - on)


def told(found, by: str = "", **given) -> list:
    cuts = {by: kinds_by(found.leads[by])} if by else {}
    chosen = {"period": "month", "within": 30, "smallest": 30, "benchmarks": {}} | given
    return list(diagnose(found, cuts, **chosen))


def test_a_falling_rate_from_sql_to_qso_speaks_of_sales_qualification(journeys):
    (finding,) = told(journeys(step("sql", "qso", 200, 120, JANUARY) + step("sql", "qso", 200, 60, FEBRUARY)))
    assert (finding.kind, finding.start, finding.to) == ("falling", "sql", "qso")
    assert (finding.rate.count, finding.rate.of, finding.other.count, finding.other.of) == (60, 200, 120, 200)
    assert finding.missing == 60
    assert "sales' qualification" in finding.cause


def test_a_low_mql_rate_of_a_source_speaks_of_targeting(journeys):
    found = journeys(step("lead", "mql", 200, 40, source="social") + step("lead", "mql", 200, 160, source="mail"))
    (finding,) = told(found, by="source")
    assert (finding.kind, finding.leads, finding.to) == ("below others", "source: social", "mql")
    assert "targeting" in finding.cause


def test_a_rate_below_the_users_benchmark_is_told(journeys):
    (finding,) = told(journeys(step("lead", "mql", 200, 40)), benchmarks={"mql": 0.4})
    assert (finding.kind, finding.rate.rate, finding.other.rate) == ("below the benchmark", 0.2, 0.4)
    assert told(journeys(step("lead", "mql", 200, 40)), benchmarks={"mql": 0.22}) == []


def test_the_benchmark_of_a_split_stage_holds_for_its_first_part(journeys):
    split = {"mql": {"fits": ["MQL"], "asked": ["Asked"]}}
    found = journeys(step("lead", "mql", 200, 40), settings=FunnelSettings(split=split))
    (finding,) = told(found, benchmarks={"mql": 0.4})
    assert (finding.kind, finding.to, finding.other.rate) == ("below the benchmark", "fits", 0.4)


def test_open_leads_are_not_below_a_benchmark(journeys):
    still_open = [{"created": JANUARY}] * 200
    assert told(journeys(step("lead", "mql", 60, 40) + still_open), benchmarks={"mql": 0.6}) == []


def test_a_difference_that_chance_explains_is_not_told(journeys):
    found = step("sql", "qso", 100, 50, JANUARY) + step("sql", "qso", 100, 47, FEBRUARY)
    assert told(journeys(found)) == []


def test_few_leads_are_not_judged(journeys):
    found = step("sql", "qso", 29, 29, JANUARY) + step("sql", "qso", 29, 0, FEBRUARY)
    assert told(journeys(found)) == []


def test_young_leads_are_not_a_falling_rate(journeys):
    """Of leads of the last days hardly anybody can have gone on: they are left out, not held against anybody."""
    old, young = step("lead", "mql", 200, 160, JANUARY), [{"created": FEBRUARY + 20}] * 200
    assert told(journeys(old + young, as_of=pd.Timestamp("2025-03-01"))) == []
    assert len(told(journeys(old + young, as_of=pd.Timestamp("2025-06-01")))) == 1


def test_what_is_better_is_no_finding(journeys):
    assert told(journeys(step("sql", "qso", 200, 60, JANUARY) + step("sql", "qso", 200, 120, FEBRUARY))) == []


@pytest.mark.parametrize("seed", range(5))
def test_many_looks_at_noise_find_nothing(journeys, seed):
    """40 sources of one and the same rate: each alone would be judged wrongly now and then, all together hardly."""
    random = np.random.default_rng(seed)
    found = [lead for n in range(40) for lead in step("lead", "mql", 60, random.binomial(60, 0.5), source=f"s{n}")]
    assert told(journeys(found), by="source") == []


def test_where_no_stage_between_is_on_record_no_cause_is_made_up(journeys):
    def won(source: str, count: int) -> list[dict]:
        winners = [{"source": source, "won": True, "closed": 9}] * count
        return winners + [{"source": source, "won": False}] * (100 - count)

    (finding,) = told(journeys(won("a", 10) + won("b", 60)), by="source")
    assert (finding.leads, finding.start, finding.to) == ("source: a", "lead", "customer")
    assert "no stage between" in finding.cause
