"""Training: from the outcomes to a stored version, read in `train.py` from top to bottom.

What it asks for, measures, tags, draws and says stands in a module each; the contract of its result is `result.py`.
"""

from pipelines.train.result import TrainResult
from pipelines.train.train import train

__all__ = ["TrainResult", "train"]
