"""Content: how many views of an asset became leads, and how often leads that touched it became customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.funnel.rates import Kinds, Share, kinds_by, share
from models.funnel.stages import Journeys


@dataclass(frozen=True)
class Asset:
    """An asset: ``views`` in the months that they are known of, and the leads that came by it in these months."""

    name: str
    views: int
    leads: Share


@dataclass(frozen=True)
class Touched:
    """The leads that touched an asset before they closed, beside all others: which content closes."""

    name: str
    touched: Share
    others: Share

    @property
    def clear(self) -> bool:
        """Tell whether the two rates are apart by more than their intervals."""
        one, two = self.touched, self.others
        if not (one.enough and two.enough) or None in (one.low, two.low, one.high, two.high):
            return False
        return one.low > two.high or one.high < two.low  # type: ignore[operator]


def assets(journeys: Journeys, stats: pd.DataFrame, *, smallest: int) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    """Return conversion by asset, the best first, and the assets of leads without any views.

    ``stats`` has ``asset``, ``month`` (its first moment) and ``views``. An asset with more leads than views has no
    rate.
    """
    kinds = kinds_by(journeys.leads["asset"])
    month = journeys.entered[:, 0].astype("datetime64[M]")
    by_asset = stats.groupby(stats["asset"].astype("str").str.strip().str.casefold())
    found = []
    for fold, rows in by_asset:
        known = np.isin(month, rows["month"].to_numpy("datetime64[M]"))
        leads, views = int((known & _is(kinds, str(fold))).sum()), round(rows["views"].sum())
        name = next((name for name in kinds.names if name.casefold() == fold), str(rows["asset"].iloc[0]))
        found.append(Asset(name, views, share(leads, views, smallest) if leads <= views else _unknown(leads)))
    viewed = {asset.name.casefold() for asset in found}
    unviewed = tuple(name for name in kinds.names if name.casefold() not in viewed)
    return tuple(sorted(found, key=lambda each: -(each.leads.rate or 0.0))), unviewed


def _is(kinds: Kinds, fold: str) -> np.ndarray:
    wanted = [number for number, name in enumerate(kinds.names) if name.casefold() == fold]
    return np.isin(kinds.codes, wanted)


def _unknown(leads: int) -> Share:
    return Share(leads, 0, None, None, None, False)


def closing_content(touched: pd.DataFrame, leads: int, won: int, *, smallest: int) -> tuple[Touched, ...]:
    """Return the customers among leads that touched each asset and among all others, the best rate first.

    ``touched`` has ``asset``, ``leads`` and ``won``; ``leads`` and ``won`` count all leads.
    """
    counted = zip(touched["asset"].tolist(), touched["leads"].tolist(), touched["won"].tolist(), strict=True)
    found = [
        Touched(name, share(own_won, own, smallest), share(won - own_won, leads - own, smallest))
        for name, own, own_won in counted
    ]
    return tuple(sorted(found, key=lambda each: (not each.touched.enough, -(each.touched.rate or 0.0))))
