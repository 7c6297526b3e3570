"""The verbs of ``leadscore rules``: check a file of rules, preview a change of it, and suggest rules from history.

Each reads the leads of a project once and returns a typed result; none changes the model or the store.
"""

from pipelines.rules.check import RulesCheck, check_rules
from pipelines.rules.preview import DispositionChanges, RulesPreview, preview
from pipelines.rules.project import Project
from pipelines.rules.suggest import RuleEvidence, RulesSuggestion, suggest

__all__ = [
    "DispositionChanges",
    "Project",
    "RuleEvidence",
    "RulesCheck",
    "RulesPreview",
    "RulesSuggestion",
    "check_rules",
    "preview",
    "suggest",
]
