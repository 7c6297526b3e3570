"""data.proposal."""

from data.proposal.columns import Line
from data.proposal.looking import looking_at
from data.proposal.propose import USUAL_HORIZON, Proposal, propose
from data.proposal.text import write

__all__ = [
    "USUAL_HORIZON",
    "Line",
    "Proposal",
    "looking_at",
    "propose",
    "write",
]
