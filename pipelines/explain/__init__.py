"""pipelines.explain."""

from pipelines.explain.explain import Explanation, FoundLead, explain, find_lead, similar_won, what_next
from pipelines.explain.score_change import Changes, look, why_changed
from pipelines.explain.similar import won_deals

__all__ = [
    "Changes",
    "Explanation",
    "FoundLead",
    "explain",
    "find_lead",
    "look",
    "similar_won",
    "what_next",
    "why_changed",
    "won_deals",
]
