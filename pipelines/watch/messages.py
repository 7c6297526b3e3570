"""The words of an alert: who, what happened, why, and where to look. Plain text, whatever names hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

TITLES = {
    "trigger": "{who}: {triggered_by}",
    "hot": "{who} is hot",
    "warm": "{who} is warm",
    "cooled": "{who} is no longer hot",
    "account": "{who}: {crossing}, and no lead yet",
}
LONGEST = 240
"""Characters of a name or a reason: a longer one is cut."""
MOST_REASONS = 3


def title_of(alert: Mapping[str, Any]) -> str:
    """Return the first line of an alert.

    >>> title_of({"kind": "hot", "lead_id": "L1", "company": "Acme"})
    'Acme (L1) is hot'
    >>> title_of({"kind": "account", "lead_id": "acme.com", "crossing": "price list", "company": None})
    'acme.com: price list, and no lead yet'
    """
    company, lead = _plain(alert["company"]), _plain(alert["lead_id"])
    who = f"{company} ({lead})" if company else lead
    return TITLES[alert["kind"]].format(
        who=who, triggered_by=_plain(alert.get("triggered_by")), crossing=_plain(alert.get("crossing"))
    )


def body_of(alert: Mapping[str, Any], reasons: Sequence[str], link: str | None) -> str:
    """Return what stands below the title.

    >>> lead = {"kind": "hot", "lead_id": "L 1", "probability": 0.471, "score": 97}
    >>> print(body_of(lead, ["Asked for a quote: +12"], "https://crm/{lead_id}"))
    Chance of winning 47 %, score 97.
    Why: Asked for a quote: +12
    https://crm/L%201
    """
    if alert["kind"] == "account":
        return "The company was active, and none of its people is a lead yet."
    chance = f"Chance of winning {alert['probability'] * 100:.0f} %, score {alert['score']}."
    why = [f"Why: {' | '.join(map(_plain, reasons[:MOST_REASONS]))}"] if reasons else []
    page = [link.format(lead_id=quote(str(alert["lead_id"]), safe=""))] if link else []
    return "\n".join([chance, *why, *page])


def digest_of(titles: Sequence[str]) -> tuple[str, str]:
    """Return the title and the body of one message for many alerts.

    >>> digest_of(["A is hot", "B is hot"])
    ('2 more leads need attention', 'A is hot\\nB is hot')
    """
    return f"{len(titles)} more leads need attention", "\n".join(titles)


def _plain(text: Any) -> str:
    """Return a text on one line, without characters that control a terminal or a mail."""
    printable = "".join(character if character.isprintable() else " " for character in str(text or ""))
    one_line = " ".join(printable.split())
    return one_line if len(one_line) <= LONGEST else f"{one_line[:LONGEST]}…"
