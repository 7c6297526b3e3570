"""Pages that are complete in themselves: made from a template, with whatever stands in data escaped."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from data.drafts import write_whole
from data.errors import InputError

TITLE = re.compile("<summary><h2>(.*?)</h2></summary>")
TEMPLATES = Path(__file__).parents[1] / "templates"


def write_page(out: Path, template: str, **content: Any) -> None:
    """Fill a template in and write the page. Raises InputError for an unwritable path."""
    page = filled(template, **content)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, page)
    except OSError as problem:
        raise InputError("the report cannot be written", got=f"{out} ({problem.strerror})") from None


def filled(template: str, *, clean: Callable[[str], str] = str, **content: Any) -> str:
    """Fill a template in; every text that is put in goes through ``clean`` first."""

    def cleaned(value: Any) -> Any:
        return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return _environment().overlay(finalize=cleaned).get_template(template).render(**content)


def _fixed(value: float | None, digits: int) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _anchor(title: str) -> str:
    """Return the name by which a section is reached.

    >>> _anchor("By source")
    'by-source'
    """
    return re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")


def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["fixed"] = _fixed
    environment.filters["day"] = lambda moment: moment[:10]
    environment.filters["thousands"] = "{:,}".format
    environment.filters["zip"] = zip
    environment.filters["dictvalues"] = lambda mapping: list(mapping.values())
    environment.filters["anchor"] = _anchor
    environment.filters["titles"] = lambda text: [Markup(title) for title in TITLE.findall(text)]
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    return environment
