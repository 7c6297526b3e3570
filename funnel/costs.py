"""What leads cost and what their value is: by channel, and what follows for its budget.

Costs are compared with the leads of the same channel that were created in the months that the costs are of. What
became of those leads until now counts, and who is still open may still become a customer: so the value of a lead
takes an open one by its probability. A channel whose costs nobody knows has no cost per lead, rather than none to pay;
one of which is known that nothing was spent has a cost of 0. What was spent in a month without leads was spent for the
leads of the others: it counts, and the report says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.columns import is_contact, shown
from funnel.rates import NOT_GIVEN, WRITTEN_SO, Kinds, Share, kinds_by, share, wilson, with_pool
from funnel.stages import Journeys

UNAFFORDABLE = "costs more than its leads are worth: spend less on it, or target it better"
MORE = "converts clearly better than the others: more budget"
TUNE = "converts clearly worse than the others: tune its targeting"
UNCLEAR = "no clear difference from the others"
ALONE = "no other channel has enough leads to compare it with"
TOO_FEW = "too few leads to judge"
NO_CHANNEL = "nobody knows how these leads came"
SEVERAL = "several channels of few leads each"
ROUNDING = 0.01
"""By this share of it may a total differ from the sum of its campaigns: amounts are rounded."""
TOTALS = (
    "costs: rows of a source without a campaign that are the total of its campaigns in the month, and not counted again"
    " ({spend:,.2f} in all): {count:,}; give spend of no campaign a campaign of its own"
)
BESIDE = (
    "costs: rows of a source without a campaign that are less than its campaigns in the month, and added to them"
    " ({spend:,.2f} in all): {count:,}"
)


@dataclass(frozen=True)
class Channel:
    """A channel in the months of its costs.

    ``leads`` are those that came to the stage lead: contacts that did not are none, where contacts are a stage.
    ``spend`` is None where no costs are known; ``cost_per`` maps each stage to what one lead that came to it cost,
    None where none came: that of the lead is ``cpl``, the last the cost per customer (CAC).
    ``value`` of a lead is its chance of becoming a customer times the mean deal. A lead may cost as much; an open one
    without a score is worth nothing here, so where there are such, nobody knows that the leads are worth too little.
    ``value_ci`` is its 95 % interval, of the chance alone; None where a score is missing, or no deal is known. A
    channel without a win has no deal of its own: the mean one of all counts (``deal_of_all``), and where all of its
    leads were lost, they are worth nothing.
    ``pooled`` is how many channels without costs stand together in it because few leads came by each.
    """

    name: str
    leads: int
    open: int
    spend: float | None
    cost_per: dict[str, float | None]
    to_customer: Share
    chance: float | None
    deal: float | None
    value: float | None
    affordable: bool | None
    advice: str
    pooled: int = 0
    value_ci: tuple[float, float] | None = None
    deal_of_all: bool = False

    @property
    def cpl(self) -> float | None:
        return self.spend / self.leads if self.spend is not None and self.leads else None

    @property
    def cac(self) -> float | None:
        return list(self.cost_per.values())[-1] if self.cost_per else None


@dataclass(frozen=True)
class Unmatched:
    """What costs and leads have no counterpart for: spend without leads, and leads without costs, by channel.

    Of channels that have both, ``months_without_leads`` is the spend of months without leads: it is in the costs per
    lead. ``months_without_costs`` counts the leads of months without costs: they are not. Both by channel and month,
    such as 2025-03.
    """

    spend_without_leads: dict[str, float]
    leads_without_costs: dict[str, int]
    months_without_leads: dict[str, dict[str, float]]
    months_without_costs: dict[str, dict[str, int]]


def without_totals(costs: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return costs without those that stand in them twice, and say which: of a source in all, and by campaign.

    ``costs`` has ``source``, ``campaign``, ``month`` and ``spend``. Rows without a campaign that are no less than the
    campaigns of the same source and month together are taken for their total: what is left of it was spent for no
    campaign. If they are less, they cannot be the total.
    """
    key = [_folded(costs["source"]).fillna(""), costs["month"]]
    named = costs["campaign"].notna()
    in_campaigns = costs["spend"].where(named, 0.0).groupby(key).transform("sum")
    in_all = costs["spend"].mask(named, 0.0).groupby(key).transform("sum")
    is_beside = ~named & named.groupby(key).transform("any")
    is_total = is_beside & (in_all >= (1 - ROUNDING) * in_campaigns)
    # A total that differs from its campaigns by rounding alone leaves nothing; what it has more was for no campaign.
    left = ((in_all - in_campaigns) / in_all).where(in_all - in_campaigns > ROUNDING * in_all, 0.0)
    counted = costs.assign(spend=costs["spend"].mask(is_total, costs["spend"] * left))
    twice = float((costs["spend"] - counted["spend"]).sum())
    others = is_beside & ~is_total
    notes = [TOTALS.format(count=int(is_total.sum()), spend=twice)] if is_total.any() else []
    added = float(costs.loc[others, "spend"].sum())
    notes += [BESIDE.format(count=int(others.sum()), spend=added)] if others.any() else []
    return counted[~is_total | (left > 0)].reset_index(drop=True), notes


def channels(
    journeys: Journeys,
    costs: pd.DataFrame | None,
    column: str,
    *,
    smallest: int,
    chances: pd.Series | None = None,
) -> tuple[tuple[Channel, ...], Unmatched]:
    """Return all channels of a column of the leads, such as ``source``, and what has no counterpart.

    ``costs`` has that column, ``month`` (its first moment) and ``spend``; without it nothing is known of costs.
    ``chances`` are the probabilities of open leads by ``lead_id``; without them an open lead counts as not won.
    """
    paid = _spent(costs, column) if costs is not None else pd.Series(dtype=float)
    kinds = with_pool(kinds_by(journeys.leads[column]), keep=set(paid.index.get_level_values(0)))
    counted, without = _in_paid_months(journeys, kinds, paid)
    chance = _chances(journeys, chances)
    by_name = [
        _channel(
            journeys, np.flatnonzero(counted & (kinds.codes == number)), name, _spend_of(paid, name), chance, smallest
        )
        for number, name in enumerate(kinds.names)
    ]
    by_name = [replace(each, pooled=kinds.pooled) if each.name == kinds.others else each for each in by_name]
    known = {name.casefold() for name in kinds.names}
    spent = paid.groupby(level=0).sum().items()
    spelt = _spellings(costs, column)
    lonely = {_as_shown(spelt.get(str(name), str(name))): float(spend) for name, spend in spent if name not in known}
    without_costs = dict(zip(kinds.names, np.bincount(kinds.codes[without], minlength=len(kinds.names)), strict=True))
    without_costs = {name: int(count) for name, count in without_costs.items() if count and len(paid)}
    unmatched = Unmatched(lonely, without_costs, *_months_apart(journeys, kinds, paid))
    return tuple(_with_advice(by_name)), unmatched


def _as_shown(name: str) -> str:
    return shown(name) if is_contact(name) else name


def _spent(costs: pd.DataFrame, column: str) -> pd.Series:
    """Return the spend by channel, in small letters, and month; what names no channel is called so."""
    channel = _folded(costs[column]).replace({NOT_GIVEN: WRITTEN_SO, "": NOT_GIVEN}).fillna(NOT_GIVEN)
    return costs["spend"].groupby([channel, costs["month"]]).sum()


def _spellings(costs: pd.DataFrame | None, column: str) -> dict[str, str]:
    """Return how each channel of the costs is written first, by its name in small letters."""
    names = costs[column].dropna().astype("str").str.strip() if costs is not None else pd.Series(dtype="str")
    return dict(zip(names[::-1].str.casefold(), names[::-1], strict=True))


def _folded(names: pd.Series) -> pd.Series:
    return names.astype("str").str.strip().str.casefold()


def _spend_of(paid: pd.Series, name: str) -> float | None:
    fold = name.casefold()
    return float(paid.loc[fold].sum()) if fold in paid.index.get_level_values(0) else None


def _in_paid_months(journeys: Journeys, kinds: Kinds, paid: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return which leads were created in a month that costs of their channel are known of, and which were not.

    Of a channel without any costs all leads count: its rates are known even so.
    """
    everything = np.ones(len(kinds.codes), dtype=bool)
    if not len(paid):
        return everything, ~everything
    month = journeys.entered[:, 0].astype("datetime64[M]")
    known = month[~np.isnat(month)]
    if not len(known):
        return ~everything, everything
    first, width = known.min(), int((known.max() - known.min()).astype(int)) + 1
    number = {name.casefold(): place for place, name in enumerate(kinds.names)}
    is_paid = np.zeros((len(number), width), dtype=bool)
    for channel, moment in paid.index:
        place = int((np.datetime64(moment, "M") - first).astype(int))
        if channel in number and 0 <= place < width:
            is_paid[number[channel], place] = True
    place = np.where(np.isnat(month), -1, (month - first).astype(int))
    in_month = is_paid[kinds.codes, place] & (place >= 0)
    has_costs = np.isin(kinds.codes, [number[channel] for channel in {*paid.index.get_level_values(0)} & number.keys()])
    return in_month | ~has_costs, ~in_month


def _months_apart(
    journeys: Journeys, kinds: Kinds, paid: pd.Series
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, int]]]:
    """Return, of channels with leads and costs, the spend of months without leads and the leads of those without costs.

    Both by channel and month. A month in which nothing was spent needs no leads.
    """
    spent = {name: _spend_by_month(paid, name) for name in kinds.names}
    came = dict(zip(kinds.names, _leads_by_month(journeys, kinds), strict=True))
    without_leads, without_costs = {}, {}
    for name, months in spent.items():
        if lonely := {month: spend for month, spend in months.items() if spend and month not in came[name]}:
            without_leads[name] = lonely
        if months and (unpaid := {month: count for month, count in came[name].items() if month not in months}):
            without_costs[name] = unpaid
    return without_leads, without_costs


def _spend_by_month(paid: pd.Series, name: str) -> dict[str, float]:
    fold = name.casefold()
    if fold not in paid.index.get_level_values(0):
        return {}
    return {f"{month:%Y-%m}": float(spend) for month, spend in paid.loc[fold].items()}


def _leads_by_month(journeys: Journeys, kinds: Kinds) -> list[dict[str, int]]:
    """Count the leads of each channel, in the order of their names, by month of creation, such as 2025-03."""
    month = journeys.entered[:, 0].astype("datetime64[M]")
    dated = ~np.isnat(month)
    each = pd.DataFrame({"channel": kinds.codes[dated], "month": month[dated].astype(int)})
    counts = each.value_counts(sort=False).sort_index()
    by_channel: list[dict[str, int]] = [{} for _ in kinds.names]
    for (channel, number), count in zip(counts.index.tolist(), counts.tolist(), strict=True):
        by_channel[channel][str(np.datetime64(number, "M"))] = count
    return by_channel


def _chances(journeys: Journeys, chances: pd.Series | None) -> np.ndarray:
    """Return the chance of each lead to be a customer in the end: 1 won, 0 lost, in between while it is open.

    Of an open lead without a score it is missing.
    """
    is_open = ~journeys.won & ~journeys.lost
    of_open = np.full(len(is_open), np.nan)
    if chances is not None:
        of_open = journeys.leads["lead_id"].map(chances).to_numpy(float)
    return np.where(is_open, of_open, journeys.won.astype(float))


def _channel(
    journeys: Journeys, rows: np.ndarray, name: str, spend: float | None, chance: np.ndarray, smallest: int
) -> Channel:
    reached = journeys.reached[rows].sum(axis=0).tolist()
    leads = rows[journeys.reached[rows, journeys.lead]]
    names = [stage.name for stage in journeys.stages]
    cost_per = {
        stage: spend / count if spend is not None and count else None
        for stage, count in zip(names, reached, strict=True)
    }
    count = len(leads)
    # An open lead without a score counts as lost in the mean; whether that decides is said by `may_be_more`.
    likely = float(np.nan_to_num(chance[leads]).mean()) if count else None
    may_be_more = bool(np.isnan(chance[leads]).any())
    won, lost = journeys.won[leads], journeys.lost[leads]
    deal = _mean_amount(journeys, leads[won]) if won.any() else _mean_amount(journeys, np.flatnonzero(journeys.won))
    value, value_ci = _value(likely, count, deal, sure=not may_be_more)
    to_customer, cpl = share(reached[-1], count, smallest), spend / count if spend is not None and count else None
    return Channel(
        name=name,
        leads=count,
        open=int((~won & ~lost).sum()),
        spend=spend,
        cost_per=cost_per,
        to_customer=to_customer,
        chance=likely,
        deal=deal,
        value=value,
        affordable=_affordable(value, value_ci, cpl, to_customer, may_be_more=may_be_more),
        advice="",
        value_ci=value_ci,
        deal_of_all=deal is not None and not won.any(),
    )


def _mean_amount(journeys: Journeys, rows: np.ndarray) -> float | None:
    amounts = journeys.leads["amount"].to_numpy(float)[rows]
    return float(np.nanmean(amounts)) if np.isfinite(amounts).any() else None


def _value(
    likely: float | None, count: int, deal: float | None, *, sure: bool
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the value of a lead, with its interval: of leads that were all lost it is nothing, whatever deals are."""
    if likely is None or (deal is None and likely):
        return None, None
    if deal is None:
        return 0.0, None
    low, high = wilson(likely * count, count)
    return likely * deal, (low * deal, high * deal) if sure else None


def _affordable(
    value: float | None,
    value_ci: tuple[float, float] | None,
    cpl: float | None,
    to_customer: Share,
    *,
    may_be_more: bool,
) -> bool | None:
    """Return whether leads are worth their cost; None where nobody knows.

    No win among few leads is no proof, unless what they may be worth at most is less than they cost.
    """
    if value is None or cpl is None:
        return None
    if value >= cpl:
        return True
    few = to_customer.count == 0 and not to_customer.enough
    return None if may_be_more or (few and (value_ci is None or value_ci[1] >= cpl)) else False


def _with_advice(by_name: Sequence[Channel]) -> list[Channel]:
    """Say of each channel what its figures speak for; differences count only where the intervals keep clear."""
    comparable = [each for each in by_name if each.to_customer.enough and each.name != NOT_GIVEN and not each.pooled]
    return [
        replace(each, advice=_advice(each, [other.to_customer for other in comparable if other is not each]))
        for each in by_name
    ]


def _advice(channel: Channel, others: Sequence[Share]) -> str:
    own, rest = channel.to_customer, share(sum(o.count for o in others), sum(o.of for o in others), 1)
    if channel.name == NOT_GIVEN:
        return NO_CHANNEL
    if channel.pooled:
        return SEVERAL
    if not own.enough or own.low is None or own.high is None:
        return TOO_FEW
    if channel.affordable is False:
        return UNAFFORDABLE
    if rest.low is None or rest.high is None:
        return ALONE
    return MORE if own.low > rest.high else TUNE if own.high < rest.low else UNCLEAR
