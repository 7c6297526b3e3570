"""The whole command line: that of the pipelines, the pages, and the API."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli import DEFAULT_WORKSPACE, ConfigOption, WorkspaceOption, main
from pipelines.cli import app as commands

__all__ = ["commands", "main"]


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to serve on; another than this computer's needs users.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on.")] = 8000,
    config: ConfigOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Serve pages with the leads, why each is where it is, the funnel and the model; and the API beside them."""
    from app.serve import serve as run
    from data.workspace import Workspace

    run(Workspace.at(workspace), host, port, config)


@commands.command()
def api(
    host: Annotated[str, typer.Option(help="Address to serve on; another than this computer's needs clients.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on.")] = 8000,
    config: ConfigOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Serve the API alone: scores on demand, the scores of the last run, and what comes back of them."""
    from app.serve import serve_api
    from data.workspace import Workspace

    serve_api(Workspace.at(workspace), host, port, config)


if __name__ == "__main__":
    main()
