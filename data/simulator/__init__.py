"""A B2B funnel with known truth: what its tables show, and how likely each lead was to buy.

It shares the words of the vocabulary with real data, and nothing else: no other room reads its numbers.
"""

from data.simulator.chain import Chain, Drift, walk
from data.simulator.crm import DATABASE, keep_in_crm
from data.simulator.history import draw_outcomes, stage_history
from data.simulator.people import draw_leads
from data.simulator.simulate import SimulatedFunnel, simulate

__all__ = [
    "DATABASE",
    "Chain",
    "Drift",
    "SimulatedFunnel",
    "draw_leads",
    "draw_outcomes",
    "keep_in_crm",
    "simulate",
    "stage_history",
    "walk",
]
