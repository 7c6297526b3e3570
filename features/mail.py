"""E-mail addresses, read: the kind of domain behind them. The address itself is never a feature."""

from __future__ import annotations

import pandas as pd

FREE_MAIL = frozenset(
    "gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com msn.com aol.com icloud.com me.com gmx.de "
    "gmx.net gmx.com web.de t-online.de proton.me protonmail.com mail.com mail.ru yandex.ru qq.com 163.com "
    "orange.fr free.fr libero.it yahoo.co.uk yahoo.fr yahoo.de yahoo.co.in rediffmail.com freemail.example".split()
)
THROW_AWAY = frozenset(
    "mailinator.com guerrillamail.com 10minutemail.com tempmail.com temp-mail.org yopmail.com trashmail.com "
    "sharklasers.com throwaway.example test.com example.com".split()
)


def kind_of_mail(addresses: pd.Series) -> pd.Series:
    """Return what kind of domain each address has: business, free, throw-away, or invalid; missing stays missing.

    >>> list(kind_of_mail(pd.Series(["ann@acme.example", "bo@GMail.com", "x@mailinator.com", "asdf"])))
    ['business', 'free', 'throw-away', 'invalid']
    """
    domains = addresses.str.extract(r"^[^@\s]+@([^@\s]+\.[^@\s]+)$", expand=False).str.lower()
    kinds = pd.Series("business", index=addresses.index, dtype="str")
    kinds[domains.isin(FREE_MAIL)] = "free"
    kinds[domains.isin(THROW_AWAY)] = "throw-away"
    kinds[domains.isna()] = "invalid"
    return kinds.where(addresses.notna())
