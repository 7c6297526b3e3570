"""Read a ``leadscore.yaml``: what is wrong in it is named with its line and the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from data.config import yaml_document as strict_yaml
from data.config.credentials import masked
from data.config.settings import (
    DatabaseTable,
    FunnelSettings,
    Outcome,
    Settings,
    StageMapping,
    Thresholds,
    WriteBack,
    settings_of_folder,
)
from data.config.yaml_document import Document
from data.errors import InputError, nearest
from data.vocabulary import EVENT_TYPES, LATER_TABLES, READ_TABLES, SCORE_FIELDS

FILE_NAME = "leadscore.yaml"
UNKNOWN = "extra_forbidden"
PARTS: dict[str, type[BaseModel]] = {
    "funnel": FunnelSettings,
    "outcome": Outcome,
    "stages": StageMapping,
    "tables": DatabaseTable,
    "thresholds": Thresholds,
    "write_back": WriteBack,
}


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
    return _checked(strict_yaml.read(path)).beside(path.parent)


def parse_settings(text: str, path: Path) -> Settings:
    """Read the text of a ``leadscore.yaml`` as if it lay at ``path``."""
    return _checked(strict_yaml.parse(text, path)).beside(path.parent)


def _checked(document: Document) -> Settings:
    _check_names(document)
    try:
        return Settings.model_validate(document.content)
    except ValidationError as problem:
        unknown_first = sorted(problem.errors(include_url=False), key=lambda found: found["type"] != UNKNOWN)
        raise _input_error(unknown_first[0], document) from None


def _check_names(document: Document) -> None:
    """Names of tables, of columns and of event types are ours, so a misspelt one is found here."""
    known_tables = [*READ_TABLES, *LATER_TABLES]
    for part in ("tables", "columns", "formats"):
        _require_known(document, (part,), known_tables, "table")
    for table, columns in READ_TABLES.items():
        own = [*columns, "closed_at"] if table == "leads" else list(columns)
        _require_known(document, ("columns", table), own, f"column of {table}")
    _require_known(document, ("event_types",), EVENT_TYPES, "type of event")
    _require_known(document, ("write_back", "columns"), SCORE_FIELDS, "field of a score")


def _keys(document: Document, place: tuple[str, ...]) -> list[str]:
    part = document.content
    for name in place:
        part = part.get(name) if isinstance(part, dict) else None
    return [str(key) for key in part] if isinstance(part, dict) else []


def _require_known(document: Document, place: tuple[str, ...], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in _keys(document, place):
        if name not in known:
            raise InputError(
                f"unknown {what} '{name}'",
                expected=", ".join(known),
                where=document.where(*place, name),
                remedy=nearest(name, known),
            )


def _input_error(problem: ErrorDetails, document: Document) -> InputError:
    place = _place(problem["loc"])
    name = ".".join(str(part) for part in place)
    if problem["type"] == UNKNOWN:
        known = _known_keys(place)
        return InputError(
            f"unknown setting '{name}'",
            expected=", ".join(known),
            where=document.where(*place),
            remedy=nearest(str(place[-1]), known),
        )
    what = problem["msg"].removeprefix("Value error, ")
    given = (
        ""
        if isinstance(problem["input"], dict) or "://" in str(problem["input"])
        else masked(repr(problem["input"]))[:80]
    )
    return InputError(
        f"the setting '{name}' is wrong: {what}" if name else what,
        got="" if problem["type"] == "missing" else given,
        where=document.where(*place),
    )


def _place(found: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the way to a part of the file; pydantic adds which of two forms of a table it took it for."""
    return found[:2] + found[3:] if found[:1] == ("tables",) else found


def _known_keys(place: tuple[str | int, ...]) -> list[str]:
    model = PARTS.get(str(place[0]), Settings) if len(place) > 1 else Settings
    return list(model.model_fields)
