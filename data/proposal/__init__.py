"""What `init` proposes: which tables hold what, and what their columns and values mean, with the reasons.

Nothing is sure here: the proposal is a ``leadscore.yaml`` that people read and correct before it is used.
"""

from data.proposal.columns import Suggestion
from data.proposal.inspection import inspect_tables
from data.proposal.propose import USUAL_HORIZON, Proposal, propose
from data.proposal.text import write

__all__ = [
    "USUAL_HORIZON",
    "Proposal",
    "Suggestion",
    "inspect_tables",
    "propose",
    "write",
]
