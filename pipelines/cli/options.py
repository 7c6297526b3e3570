"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines import log

LeadsOption = Annotated[Path | None, typer.Option(help="A CSV or Parquet file of leads.")]
EventsOption = Annotated[Path | None, typer.Option(help="A CSV or Parquet file of events.")]
IdOption = Annotated[str, typer.Option(help="Column with the lead's id.")]
OutcomeOption = Annotated[str, typer.Option(help="Column with the outcome.")]
WonOption = Annotated[list[str] | None, typer.Option(help="Value that means won; can be repeated.")]
LostOption = Annotated[
    list[str] | None, typer.Option(help="Value that means lost; every other value is then open. Can be repeated.")
]
CreatedOption = Annotated[str, typer.Option(help="Column with the date of creation.")]
ClosedOption = Annotated[str, typer.Option(help="Column with the date of closing.")]
OrderOption = Annotated[
    str, typer.Option(help="Column that grows with time, or 'rows' if the file has the oldest first.")
]
HorizonOption = Annotated[int | None, typer.Option(min=1, max=3650, help="Prediction horizon in days (default 90).")]
DropOption = Annotated[list[str] | None, typer.Option(help="Column to leave out; can be repeated.")]
KeepOption = Annotated[list[str] | None, typer.Option(help="Column to keep that would be left out; can be repeated.")]
WorkspaceOption = Annotated[Path, typer.Option(help="Folder for models, scores and reports.")]
JsonOption = Annotated[
    bool, typer.Option("--json", callback=log.structure, help="Print one JSON object, and log in JSON lines.")
]
ConfigOption = Annotated[Path | None, typer.Option(help="A leadscore.yaml, or a folder of tables.")]
DEFAULT_WORKSPACE = Path("var")
ACTION = 3
"""Exit code of a command that is done and whose result asks for action."""
