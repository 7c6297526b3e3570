"""What training fits beside a model so that it can score: the scale, the evidence, when wins come and what they bring.

Only training and evaluation import this room: scoring loads nothing that fits.
"""

from models.fitting.amount import fit_amounts, measure_amounts
from models.fitting.assemble import assemble, centres_and_scale, thresholds_of_rules
from models.fitting.timing import fit_timing, measure_timing

__all__ = [
    "assemble",
    "centres_and_scale",
    "fit_amounts",
    "fit_timing",
    "measure_amounts",
    "measure_timing",
    "thresholds_of_rules",
]
