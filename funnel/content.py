"""Content: how many views of an asset became leads, and how often leads that touched it became customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.columns import SHARE, is_named, name_of_others
from funnel.rates import NOT_GIVEN, WRITTEN_SO, Kinds, Share, kinds_by, share
from funnel.stages import Journeys


@dataclass(frozen=True)
class AssetConversion:
    """An asset: ``views`` in the months that they are known of, and the leads that came by it in these months.

    ``left_out`` counts its leads of other months, or of none, which are not in the rate. ``pooled`` is how many assets
    of few views and leads stand together in it.
    """

    name: str
    views: int
    leads: Share
    pooled: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class Touched:
    """The leads that touched an asset before they closed, beside all others: which content closes.

    ``pooled`` is how many assets of few leads stand together in it.
    """

    name: str
    touched: Share
    others: Share
    pooled: int = 0

    @property
    def clear(self) -> bool:
        """Return whether the two rates are apart by more than their intervals."""
        one, two = self.touched, self.others
        if not (one.enough and two.enough) or None in (one.low, two.low, one.high, two.high):
            return False
        return one.low > two.high or one.high < two.low  # type: ignore[operator]


def assets(
    journeys: Journeys, stats: pd.DataFrame, *, smallest: int
) -> tuple[tuple[AssetConversion, ...], tuple[str, ...]]:
    """Return conversion by asset, the best first, and the assets of leads without any views.

    ``stats`` has ``asset``, ``month`` (its first moment) and ``views``. An asset with more leads than views has no
    rate.
    """
    kinds = kinds_by(journeys.leads["asset"])
    month = journeys.entered[:, 0].astype("datetime64[M]")
    names = stats["asset"].astype("str").str.strip().str.casefold()
    by_asset = stats.groupby(names.replace(NOT_GIVEN, WRITTEN_SO))
    conversions: list[AssetConversion] = []
    for fold, rows in by_asset:
        # Views are known of some months: leads of other months belong to no rate, or it would exceed what was viewed.
        known = np.isin(month, rows["month"].to_numpy("datetime64[M]"))
        own, views = _is(kinds, str(fold)), round(rows["views"].sum())
        leads, left_out = int((known & own).sum()), int((~known & own).sum())
        name = next((name for name in kinds.names if name.casefold() == fold), str(rows["asset"].iloc[0]))
        conversions.append(AssetConversion(name, views, _converted(leads, views, smallest), left_out=left_out))
    viewed = {asset.name.casefold() for asset in conversions}
    unviewed = tuple(name for name in kinds.names if name != NOT_GIVEN and name.casefold() not in viewed)
    named = _with_pool(conversions, len(kinds.codes), smallest)
    return tuple(sorted(named, key=lambda each: (not each.leads.enough, -(each.leads.rate or 0.0)))), unviewed


def _with_pool(conversions: Sequence[AssetConversion], leads: int, smallest: int) -> list[AssetConversion]:
    """Put the assets together that have few of all leads and of all views."""
    views = sum(each.views for each in conversions)
    named = [a for a in conversions if is_named(a.name, a.leads.count, leads, keep=SHARE * a.views > views)]
    if len(named) == len(conversions):
        return named
    pooled = [each for each in conversions if each not in named]
    own_views, own_leads = sum(each.views for each in pooled), sum(each.leads.count for each in pooled)
    share_of_them = _converted(own_leads, own_views, smallest)
    left_out = sum(each.left_out for each in pooled)
    return [*named, AssetConversion(name_of_others(len(pooled)), own_views, share_of_them, len(pooled), left_out)]


def _converted(leads: int, views: int, smallest: int) -> Share:
    return share(leads, views, smallest) if leads <= views else Share(leads, 0, None, None, None, False)


def _is(kinds: Kinds, fold: str) -> np.ndarray:
    wanted = [number for number, name in enumerate(kinds.names) if name.casefold() == fold]
    return np.isin(kinds.codes, wanted)


def closing_content(touched: pd.DataFrame, leads: int, won: int, *, smallest: int) -> tuple[Touched, ...]:
    """Return the customers among leads that touched each asset and among all others, the best rate first.

    ``touched`` has ``asset``, ``leads``, ``won`` and ``pooled``, as `funnel.tables.FunnelTables.touched` returns them;
    ``leads`` and ``won`` count all leads.
    """
    columns = (touched[name].tolist() for name in ("asset", "leads", "won", "pooled"))
    contents = [
        Touched(name, share(own_won, own, smallest), share(won - own_won, leads - own, smallest), pooled)
        for name, own, own_won, pooled in zip(*columns, strict=True)
    ]
    return tuple(sorted(contents, key=lambda each: (not each.touched.enough, -(each.touched.rate or 0.0))))
