"""funnel."""

from funnel.accounts import Account, accounts
from funnel.content import Asset, assets, closing_content
from funnel.costs import channels, without_totals
from funnel.diagnosis import diagnose
from funnel.figures import figures
from funnel.follow_up import FollowUp, follow_up
from funnel.funnel import Costs, Funnel, Qualified, Use
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
from funnel.volume import Bar, growth, side_by_side, volumes

__all__ = [
    "PERIODS",
    "UNKNOWN",
    "Account",
    "Asset",
    "Bar",
    "Costs",
    "FollowUp",
    "Funnel",
    "FunnelTables",
    "Journeys",
    "Kinds",
    "Level",
    "Period",
    "Qualified",
    "Stage",
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
    "without_totals",
]
