"""The sentences of a model, to be translated: ``python -m pipelines.sentences --workspace var > leadscore.pot``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from data.workspace import Workspace


def main(workspace: Annotated[Path, typer.Option(help="Folder with the model.")] = Path("var")) -> None:
    """Write what is said of the features of the champion, as a template for gettext."""
    sys.stdout.write(template_of(Workspace.trained(workspace)))


def template_of(workspace: Workspace) -> str:
    """Return the template for the features of the champion."""
    from models.explanation import AGES, template
    from models.versions import Registry

    narrator = Registry(workspace).champion().scorer.narrator
    return template(narrator.features.values(), AGES.values())


if __name__ == "__main__":
    typer.run(main)
