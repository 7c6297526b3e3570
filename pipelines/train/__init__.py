"""train."""

from pipelines.train.result import TrainResult
from pipelines.train.train import train

__all__ = ["TrainResult", "train"]
