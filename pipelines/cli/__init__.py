"""The command line: commands parse, call a verb and hand its result to a renderer; heavy imports happen inside them."""

from pipelines.cli.commands import app, main
from pipelines.cli.options import DEFAULT_WORKSPACE, ConfigOption, WorkspaceOption
from pipelines.cli.renderers import show_metrics, show_report

__all__ = [
    "DEFAULT_WORKSPACE",
    "ConfigOption",
    "WorkspaceOption",
    "app",
    "main",
    "show_metrics",
    "show_report",
]
