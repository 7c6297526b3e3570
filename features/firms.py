"""Firms, recognised by the mail domain of a lead or by what it calls its company."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.parsing import normalized_company, parts_of_mail


def is_from(leads: pd.DataFrame, firms: Collection[str]) -> pd.Series:
    """Return which leads are from some firms: 1 or 0, missing where neither ``email`` nor ``company`` is given.

    A firm is named as people do, or by its mail domain, which stands for all below it.

    >>> leads = pd.DataFrame({"email": ["ann@eu.rival.com", "bo@x.com", None], "company": [None, "RIVAL, Inc.", None]})
    >>> is_from(leads, ["rival.com", "Rival"]).tolist()
    [1.0, 1.0, nan]
    """
    names = {normalized_company(firm) for firm in firms} - {""}
    domains = tuple(f".{firm.strip().lower()}" for firm in firms)
    matches = np.zeros(len(leads), dtype=bool)
    if "email" in leads:
        mailed_from = parts_of_mail(leads["email"])[1].to_pandas()
        matches |= _each(mailed_from, lambda domain: f".{domain}".endswith(domains))
    if "company" in leads:
        matches |= _each(leads["company"], lambda name: normalized_company(name) in names)
    return pd.Series(matches, index=leads.index, dtype=float).where(leads.notna().any(axis=1))


def _each(cells: pd.Series, test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Return what a test says of each cell, run once for each distinct one; False for a missing cell."""
    codes, distinct = pd.factorize(cells)
    return np.array([*(test(str(cell)) for cell in distinct), False])[codes]
