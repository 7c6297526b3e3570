"""The house keeps its rules: imports run one way, importing does nothing, and the texts agree with the code."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

ROOT = Path(__file__).parents[1]
PACKAGES = ("data", "features", "models", "funnel", "pipelines", "app")
ORDER = (*PACKAGES, "benchmarks", "notebooks", "tests")
OPEN_TO_FEATURES = {"data.chunk", "data.errors", "data.schema", "data.vocabulary", "data.parsing"}
HEAVY = {"duckdb", "lightgbm", "matplotlib", "mlflow", "numba", "pandas", "scipy", "shap", "sklearn", "skops"}
FEATURES_NEVER_LOAD = {"duckdb", "email_validator", "phonenumbers", "sqlalchemy", "mlflow", "lightgbm", "sklearn"}
BIG = 300_000
"""Bytes that no file in git may exceed."""


def violations(sources: dict[str, str]) -> list[str]:
    """Name each import that runs against the order of the packages; ``sources`` maps a path to its text."""
    return [
        f"{path} imports {name}"
        for path, source in sources.items()
        for name in sorted(imported(source))
        if not allowed(path.split("/")[0], name)
    ]


def imported(source: str) -> set[str]:
    """Return the dotted names that a module imports, at its top or inside a function."""
    nodes = list(ast.walk(ast.parse(source)))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return modules | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}


def allowed(package: str, name: str) -> bool:
    other, *rest = name.split(".")
    if other not in ORDER or other == package:
        return True
    if package == "funnel":
        return other == "data"
    if (package, other) == ("features", "data"):
        return f"data.{''.join(rest[:1])}" in OPEN_TO_FEATURES
    return ORDER.index(other) < ORDER.index(package)


def prints(source: str) -> bool:
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return any(isinstance(function, ast.Name) and function.id == "print" for function in calls)


def sources(*folders: str) -> dict[str, str]:
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def modules() -> list[str]:
    paths = (path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in sources(*PACKAGES))
    return [name for name in paths if not name.endswith("__main__")]


def output(*command: str, folder: Path = ROOT) -> str:
    # MLflow hands the tracking address of this process down to others.
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands(group: TyperGroup, prefix: str = "leadscore") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_imports_run_in_one_direction():
    assert violations(sources(*PACKAGES, "benchmarks")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("data/sources/files.py", "import features.catalogue"),
        ("features/build.py", "from models import rules"),
        ("features/build.py", "from data.simulator import simulate"),
        ("features/build.py", "from data import simulator"),
        ("features/build.py", "import data"),
        ("funnel/volume.py", "from models.scale import qualifies"),
        ("funnel/stages.py", "import features.build"),
        ("models/rules/volume.py", "import funnel"),
        ("models/training/blend.py", "def fit():\n    from pipelines.train import train"),
        ("pipelines/score/batch.py", "if True:\n    import app as pages"),
        ("pipelines/demo.py", "from tests.conftest import datasets"),
    ],
)
def test_an_import_against_the_direction_is_found(path, source):
    assert len(violations({path: source})) == 1


def test_an_import_along_the_direction_is_not_named():
    good = "import pandas as pd\nfrom data import vocabulary\nfrom data.errors import InputError\nfrom . import mail"
    learned, counted = "import data.sources.files, features.build", "from data.dataset import open_dataset"
    assert violations({"features/build.py": good, "models/rules.py": learned, "funnel/tables.py": counted}) == []


def test_packages_do_not_print():
    assert prints("def f():\n    print(1)")
    assert [path for path, source in sources(*PACKAGES).items() if prints(source)] == []


@pytest.mark.slow
def test_importing_leaves_no_files_no_logging_and_no_tracking_address(tmp_path):
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import {", ".join(modules())}
import logging, os
assert not logging.root.handlers, logging.root.handlers
assert "MLFLOW_TRACKING_URI" not in os.environ
"""
    output(sys.executable, "-c", code, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_imports_nothing_heavy():
    loaded = output(sys.executable, "-c", "import sys, pipelines.cli; sys.stdout.write(' '.join(sys.modules))")
    assert HEAVY & set(loaded.split()) == set()


def test_features_load_no_engine_no_model_and_no_validator():
    """Whoever builds features, such as an executor of Spark, needs tables and numbers only."""
    loaded = output(sys.executable, "-c", "import sys, features; sys.stdout.write(' '.join(sys.modules))")
    assert FEATURES_NEVER_LOAD & set(loaded.split()) == set()


def test_the_console_script_answers():
    assert "train" in output(str(Path(sys.executable).with_name("leadscore")), "--help")


def test_every_command_is_in_the_readme():
    from app.cli import commands as every

    group = get_command(every)
    assert isinstance(group, TyperGroup)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in commands(group) if command not in readme] == []


def test_the_newest_version_in_the_changelog_is_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == project["version"]


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "pyproject.toml", "python_env.yaml", "Makefile", "MLproject"]
)
def test_no_package_index_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("--no-emit-index-url", "")
    assert re.findall(r"://|pypi|index[-_]url|find[-_]links", text) == []


def test_the_licence_is_there():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_no_file_in_git_is_big():
    if not (ROOT / ".git").exists():
        pytest.skip("this folder is not a git checkout")
    files = (ROOT / name for name in output("git", "ls-files", "-z").split("\0") if name)
    assert [file.name for file in files if file.is_file() and file.stat().st_size > BIG] == []


def test_tests_are_no_package():
    """A package ``tests/features`` would hide ``features``."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
