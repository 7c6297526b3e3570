"""doctor: shows what no run owns and what is damaged in a workspace, and clears or mends what it can.

`leftovers` are what killed runs left, `checks` examine the store, the versions, the key, permissions and links.
"""

from pipelines.doctor.doctor import Diagnosis, doctor
from pipelines.doctor.finding import Finding

__all__ = ["Diagnosis", "Finding", "doctor"]
