"""What the README shows is what comes out."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKED = re.compile(r"<!-- checked(?:: (?P<file>\S+))? -->\n```console\n(?P<text>.*?)```", re.DOTALL)
NUMBER = re.compile(r"[-+−]?\d[\d,]*\.?\d*")
CLOSE = 0.05
"""Numbers may differ by this share from machine to machine, or by two in the last digit shown."""


def sessions(needs_file: bool) -> str:
    """Return all checked sessions that need a data set, or those that need none, as one."""
    return "".join(found["text"] for found in CHECKED.finditer(README) if bool(found["file"]) == needs_file)


def run(command: str, folder: Path) -> str:
    words = [sys.executable, "-m", "pipelines.cli", *shlex.split(command)[1:]]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def unmatched(shown: list[str], printed: list[str]) -> list[str]:
    """Return the shown lines that no printed line is like: the same words, and numbers that are close."""
    return [line for line in shown if not any(alike(line, other) for other in printed)]


def alike(shown: str, printed: str) -> bool:
    words = [NUMBER.sub("#", " ".join(line.split())) for line in (shown, printed)]
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=False)
    return words[0] == words[1] and all(close(*pair) for pair in pairs)


def close(shown: str, printed: str) -> bool:
    one, other = (float(number.replace(",", "").replace("−", "-")) for number in (shown, printed))
    last_digit = 10.0 ** -len(shown.partition(".")[2])
    return abs(one - other) <= max(CLOSE * abs(one), 2 * last_digit)


def check_session(text: str, folder: Path) -> None:
    """Run the commands of a session and compare what each printed with what is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = [line for line in part.splitlines() if line.strip()]
        assert not unmatched(shown, run(command, folder).splitlines()), command


def test_two_outputs_are_alike_only_with_the_same_words_and_close_numbers():
    assert alike("model  0.796 (0.779-0.815)", "model 0.797 (0.778-0.815)")
    assert not alike("model  0.796", "model  0.696")
    assert not alike("model  0.796", "rules  0.796")


@pytest.mark.slow
def test_the_demo_prints_what_the_readme_shows(tmp_path):
    check_session(sessions(needs_file=False), tmp_path)


@pytest.mark.slow
def test_an_export_gives_what_the_readme_shows(tmp_path, datasets):
    (tmp_path / "Leads.csv").write_bytes((datasets / "x-education" / "Leads.csv").read_bytes())
    check_session(sessions(needs_file=True), tmp_path)


@pytest.mark.slow
def test_the_python_session_runs_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testfile(str(ROOT / "README.md"), module_relative=False).failed == 0


def test_the_readme_fits_on_150_lines():
    assert len(README.splitlines()) <= 150
