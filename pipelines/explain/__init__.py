"""The verb explain: one lead's score taken apart, why it changed, what to ask next and which won deals are like it.

The pages show the same of a lead, by the version that made its score.
"""

from pipelines.explain.explain import Explanation, LeadRecord, explain, find_lead, similar_won, what_next
from pipelines.explain.score_change import Changes, why_changed
from pipelines.explain.similar import keep_similar_deals, kept_deals, won_deals

__all__ = [
    "Changes",
    "Explanation",
    "LeadRecord",
    "explain",
    "find_lead",
    "keep_similar_deals",
    "kept_deals",
    "similar_won",
    "what_next",
    "why_changed",
    "won_deals",
]
