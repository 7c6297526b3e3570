"""What is kept of one lead: `forget` erases it, `export_lead` lists it for the person that it is about.

`exports` are the files in the workspace that `score` wrote.
"""

from pipelines.personal.export_lead import KeptLead, export_lead
from pipelines.personal.forget import Forgotten, forget

__all__ = ["Forgotten", "KeptLead", "export_lead", "forget"]
