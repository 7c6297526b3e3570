"""leadscore from Python, in a checkout: what a notebook or a script needs, by ten names.

>>> import leadscore
>>> sorted(name for name in leadscore.__all__)
... # doctest: +NORMALIZE_WHITESPACE
['Registry', 'Settings', 'Workspace', 'compare', 'explain', 'load_settings', 'promote', 'score', 'simulate', 'train']

Each is what its own package hands out, loaded when it is first asked for:

    from leadscore import Workspace, explain, load_settings, score, train

    workspace = Workspace.at(Path("var"))
    trained = train(load_settings(Path("leadscore.yaml")), workspace)
    scored = score(workspace, out=Path("scores.csv"))
    why = explain("L0000007", workspace)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.config import Settings, load_settings
    from data.simulator import simulate
    from data.workspace import Workspace
    from models.versions import Registry
    from pipelines.explain import explain
    from pipelines.score import score
    from pipelines.train import train
    from pipelines.versioning import compare, promote

__all__ = [
    "Registry",
    "Settings",
    "Workspace",
    "compare",
    "explain",
    "load_settings",
    "promote",
    "score",
    "simulate",
    "train",
]
ROOMS = {
    "Registry": "models.versions",
    "Settings": "data.config",
    "Workspace": "data.workspace",
    "compare": "pipelines.versioning",
    "explain": "pipelines.explain",
    "load_settings": "data.config",
    "promote": "pipelines.versioning",
    "score": "pipelines.score",
    "simulate": "data.simulator",
    "train": "pipelines.train",
}
"""Where each name lives; it takes seconds to load what trains, which a script that reads settings need not wait for."""


def __getattr__(name: str) -> Any:
    if name not in ROOMS:
        raise AttributeError(f"leadscore has no {name}: it has {', '.join(__all__)}")
    return getattr(import_module(ROOMS[name]), name)


def __dir__() -> list[str]:
    return __all__
