"""docs/commands.md lists every command with its options, as `--help` has them.

``LEADSCORE_RECORD=1 pytest tests/test_commands_page.py`` writes the page anew.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from app.cli import commands

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = """\
# Commands

Every command of `leadscore`, as `--help` describes it. `--json` prints one JSON object on standard output; the log
goes to standard error. Exit codes: 0 done, 1 the work failed, 2 wrong usage or input, 3 done and the result asks for
action (`check`: leaks or bad rows; `monitor`: train again, or look after a feed).
"""


def sections(command: Any, name: str) -> Iterator[str]:
    """Yield the text of a command, or of each command below it."""
    below = getattr(command, "commands", None)
    if below:
        for part, each in sorted(below.items()):
            yield from sections(each, f"{name} {part}")
        return
    arguments = [each for each in command.params if not each.opts[0].startswith("-")]
    options = [each for each in command.params if each.opts[0].startswith("-")]
    usage = " ".join([name, *(each.name.upper() for each in arguments)])
    rows = [f"| `{', '.join([*each.opts, *each.secondary_opts])}` | {text_of(each)} |" for each in options]
    table = "\n".join(["| option | meaning |", "|---|---|", *rows])
    yield f"## `{usage}`\n\n{' '.join(command.help.split())}\n\n{table}\n"


def text_of(option: Any) -> str:
    text = " ".join((option.help or "").split()).replace("|", "\\|")
    default = option.default
    if default in (None, False, "", ()) or callable(default) or isinstance(default, list):
        return text
    return f"{text} Default: `{default}`."


def test_the_page_is_what_help_says():
    written = "\n".join([HEAD, *sections(get_command(commands), "leadscore")])
    if os.environ.get("LEADSCORE_RECORD"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written
