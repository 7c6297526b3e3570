"""Firms, recognised by the mail domain of a lead or by what it calls its company."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.parsing import normalized_company, parts_of_mail


def is_from(leads: pd.DataFrame, firms: Collection[str]) -> pd.Series:
    """Tell which leads are from some firms: 1 or 0, missing where neither ``email`` nor ``company`` is given.

    A firm is named as people do, or by its mail domain, which stands for all below it.

    >>> leads = pd.DataFrame({"email": ["ann@eu.rival.com", "bo@x.com", None], "company": [None, "RIVAL, Inc.", None]})
    >>> is_from(leads, ["rival.com", "Rival"]).tolist()
    [1.0, 1.0, nan]
    """
    names = {normalized_company(firm) for firm in firms} - {""}
    domains = tuple(f".{firm.strip().lower()}" for firm in firms)
    found = np.zeros(len(leads), dtype=bool)
    if "email" in leads:
        mailed_from = parts_of_mail(leads["email"])[1].to_pandas()
        found |= _each(mailed_from, lambda domain: f".{domain}".endswith(domains))
    if "company" in leads:
        found |= _each(leads["company"], lambda name: normalized_company(name) in names)
    return pd.Series(found, index=leads.index, dtype=float).where(leads.notna().any(axis=1))


def _each(cells: pd.Series, told: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Ask of each cell, each distinct one once; nothing is so of a missing one."""
    codes, distinct = pd.factorize(cells)
    return np.array([*(told(str(cell)) for cell in distinct), False])[codes]
