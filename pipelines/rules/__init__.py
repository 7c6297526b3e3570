"""The verbs of ``leadscore rules``: check a file of rules, preview a change of it, and suggest rules from history."""

from pipelines.rules.check import RulesCheck, check_rules
from pipelines.rules.preview import Changes, Preview, preview
from pipelines.rules.project import Project
from pipelines.rules.suggest import Suggested, Suggestion, suggest

__all__ = [
    "Changes",
    "Preview",
    "Project",
    "RulesCheck",
    "Suggested",
    "Suggestion",
    "check_rules",
    "preview",
    "suggest",
]
