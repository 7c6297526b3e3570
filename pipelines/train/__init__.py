"""Training: from the outcomes to a stored version, read in `train.py` from top to bottom.

What it asks for, measures, tags, draws and says stands in a module each; the contract of its result is `result.py`.
"""

from pipelines.train.if_needed import train_if_needed
from pipelines.train.notes import no_signal
from pipelines.train.result import TrainResult
from pipelines.train.train import train

__all__ = ["TrainResult", "no_signal", "train", "train_if_needed"]
