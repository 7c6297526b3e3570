"""Learning: from a table of matured snapshots to a blend of members that has been compared with the rules.

Which settings, columns and members a model is made of is chosen by a backtest on older leads; what is learned is
compared with the rules on the newest ones, and refitted on all where it is served.
"""

from models.training.calendar import calendar_columns
from models.training.censoring import LEAST, chance_to_be_known
from models.training.early_wins import TYPICAL, by_month, in_days, overdispersion, pace, season, wins_between
from models.training.learn import Learned, chosen_of, fit_blend, fit_recipe, learn, rule_curve, scorecard_for
from models.training.rungs import require_both_outcomes, require_leads
from models.training.search import Effort, search_recipe
from models.training.selection import NO_WORSE, Selection, outcomes_of
from models.training.splits import TimeSplits, split_by_time, split_table

__all__ = [
    "LEAST",
    "NO_WORSE",
    "TYPICAL",
    "Effort",
    "Learned",
    "Selection",
    "TimeSplits",
    "by_month",
    "calendar_columns",
    "chance_to_be_known",
    "chosen_of",
    "fit_blend",
    "fit_recipe",
    "in_days",
    "learn",
    "outcomes_of",
    "overdispersion",
    "pace",
    "require_both_outcomes",
    "require_leads",
    "rule_curve",
    "scorecard_for",
    "search_recipe",
    "season",
    "split_by_time",
    "split_table",
    "wins_between",
]
