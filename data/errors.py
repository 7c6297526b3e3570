"""What can go wrong, as a small family.

    LeadscoreError            base: the work failed                     exit code 1
    ├── InputError            a file, a setting or an argument is wrong  exit code 2
    └── ModelError            no usable model, or one that does not fit  exit code 1

Every message says what was expected, what came, where, and how to mend it.

>>> print(InputError("no such column", expected="one of lead_id, source", got="sorce", remedy="did you mean 'source'?"))
no such column
  expected: one of lead_id, source
  got:      sorce
  remedy:   did you mean 'source'?
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONG = 300
"""Parts of a message that are longer, such as the names of all columns, come last."""


class LeadscoreError(Exception):
    """Base of every error that a user is meant to read."""

    exit_code = 1

    def __init__(self, what: str, *, expected: str = "", got: str = "", where: str = "", remedy: str = "") -> None:
        parts = {"expected": expected, "got": got, "where": where, "remedy": remedy}
        self.what = what
        self.parts = {name: text for name, text in parts.items() if text}
        last = sorted(self.parts.items(), key=lambda part: len(part[1]) > LONG)
        lines = [f"  {name + ':':<9} {text}" for name, text in last]
        super().__init__("\n".join([what, *lines]))


class InputError(LeadscoreError):
    """A file, a setting or an argument is wrong; nothing was changed."""

    exit_code = 2


class ModelError(LeadscoreError):
    """There is no usable model, or the stored one does not fit this code."""


def of_system(problem: OSError) -> LeadscoreError:
    """Return what the system says of a file as an error that a user is meant to read.

    >>> print(of_system(PermissionError(13, "Permission denied", "var/quarantine/leads.csv")))
    the system refused this file
      expected: a file that may be read and written, in a folder that may be changed
      got:      Permission denied
      where:    var/quarantine/leads.csv
      remedy:   see who owns it and who may read and write it, and run the same command again
    """
    return LeadscoreError(
        "the system refused this file",
        expected="a file that may be read and written, in a folder that may be changed",
        got=problem.strerror or str(problem),
        where=str(problem.filename),
        remedy="see who owns it and who may read and write it, and run the same command again",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remedy that names the nearest known name, or nothing where none is near.

    >>> nearest("Convertd", ["Converted", "Country"])
    "did you mean 'Converted'?"
    >>> nearest("zzz", ["Converted"])
    ''
    """
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean '{by_lower[matches[0]]}'?" if matches else ""
