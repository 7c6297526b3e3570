"""What `init` proposes: which tables hold what, and what their columns and values mean, with the reasons.

Nothing is sure here: the proposal is a ``leadscore.yaml`` that people read and correct before it is used.
"""

from data.proposal.columns import Suggestion
from data.proposal.inspection import Inspection, inspect_tables
from data.proposal.overrides import Overrides
from data.proposal.propose import USUAL_HORIZON, Proposal, propose
from data.proposal.tables import UnclearLeadsError
from data.proposal.text import write, write_question

__all__ = [
    "USUAL_HORIZON",
    "Inspection",
    "Overrides",
    "Proposal",
    "Suggestion",
    "UnclearLeadsError",
    "inspect_tables",
    "propose",
    "write",
    "write_question",
]
