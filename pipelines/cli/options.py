"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines import log

WorkspaceOption = Annotated[Path, typer.Option(help="Folder for models, scores and reports.")]
JsonOption = Annotated[
    bool, typer.Option("--json", callback=log.structure, help="Print one JSON object; log in JSON lines.")
]
ConfigOption = Annotated[Path | None, typer.Option(help="A leadscore.yaml, or a folder of tables.")]
DEFAULT_WORKSPACE = Path("var")
ACTION = 3
"""Exit code of a command that is done and whose result asks for action."""
