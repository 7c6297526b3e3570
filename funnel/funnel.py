"""The funnel and its key figures: one snapshot of all leads at one moment, in which the numbers add up.

Stages and when leads came to them (`stages`), rates and times (`rates`), qualified volume at a fixed bar (`volume`),
costs and the value of leads (`costs`), content (`content`), companies (`accounts`), follow-up (`follow_up`), and what
is clearly worse than it should be (`diagnosis`). All are pure functions of tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

import pandas as pd

from data.config import FunnelSettings
from funnel.accounts import Account
from funnel.content import AssetConversion, Touched
from funnel.costs import Channel, Unmatched
from funnel.diagnosis import StepComparison
from funnel.follow_up import FollowUp
from funnel.rates import Level, Period, Share
from funnel.stages import Oddity, Stage
from funnel.volume import Volume


@dataclass(frozen=True)
class Costs:
    """The channels of a column of the leads with their costs, and what has no counterpart."""

    by: str
    currency: str
    channels: tuple[Channel, ...]
    unmatched: Unmatched


@dataclass(frozen=True)
class QualifiedVolumes:
    """Leads by the CRM's stage and by score: the volume at fixed thresholds, and the two beside each other.

    ``standing`` counts the open leads that are over each threshold now, at today's and at the earlier one.
    """

    volumes: tuple[Volume, ...]
    standing: Mapping[str, tuple[int, int]]
    side_by_side: Mapping[str, int]
    since: pd.Timestamp


@dataclass(frozen=True)
class Use:
    """Daily use: of the leads that were ready by score those that sales contacted; None where nothing is known of it.

    ``opened`` are, of the open leads, those that were opened on the pages within 30 days.
    """

    contacted: Share | None
    opened: Share


@dataclass(frozen=True)
class Funnel:
    """Everything that the report says of the funnel at ``as_of`` (naive UTC); `as_json` is plain types.

    ``all`` are all leads, ``growth`` is that of the entries into each stage between the newest two whole periods,
    ``cohorts`` those created in each period, ``cuts`` those of each level by column. ``notes`` say
    what is not there, and why.
    """

    as_of: pd.Timestamp
    settings: FunnelSettings
    stages: tuple[Stage, ...]
    unused: tuple[str, ...]
    all: Level
    periods: tuple[Period, ...]
    growth: dict[str, float | None]
    cohorts: tuple[Level, ...]
    cuts: dict[str, tuple[Level, ...]]
    qualified: QualifiedVolumes | None
    costs: tuple[Costs, ...]
    assets: tuple[AssetConversion, ...]
    touched: tuple[Touched, ...]
    accounts: tuple[Account, ...]
    follow_up: dict[str, tuple[FollowUp, ...]]
    use: Use | None
    findings: tuple[StepComparison, ...]
    oddities: tuple[Oddity, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        settings = self.settings.model_dump(mode="json")
        return {name: settings if name == "settings" else _plain(value) for name, value in self.__dict__.items()}


def _plain(value: Any) -> Any:
    """Return plain types; a dataclass with what it works out from its fields, too."""
    if is_dataclass(value) and not isinstance(value, type):
        worked_out = [name for name, part in vars(type(value)).items() if isinstance(part, property)]
        return {name: _plain(getattr(value, name)) for name in (*value.__dict__, *worked_out)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return f"{value.isoformat()}Z" if isinstance(value, pd.Timestamp) else value
