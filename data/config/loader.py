"""Read a ``leadscore.yaml``: what is wrong in it is named with its line and the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails

from data.config.checked_yaml import UNKNOWN_KEY, validated
from data.config.credentials import masked, may_hold_secret
from data.config.settings import Settings, settings_of_folder
from data.config.yaml_document import Document, Place, parse_yaml, read_yaml
from data.errors import InputError, nearest
from data.vocabulary import EVENT_TYPES, LATER_TABLES, READ_TABLES, WRITABLE_FIELDS

FILE_NAME = "leadscore.yaml"


def load_settings(path: Path) -> Settings:
    """Read a ``leadscore.yaml``, or a folder that holds one or holds tables named as in the vocabulary."""
    if ":/" in str(path):
        raise InputError(
            "this is an address, and a leadscore.yaml or a folder is needed",
            remedy="write it into leadscore.yaml under database, as ${NAME}; `leadscore init` proposes the rest",
        )
    if not path.exists():
        raise InputError("there is no such file or folder", expected=f"a {FILE_NAME} or a folder", got=str(path))
    if path.is_dir():
        config = path / FILE_NAME
        return load_settings(config) if config.exists() else settings_of_folder(path)
    return _checked(read_yaml(path)).beside(path.parent)


def parse_settings(text: str, path: Path) -> Settings:
    """Read the text of a ``leadscore.yaml`` as if it lay at ``path``."""
    return _checked(parse_yaml(text, path)).beside(path.parent)


def _checked(document: Document) -> Settings:
    _check_names(document)
    return validated(document, Settings, _describe)


def _check_names(document: Document) -> None:
    """Refuse names of tables, columns and event types that the vocabulary lacks: pydantic would take any."""
    known_tables = [*READ_TABLES, *LATER_TABLES]
    for part in ("tables", "columns", "formats", "currencies"):
        _require_known(document, (part,), known_tables, "table")
    for table, columns in READ_TABLES.items():
        own = [*columns, "closed_at"] if table == "leads" else list(columns)
        _require_known(document, ("columns", table), own, f"column of {table}")
    _require_known(document, ("event_types",), EVENT_TYPES, "type of event")
    constants = [name for name, text in _part(document, ("write_back", "columns")).items() if str(text).startswith("=")]
    _require_known(document, ("write_back", "columns"), [*WRITABLE_FIELDS, *constants], "field of a score")


def _part(document: Document, place: tuple[str, ...]) -> dict[str, Any]:
    """Return a part of the settings by the names of what is in it; an empty one where it holds something else."""
    part: Any = document.content
    for name in place:
        part = part.get(name) if isinstance(part, dict) else None
    return {str(name): content for name, content in part.items()} if isinstance(part, dict) else {}


def _require_known(document: Document, place: tuple[str, ...], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in _part(document, place):
        if name not in known:
            raise InputError(
                f"unknown {what} '{name}'",
                expected=", ".join(known),
                where=document.where(*place, name),
                remedy=nearest(name, known),
            )


def _describe(error: ErrorDetails, place: Place) -> dict[str, str]:
    """Word what is wrong with a setting; what may hold a secret is not shown."""
    name = ".".join(map(str, place))
    if error["type"] == UNKNOWN_KEY:
        context = error.get("ctx", {})
        return {"what": f"unknown setting '{name}'", "expected": context["expected"], "remedy": context["remedy"]}
    what = error["msg"].removeprefix("Value error, ")
    value = error["input"]
    is_plain = not isinstance(value, dict) and "://" not in str(value) and "@" not in str(value)
    is_shown = error["type"] != "missing" and is_plain and not may_hold_secret(place)
    return {
        "what": f"the setting '{name}' is wrong: {what}" if name else what,
        "got": masked(repr(value))[:80] if is_shown else "",
    }
