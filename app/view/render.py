"""From a template to an answer; whatever stands in data is escaped."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.view import words
from app.view.drawing import arc
from data.vocabulary import FUNNEL

TEMPLATES = Path(__file__).parents[1] / "templates"
SYMBOLS = ("band", "ring", "change", "grade", "bar", "lead_row")
"""What is drawn again and again, and once for each value: most who look at the list look at its first page."""
MOST_DRAWN = 4096
NO_EVIDENCE = "no evidence"
"""What stands in the place of a band where nothing shows that the model tells won leads from lost ones."""
MARKS = {"hot": 3, "warm": 2, "cold": 1, NO_EVIDENCE: 0}
"""How many of three marks stand beside a band: colour is never the only sign."""
LONGEST_TEXT = 200
"""Characters of a text from the CRM that a page shows."""
DIRECTIONS = dict.fromkeys((*range(8234, 8239), *range(8294, 8298), 8206, 8207, 1564))
"""Characters that turn the direction of what follows them."""


def page(request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """Fill a template in; a script that asks gets the part without the frame.

    ``person`` is who asks for it, ``is_open`` whether nobody had to sign in.
    """
    state = request.state
    is_part = "hx-request" in request.headers
    layout = "part.html" if is_part else "base.html"
    known = {"path": request.url.path, "person": getattr(state, "person", None), "csrf": getattr(state, "csrf", "")}
    is_open = request.app.state.access_now().is_open
    shape = {"layout": layout, "is_part": is_part, "is_open": is_open}
    text = ENVIRONMENT.get_template(template).render(**known, **shape, **content)
    # Beside the form that was refused, for what was typed there stays.
    beside = {"HX-Reswap": "afterbegin"} if is_part and request.method == "POST" and status >= 400 else None
    return HTMLResponse(text, status_code=status, headers=beside)


def safe(text: object) -> str:
    """Return a text from elsewhere on one line, not too long, in the direction in which it is written.

    >>> safe("a\\u202eb\\n c"), len(safe("x" * 10_000))
    ('ab c', 200)
    """
    line = " ".join(str(text).translate(DIRECTIONS).split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def stage_name(stage: str | None) -> str:
    """Return a stage as sales writes it.

    >>> stage_name("sql"), stage_name("lead"), stage_name(None)
    ('SQL', 'Lead', '–')
    """
    if not stage:
        return "–"
    short = stage in FUNNEL and len(stage) == 3
    return stage.upper() if short else stage[:1].upper() + stage[1:]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "ago": words.ago,
        "amount": words.amount,
        "chance": words.chance,
        "day": words.day,
        "days_ago": words.days_ago,
        "moment": lambda text: words.day(datetime.fromisoformat(text) if text else None),
        "percent": words.percent,
        "points": words.points,
        "signed": words.signed,
        "span": words.span,
        "safe_text": safe,
        "stage": stage_name,
        "number": "{:,}".format,
    }
    environment.globals |= {"arc": arc, "marks": MARKS}
    symbols = environment.get_template("symbols.html").module
    environment.globals |= {name: lru_cache(MOST_DRAWN)(getattr(symbols, name)) for name in SYMBOLS}
    return environment


ENVIRONMENT = _environment()
