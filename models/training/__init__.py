"""models.training."""

from models.training.calendar import calendar_columns
from models.training.censoring import LEAST, chance_to_be_known
from models.training.early_wins import TYPICAL, by_month, in_days, overdispersion, pace, season, wins_between
from models.training.learn import (
    NO_WORSE,
    Learned,
    chosen_of,
    fit_blend,
    fit_recipe,
    lay_blocks,
    learn,
    outcomes_of,
    require_both_outcomes,
    require_leads,
    rule_curve,
    scorecard_for,
)
from models.training.members import MOST_ROWS_FOR_LINES, columns_for_lines, fit_member, frequent_levels, row_weights
from models.training.recipe import BENT_LINES, SHALLOW_TREES, Recipe
from models.training.search import search
from models.training.splits import Blocks, blocks_by_time

__all__ = [
    "BENT_LINES",
    "LEAST",
    "MOST_ROWS_FOR_LINES",
    "NO_WORSE",
    "SHALLOW_TREES",
    "TYPICAL",
    "Blocks",
    "Learned",
    "Recipe",
    "blocks_by_time",
    "by_month",
    "calendar_columns",
    "chance_to_be_known",
    "chosen_of",
    "columns_for_lines",
    "fit_blend",
    "fit_member",
    "fit_recipe",
    "frequent_levels",
    "in_days",
    "lay_blocks",
    "learn",
    "outcomes_of",
    "overdispersion",
    "pace",
    "require_both_outcomes",
    "require_leads",
    "row_weights",
    "rule_curve",
    "scorecard_for",
    "search",
    "season",
    "wins_between",
]
