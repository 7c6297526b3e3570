"""The rules baseline: points for what a lead is and does, in a file that a team can read and agree on.

A rule gives points where all its conditions hold. It belongs to one of two dimensions: **fit** (who the lead is) or
**engagement** (what it does), for all leads or for a persona. The good points of a dimension and of its groups are
capped, its bad points always count, and the total is clipped to 0–100. Points of events cool with a half-life, and so
at the declared ageing edges only. What follows from the points (grades, bands, dispositions) is in the same file.
"""

from models.rules.cells import FeatureCells
from models.rules.evaluation import evaluate, fired, holds_all
from models.rules.findings import RuleFinding, findings_of
from models.rules.format import MOST_POINTS, Condition, Dimension, Engagement, Rule, Rules, Thresholds
from models.rules.mentions import mentions_of
from models.rules.qualification import (
    first_disqualifier,
    first_trigger,
    grade_thresholds,
    grid_of,
    is_qso,
    missing_for_qso,
    qualify,
)
from models.rules.reading import RulesFile, load_rules, read_rules, speaks_of
from models.rules.review import review_rules
from models.rules.scorecard import fit_scorecard, usual_thresholds, with_grades
from models.rules.terms import CAPS, fired_by_name, fired_codes, shares_of_rules, term_features, with_points, with_terms
from models.rules.volume import (
    FEWEST_LEADS,
    LeadVolume,
    threshold_for_capacity,
    threshold_for_precision,
    volume_of,
    volumes_by_points,
)

__all__ = [
    "CAPS",
    "FEWEST_LEADS",
    "MOST_POINTS",
    "Condition",
    "Dimension",
    "Engagement",
    "FeatureCells",
    "LeadVolume",
    "Rule",
    "RuleFinding",
    "Rules",
    "RulesFile",
    "Thresholds",
    "evaluate",
    "findings_of",
    "fired",
    "fired_by_name",
    "fired_codes",
    "first_disqualifier",
    "first_trigger",
    "fit_scorecard",
    "grade_thresholds",
    "grid_of",
    "holds_all",
    "is_qso",
    "load_rules",
    "mentions_of",
    "missing_for_qso",
    "qualify",
    "read_rules",
    "review_rules",
    "shares_of_rules",
    "speaks_of",
    "term_features",
    "threshold_for_capacity",
    "threshold_for_precision",
    "usual_thresholds",
    "volume_of",
    "volumes_by_points",
    "with_grades",
    "with_points",
    "with_terms",
]
