"""The kinds of sources that features come from, and what models, explanations and monitors may ask of each.

A new kind is one class here and one function in `features.build`; nobody else asks which kind a source is. The names of
the classes and of their fields are part of `features.catalogue.fingerprint`: a model refuses features whose are others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Traits:
    """What others ask of the source of a feature; the defaults hold for anything that is no event and no plain cell.

    channel            the channel of events that it is about; empty where it is about all events, or about none
    window             the days before ``as_of`` from which it takes events; None where it takes them all
    counts_events      whether it is the number of events of its channel within its window
    counts_occasions   whether more of it means that a lead did more: numbers of events, or of days with any
    counts_activity    whether a value above zero means that a lead did something at all
    days_since         whether it is the days since something happened; missing then means never
    is_stage           whether it is about the entry into a stage
    grows_with_record  whether it reaches back over the whole record of events, so that it grows as the record does
    attribute          the attribute of the lead that it passes on as it is; empty where it passes none on
    column             the one column of the leads that it is read from; empty where it is read from none or several
    counts_fields      whether it counts how much of the lead is filled in
    from_rules         whether it is points of the rules
    """

    channel: str = ""
    window: int | None = None
    counts_events: bool = False
    counts_occasions: bool = False
    counts_activity: bool = False
    days_since: bool = False
    is_stage: bool = False
    grows_with_record: bool = False
    attribute: str = ""
    column: str = ""
    counts_fields: bool = False
    from_rules: bool = False


class FeatureSource:
    """How a feature is computed, as data: subclasses are frozen dataclasses that hold what the computation needs."""

    @property
    def traits(self) -> Traits:
        """Return what others need to know of this source; a kind of which nothing is to be known says nothing."""
        return Traits()


def channel_of(event_type: str, asset: str) -> str:
    """Name the channel of one asset of a type of event; a type's own channel is called like the type."""
    return f"{event_type}: {asset}"


def is_of_asset(channel: str) -> bool:
    """Return whether a channel is one asset's, whose events are those of its type too.

    >>> is_of_asset(channel_of("download", "price_list")), is_of_asset("download")
    (True, False)
    """
    return channel_of("", "") in channel


def stage_channel(stage: str) -> str:
    """Name the channel that holds the entries into a stage."""
    return f"stage: {stage}"


# Events


@dataclass(frozen=True)
class EventCount(FeatureSource):
    """Number of events of a channel within so many days before ``as_of``; None means ever."""

    channel: str
    days: int | None

    @property
    def traits(self) -> Traits:
        return Traits(
            channel=self.channel,
            window=self.days,
            counts_events=True,
            counts_occasions=True,
            counts_activity=True,
            grows_with_record=self.days is None,
        )


@dataclass(frozen=True)
class EventSum(FeatureSource):
    """Sum of the values of a channel's events within so many days before ``as_of``."""

    channel: str
    days: int | None

    @property
    def traits(self) -> Traits:
        return Traits(channel=self.channel, window=self.days, counts_activity=True, grows_with_record=self.days is None)


@dataclass(frozen=True)
class Recency(FeatureSource):
    """Days since the newest event of a channel, as the ageing edge that was passed last; None means any event."""

    channel: str | None

    @property
    def traits(self) -> Traits:
        channel = self.channel or ""
        is_stage = channel.startswith(stage_channel(""))
        # An account's events may be older than a lead of it, its stages never are.
        return Traits(channel=channel, days_since=True, is_stage=is_stage, grows_with_record=not is_stage)


@dataclass(frozen=True)
class ActiveDays(FeatureSource):
    """Distinct days with an event within so many days before ``as_of``."""

    days: int | None

    @property
    def traits(self) -> Traits:
        return Traits(
            window=self.days, counts_occasions=True, counts_activity=True, grows_with_record=self.days is None
        )


@dataclass(frozen=True)
class Trend(FeatureSource):
    """Events of the last 30 days less those of the 30 days before."""

    @property
    def traits(self) -> Traits:
        return Traits(window=60, counts_activity=True)


# The lead itself


@dataclass(frozen=True)
class Age(FeatureSource):
    """Days since the lead was created, as the ageing edge that was passed last."""


@dataclass(frozen=True)
class Given(FeatureSource):
    """An attribute of the lead as it stands."""

    attribute: str

    @property
    def traits(self) -> Traits:
        return Traits(attribute=self.attribute, column=self.attribute)


@dataclass(frozen=True)
class HasToken(FeatureSource):
    """Whether an attribute with several members, such as technologies, has this one."""

    attribute: str
    token: str

    @property
    def traits(self) -> Traits:
        return Traits(column=self.attribute)


@dataclass(frozen=True)
class HasWord(HasToken):
    """Whether an attribute with several members has one that the rules name, however it is spelt."""


@dataclass(frozen=True)
class Derived(FeatureSource):
    """What a personal column says once it is read: never the cell itself."""

    column: str
    reading: Literal["rank", "department", "mail", "present", "made up"]

    @property
    def traits(self) -> Traits:
        return Traits(column=self.column)


@dataclass(frozen=True)
class FromFirm(FeatureSource):
    """Whether the mail domain or the firm of a lead is one of these."""

    firms: tuple[str, ...]


@dataclass(frozen=True)
class FieldsGiven(FeatureSource):
    """Number of the lead's attributes that are filled in."""

    @property
    def traits(self) -> Traits:
        return Traits(counts_fields=True)


@dataclass(frozen=True)
class ImpossibleSize(FeatureSource):
    """Whether a size was given that no firm has; the size itself is missing."""


@dataclass(frozen=True)
class Contradiction(FeatureSource):
    """What in the lead's own cells cannot all be true."""


@dataclass(frozen=True)
class FromRules(FeatureSource):
    """Points that the rules give to the other features; `models.rules` computes them."""

    @property
    def traits(self) -> Traits:
        return Traits(from_rules=True)
