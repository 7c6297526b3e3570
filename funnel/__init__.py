"""The funnel's analytics, on data alone: stages, rates, volume, costs, content, accounts and follow-up.

`open_funnel` reads the tables; everything else is a pure function of them, and `Funnel` holds what they return.
"""

from funnel.accounts import Account, accounts, without_lead
from funnel.content import AssetConversion, assets, closing_content
from funnel.costs import channels, without_totals
from funnel.diagnosis import diagnose
from funnel.figures import figures
from funnel.follow_up import FollowUp, follow_up
from funnel.funnel import Costs, Funnel, QualifiedVolumes, Use
from funnel.rates import (
    PERIODS,
    Kinds,
    Level,
    Period,
    everyone,
    kinds_by,
    kinds_of_period,
    last_moment,
    levels,
    periods,
    share,
    with_break_even,
    with_pool,
)
from funnel.stages import UNKNOWN, Journeys, Stage, define_stages, follow, places_of
from funnel.tables import FunnelTables, open_funnel
from funnel.volume import Threshold, growth, side_by_side, volumes

__all__ = [
    "PERIODS",
    "UNKNOWN",
    "Account",
    "AssetConversion",
    "Costs",
    "FollowUp",
    "Funnel",
    "FunnelTables",
    "Journeys",
    "Kinds",
    "Level",
    "Period",
    "QualifiedVolumes",
    "Stage",
    "Threshold",
    "Use",
    "accounts",
    "assets",
    "channels",
    "closing_content",
    "define_stages",
    "diagnose",
    "everyone",
    "figures",
    "follow",
    "follow_up",
    "growth",
    "kinds_by",
    "kinds_of_period",
    "last_moment",
    "levels",
    "open_funnel",
    "periods",
    "places_of",
    "share",
    "side_by_side",
    "volumes",
    "with_break_even",
    "with_pool",
    "without_lead",
    "without_totals",
]
