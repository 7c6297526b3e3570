"""From leads and their events to feature rows: the catalogue, the batch with its as-of cut, snapshots and labels."""

from features.batch import Batch
from features.build import build
from features.catalogue import Feature, catalogue, fingerprint

__all__ = ["Batch", "Feature", "build", "catalogue", "fingerprint"]
