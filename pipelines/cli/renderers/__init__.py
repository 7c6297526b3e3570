"""How results are shown: as one JSON object to programs, and to people as tables and sentences, by what they are of.

Nothing heavy is imported here: a command shows its own result and need not wait for the imports of the others.
"""

from pipelines.cli.renderers.data import show_check, show_proposal, show_simulation
from pipelines.cli.renderers.health import show_diagnosis
from pipelines.cli.renderers.lead import show_explanation
from pipelines.cli.renderers.present import present
from pipelines.cli.renderers.rules import show_preview, show_rules_check, show_suggestion
from pipelines.cli.renderers.scores import (
    show_connection,
    show_forgotten,
    show_kept,
    show_push,
    show_report,
    show_round,
    show_scoring,
    show_set_up,
    show_test_alert,
)
from pipelines.cli.renderers.versions import (
    show_card,
    show_comparison,
    show_drift,
    show_metrics,
    show_promotion,
    show_training,
    show_versions,
)

__all__ = [
    "present",
    "show_card",
    "show_check",
    "show_comparison",
    "show_connection",
    "show_diagnosis",
    "show_drift",
    "show_explanation",
    "show_forgotten",
    "show_kept",
    "show_metrics",
    "show_preview",
    "show_promotion",
    "show_proposal",
    "show_push",
    "show_report",
    "show_round",
    "show_rules_check",
    "show_scoring",
    "show_set_up",
    "show_simulation",
    "show_suggestion",
    "show_test_alert",
    "show_training",
    "show_versions",
]
