"""The rules baseline: points for what a lead is and does, in a file that a team can read and agree on.

A rule gives points where all its conditions hold. It belongs to one of two dimensions: **fit** (who the lead is) or
**engagement** (what it does), for all leads or for a persona. The good points of a dimension and of its groups are
capped, its bad points always count, and the total is clipped to 0–100. Points of events cool with a half-life, and so
at the declared ageing edges only. What follows from the points (grades, bands, dispositions) is in the same file.
"""

from models.rules.cells import Cells
from models.rules.evaluation import evaluate, fired, holds_all, holds_on
from models.rules.findings import Finding, findings
from models.rules.format import (
    MOST_POINTS,
    Condition,
    Dimension,
    Engagement,
    Grades,
    Grid,
    Mark,
    Persona,
    Rule,
    Rules,
    Thresholds,
)
from models.rules.judgement import bands, cuts_of, first_disqualifier, first_trigger, grid_of, judged
from models.rules.reading import DEFAULT_RULES, RulesFile, known_to, load_rules, read_rules, speaks_of
from models.rules.review import review
from models.rules.scorecard import fit_scorecard, usual_bars, with_grades
from models.rules.terms import fired_by_name, fired_codes, shares_of_rules, term_features, with_points, with_terms
from models.rules.volume import FEWEST_LEADS, Volume, bar_for_capacity, bar_for_precision, volume, volumes

__all__ = [
    "DEFAULT_RULES",
    "FEWEST_LEADS",
    "MOST_POINTS",
    "Cells",
    "Condition",
    "Dimension",
    "Engagement",
    "Finding",
    "Grades",
    "Grid",
    "Mark",
    "Persona",
    "Rule",
    "Rules",
    "RulesFile",
    "Thresholds",
    "Volume",
    "bands",
    "bar_for_capacity",
    "bar_for_precision",
    "cuts_of",
    "evaluate",
    "findings",
    "fired",
    "fired_by_name",
    "fired_codes",
    "first_disqualifier",
    "first_trigger",
    "fit_scorecard",
    "grid_of",
    "holds_all",
    "holds_on",
    "judged",
    "known_to",
    "load_rules",
    "read_rules",
    "review",
    "shares_of_rules",
    "speaks_of",
    "term_features",
    "usual_bars",
    "volume",
    "volumes",
    "with_grades",
    "with_points",
    "with_terms",
]
