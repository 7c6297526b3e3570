"""One run at a time, and a run that ends in any way lets go."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import LeadscoreError
from data.locks import no_run_beside, one_run_at_a_time

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from data.locks import no_run_beside, one_run_at_a_time
with one_run_at_a_time(Path(sys.argv[1]), "score"):
    sys.stdout.write("held\\n"); sys.stdout.flush()
    time.sleep(60)
"""


def test_a_second_run_is_refused_with_the_name_of_the_first(tmp_path):
    lock = tmp_path / "lock"
    with one_run_at_a_time(lock, "score"), pytest.raises(LeadscoreError) as error, one_run_at_a_time(lock, "push"):
        pass
    assert f"leadscore score, process {os.getpid()}, since 20" in str(error.value)


def test_a_run_after_another_may_begin(tmp_path):
    for _ in range(2):
        with one_run_at_a_time(tmp_path / "lock", "score"):
            pass


def test_several_locks_are_held_together_or_not_at_all(tmp_path):
    locks = [tmp_path / "run.lock", tmp_path / "train.lock"]
    with no_run_beside(locks, "forget"):
        for lock in locks:
            with pytest.raises(LeadscoreError, match="leadscore forget"), one_run_at_a_time(lock, "score"):
                pass
    with one_run_at_a_time(locks[1], "train"):
        with pytest.raises(LeadscoreError, match="leadscore train"), no_run_beside(locks, "forget"):
            pass
        with one_run_at_a_time(locks[0], "score"):
            pass


def test_a_run_that_is_killed_lets_go(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(LeadscoreError, match="another run"), one_run_at_a_time(tmp_path / "lock", "push"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with one_run_at_a_time(tmp_path / "lock", "push"):
        pass


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    with (
        pytest.raises(LeadscoreError, match="cannot be written to"),
        one_run_at_a_time(tmp_path / "no" / "lock", "score"),
    ):
        pass
