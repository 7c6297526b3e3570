"""The face for Python: ten names, each what its own package hands out, and nothing heavy before it is asked for."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import leadscore

ROOT = Path(__file__).parents[1]


def test_each_name_is_what_its_package_hands_out():
    for name in leadscore.__all__:
        handed_out = getattr(leadscore, name)
        assert handed_out.__name__ == name
        assert inspect.getdoc(handed_out)
    assert len(leadscore.__all__) == len(leadscore.ROOMS) == 10


def test_type_checkers_see_the_same_names():
    tree = ast.parse((ROOT / "leadscore/__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == leadscore.ROOMS


def test_a_name_that_is_none_is_said_to_be():
    with pytest.raises(AttributeError, match="leadscore has no scores: it has Registry, Settings"):
        _ = leadscore.scores  # type: ignore[attr-defined]


def test_importing_it_loads_nothing_heavy():
    code = "import sys, leadscore; sys.exit(bool({'pandas', 'mlflow', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
