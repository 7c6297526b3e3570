"""Numbers and times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime

MINUS = "−"


def chance(probability: float) -> str:
    """Say a probability as so many of so many.

    >>> [chance(p) for p in (0.001, 0.08, 0.34, 0.4, 0.97)]
    ['fewer than 1 in 200', 'about 1 in 12', 'about 1 in 3', 'about 4 in 10', 'more than 9 in 10']
    """
    if probability < 0.005:
        return "fewer than 1 in 200"
    if probability >= 0.95:
        return "more than 9 in 10"
    one_in, in_ten = round(1 / probability), round(10 * probability)
    is_nearer = abs(1 / one_in - probability) <= abs(in_ten / 10 - probability)
    return f"about 1 in {one_in}" if is_nearer and one_in > 1 else f"about {in_ten} in 10"


def percent(share: float | None) -> str:
    """Write a share; small ones with a decimal.

    >>> percent(0.5415), percent(0.0123), percent(0.0), percent(None)
    ('54 %', '1.2 %', '0 %', '–')
    """
    if share is None:
        return "–"
    return (f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}").replace("%", " %")


def signed(points: int) -> str:
    """Write points with their sign.

    >>> signed(5), signed(-5)
    ('+5', '−5')
    """
    return f"{points:+d}".replace("-", MINUS)


def points(value: float) -> str:
    """Write the points of a rule.

    >>> points(12.0), points(-2.54)
    ('+12', '−2.5')
    """
    return f"{round(value, 1):+g}".replace("-", MINUS)


def day(moment: datetime | None) -> str:
    """Write a day.

    >>> day(datetime(2026, 1, 5))
    '5 Jan 2026'
    """
    return f"{moment.day} {moment:%b %Y}" if moment else "–"


def days_ago(moment: datetime) -> int:
    """Return the whole days since a moment, which is in UTC.

    >>> days_ago(datetime.now(UTC).replace(tzinfo=None))
    0
    """
    return (datetime.now(UTC).replace(tzinfo=None) - moment).days


def span(days: int) -> str:
    """Say how long something has lasted.

    >>> [span(days) for days in (0, 1, 12, 45, 800)]
    ['today', '1 day', '12 days', '6 weeks', '2 years']
    """
    if days < 1:
        return "today"
    for length, name in ((730, "year"), (61, "month"), (28, "week")):
        if days >= length:
            count = days // {"year": 365, "month": 30, "week": 7}[name]
            return f"{count} {name}s"
    return f"{days} day{'s' if days > 1 else ''}"


def ago(days: int | None) -> str:
    """Say how long ago something was.

    >>> [ago(days) for days in (0, 1, 45, None)]
    ['today', '1 day ago', '6 weeks ago', '–']
    """
    if days is None:
        return "–"
    return f"{span(days)} ago" if days > 0 else "today"


def amount(value: float | None) -> str:
    """Write an amount of money in whole units.

    >>> amount(10608.4), amount(None)
    ('10,608', '–')
    """
    return "–" if value is None else f"{value:,.0f}"
