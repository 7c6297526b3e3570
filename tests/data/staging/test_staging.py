"""The folder of a run is gone once the run is, however it ended, and never before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from data.config import FileTable, Settings
from data.staging import open_staging, remove_abandoned

SETTINGS = Settings(tables={"leads": FileTable(Path("leads.csv"))})
KILLED = """
import os, sys
from pathlib import Path
from tests.data.staging.test_staging import SETTINGS, open_staging
with open_staging(SETTINGS, workspace=Path(sys.argv[1])):
    os._exit(1)
"""


def folders(workspace: Path) -> list[Path]:
    return [path for path in workspace.glob("staging-*") if path.is_dir()]


def test_a_folder_that_is_in_use_stays(tmp_path):
    with open_staging(SETTINGS, workspace=tmp_path), open_staging(SETTINGS, workspace=tmp_path):
        remove_abandoned(tmp_path)
        assert len(folders(tmp_path)) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_folder_and_the_lock_of_a_run_that_fails_go(tmp_path):
    with pytest.raises(ValueError, match="a bad table"), open_staging(SETTINGS, workspace=tmp_path):
        raise ValueError("a bad table")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_run_that_was_killed_goes(tmp_path):
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, check=False)
    assert len(folders(tmp_path)) == 1
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []
