"""The first screen of a report: sentences that a manager understands, and figures at one bar."""

from pipelines.report.overview import model_sentences, qualified_by_month, worth_by_channel

BAR = {"bar": 0.2, "leads": 100, "precision": 0.21, "precision_ci": [0.17, 0.24]}
MEASURED = {"model": {"base_rate": 0.07, "lift_10": 3.5}, "rules": {"lift_10": 2.1, "base_rate": 0.07}}
STAGES = [{"name": "lead", "of": "lead"}, {"name": "mql", "of": "mql"}]


def period(name: str, mql: int, *, complete: bool = True) -> dict:
    return {"name": name, "entries": {"lead": 50, "mql": mql}, "complete": complete}


def funnel(today: list[int | None]) -> dict:
    """Two whole months in the CRM and one that has begun; qualified by score as given."""
    by_score = {"name": "scored_mql", "bar": 0.066, "periods": ["2026-01", "2026-02"], "today": today, "growth": 0.5}
    return {
        "qualified": {"volumes": [by_score]},
        "stages": STAGES,
        "periods": [period("2026-01", 8), period("2026-02", 10), period("2026-03", 1, complete=False)],
        "growth": {"mql": 0.25},
    }


def test_the_model_beside_the_rules_and_its_promise_are_two_sentences():
    training = {"metrics": MEASURED, "bars": [{**BAR, "bar": 0.1}, BAR]}
    beside, promise = model_sentences(training, 0.2, 0.25)
    assert beside == (
        "Of ten leads that the model ranks highest, two to three were won; of ten that the rules rank highest, "
        "one to two; of any ten, none to one."
    )
    assert promise == (
        "Hot leads are promised 25 % today; of those that were hot before, 21 % were won (17 % to 24 %): "
        "a little too much."
    )


def test_a_promise_within_the_interval_is_kept_and_below_it_too_little():
    training = {"metrics": {}, "bars": [BAR]}
    assert model_sentences(training, 0.2, 0.2)[0].endswith("as promised.")
    assert model_sentences(training, 0.2, 0.1)[0].endswith("a little too little.")


def test_what_was_not_measured_is_not_said():
    assert model_sentences({"metrics": {}, "bars": []}, 0.2, 0.3) == []
    assert model_sentences({"metrics": MEASURED, "bars": [BAR]}, 0.2, None)[1:] == []


def test_qualified_leads_are_counted_by_score_where_two_months_are_known():
    by_score = qualified_by_month(funnel([4, 6]))
    assert by_score and (by_score["counts"], by_score["growth"], by_score["tallest"]) == (
        [("2026-01", 4), ("2026-02", 6)],
        0.5,
        6,
    )


def test_else_they_are_those_of_the_whole_months_in_the_crm():
    in_crm = qualified_by_month(funnel([None, 6]))
    assert in_crm and (in_crm["counts"], in_crm["growth"]) == ([("2026-01", 8), ("2026-02", 10)], 0.25)
    assert qualified_by_month({**funnel([None, 6]), "stages": STAGES[:1]}) is None


def test_channels_with_a_cost_stand_by_their_leads():
    channels = [
        {"name": "ads", "leads": 10, "cpl": 5.0, "value": 50.0},
        {"name": "fairs", "leads": 20, "cpl": 80.0, "value": None},
        {"name": "free", "leads": 30, "cpl": None, "value": 9.0},
    ]
    worth = worth_by_channel({"costs": [{"by": "source", "currency": "EUR", "channels": channels}]})
    assert worth and ([each["name"] for each in worth["channels"]], worth["highest"]) == (["fairs", "ads"], 80.0)
    assert worth_by_channel({"costs": []}) is None
