"""The feature catalogue: one declaration per feature, and everything else about features is derived from it.

Column order, the model's signature, the table in the README, the sentences that sales read and the fingerprint in
MLflow all come from here. A declaration says as data (`FeatureSource`) how a feature is computed, never in own code.
To add a feature, add a declaration.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from data.parsing import SIZE_BOUNDS, can_contradict, labels_of_bands
from data.schema import Attribute, EventType, Schema
from data.vocabulary import NUMERIC, Family, Kind
from features.sources import (
    ActiveDays,
    Age,
    Contradiction,
    Derived,
    EventCount,
    EventSum,
    FeatureSource,
    FieldsGiven,
    FromFirm,
    FromRules,
    Given,
    HasToken,
    HasWord,
    ImpossibleSize,
    Recency,
    Traits,
    Trend,
    channel_of,
    stage_channel,
)

WINDOWS = (7, 30, 90)
"""Days over which events are counted; beside them the whole time until ``as_of``."""


@dataclass(frozen=True)
class Feature:
    """One feature, with the sentences that sales read.

    ``sentence`` holds ``{value}``; ``one`` and ``zero`` say it for the values 1 and 0 where that reads better, and
    ``absent`` says what a missing value means. ``concept`` joins the features that mean one thing. The unit ``age``
    is the ageing edge, in days, that was passed last. ``direction`` is +1 where more of it may only raise a score, and
    -1 where it may only lower it: trees keep to it. ``labels`` are values with how they are
    written, ``currency`` is that of amounts, and ``who`` names the leads that have a ``{value}``: no part of what a
    feature is, so not of the fingerprint either.
    """

    name: str
    concept: str
    family: Family
    source: FeatureSource
    sentence: str
    absent: str
    one: str = ""
    zero: str = ""
    unit: str = ""
    categorical: bool = False
    direction: Literal[-1, 0, 1] = 0
    labels: tuple[tuple[float, str], ...] = field(default=(), repr=False)
    currency: str = field(default="", repr=False)
    who: str = field(default="", repr=False)

    @property
    def traits(self) -> Traits:
        """Return what the source says of itself: what others ask, whatever kind it is."""
        return self.source.traits


EVENT_NOUNS = {
    "email_open": ("opened e-mail", "opened e-mails"),
    "email_click": ("click in an e-mail", "clicks in e-mails"),
    "subscription": ("newsletter subscription", "newsletter subscriptions"),
    "site_visit": ("website visit", "website visits"),
    "blog_visit": ("blog visit", "blog visits"),
    "pricing_visit": ("pricing page visit", "pricing page visits"),
    "careers_visit": ("careers page visit", "careers page visits"),
    "download": ("download", "downloads"),
    "webinar": ("webinar attended", "webinars attended"),
    "trial": ("trial started", "trials started"),
    "demo_request": ("demo request", "demo requests"),
    "quote_request": ("quote request", "quote requests"),
}
"""Type of event → the noun that people read, for one and for several."""
DIRECTIONS: dict[str, Literal[-1, 0, 1]] = {
    **dict.fromkeys(("pricing_visit", "trial", "demo_request", "quote_request"), 1),
    "careers_visit": -1,
}
"""Types of event of which more is never a worse sign, and never a better one."""

WHO = {
    "industry": "{value} companies",
    "country": "Leads from {value}",
    "region": "Leads from {value}",
    "city": "Leads from {value}",
}
"""Attribute → the leads that have a value of it, as sales speaks of them."""

DERIVED = (
    Feature(
        "job_rank", "seniority", Family.DEMOGRAPHIC, Derived("job_title", "rank"),
        "Seniority: {value}", "Job title not given, or made up", categorical=True,
    ),
    Feature(
        "job_department", "department", Family.DEMOGRAPHIC, Derived("job_title", "department"),
        "Department: {value}", "Job title not given, or made up", categorical=True,
    ),
    Feature(
        "mail_kind", "kind of e-mail address", Family.QUALITY, Derived("email", "mail"),
        "E-mail address: {value}", "E-mail address not given", categorical=True,
    ),
    Feature(
        "company_given", "company named", Family.QUALITY, Derived("company", "present"),
        "Company name given", "Company name not given, or made up", zero="Company name not given, or made up",
    ),
    Feature(
        "company_made_up", "made-up names", Family.QUALITY, Derived("company", "made up"),
        "Company name looks made up", "Company name not given, or made up", zero="Company name looks real",
    ),
    Feature(
        "job_title_made_up", "made-up names", Family.QUALITY, Derived("job_title", "made up"),
        "Job title looks made up", "Job title not given, or made up", zero="Job title looks real",
    ),
)  # fmt: skip
"""Features read from personal columns, where the data has them."""
OF_FIRMS = frozenset(("email", "company"))
COMPETITOR = Feature(
    "competitor", "competitors", Family.FIRMOGRAPHIC, FromFirm(()),
    "Works for a competitor", "Neither company nor e-mail address given", zero="Works for no competitor",
)  # fmt: skip
"""Read from the personal columns `OF_FIRMS` where the rules name competitors."""

ACTIVITY = (
    *(
        Feature(
            f"active_days_{days}d", "activity", Family.BEHAVIOURAL, ActiveDays(days),
            f"Active on {{value}} days in the last {days} days", f"No activity in the last {days} days",
            one=f"Active on one day in the last {days} days", zero=f"No activity in the last {days} days", unit="days",
        )
        for days in WINDOWS
    ),
    Feature(
        "last_activity", "activity", Family.BEHAVIOURAL, Recency(None),
        "Last activity {value} ago", "No activity on record", unit="age",
    ),
    Feature(
        "activity_trend", "activity", Family.BEHAVIOURAL, Trend(),
        "Activity of the last 30 days against the 30 before: {value}", "No activity on record",
        zero="Activity of the last 30 days as in the 30 before", unit="change",
    ),
)  # fmt: skip
ACTIVE_EVER = Feature(
    "active_days", "activity", Family.BEHAVIOURAL, ActiveDays(None),
    "Active on {value} days", "No activity on record",
    one="Active on one day", zero="No activity on record", unit="days",
)  # fmt: skip
LEAD_AGE = Feature(
    "lead_age", "age of the lead", Family.TIMING, Age(),
    "Became a lead {value} ago", "Date of creation not given", unit="age",
)  # fmt: skip
FIELDS_GIVEN = Feature(
    "fields_given", "completeness", Family.QUALITY, FieldsGiven(),
    "{value} fields filled in", "No field filled in",
    one="One field filled in", zero="No field filled in", unit="fields",
)  # fmt: skip
IMPOSSIBLE_SIZE = Feature(
    "impossible_size", "impossible sizes", Family.QUALITY, ImpossibleSize(),
    "A size was given that cannot be", "No size looked at", zero="No size that cannot be",
)  # fmt: skip
CONTRADICTION = Feature(
    "contradiction", "contradictions", Family.QUALITY, Contradiction(),
    "Contradiction: {value}", "No contradiction found", categorical=True,
)  # fmt: skip
RULE_POINTS = Feature(
    "rule_points", "points of the rules", Family.BEHAVIOURAL, FromRules(),
    "{value} points by the rules", "No points by the rules",
    one="One point by the rules", zero="No points by the rules",
)  # fmt: skip
"""The column beside the features that the rules baseline is read from."""


def catalogue(schema: Schema) -> tuple[Feature, ...]:
    """Return the declarations of all features that a data set of this schema has, in column order."""
    computed = (*_of_the_lead(schema), *_of_events(schema), *_of_stages(schema))
    taken = {feature.name for feature in (*computed, RULE_POINTS)}
    attributes = (feature for attribute in schema.attributes for feature in _of_attribute(attribute))
    return (*(_named_apart(feature, taken) for feature in attributes), *computed)


def named_features(schema: Schema) -> tuple[Feature, ...]:
    """Return the declarations of what only the rules read: nothing is learned from it.

    >>> from data.schema import Mentions
    >>> named_features(Schema(timed=False, named=Mentions(channels=(("quote_request", ""),))))[0].name
    'quote_request_ever'
    """
    named = schema.named
    labels = {attribute.name: attribute for attribute in schema.columns_to_read}
    attributes = (feature for attribute in named.attributes for feature in _of_attribute(attribute))
    words = (_of_word(labels[name], word) for name, word in named.words if name in labels)
    channels = (feature for pair in named.channels for feature in _of_named_channel(*pair, schema.timed))
    return (*attributes, *words, *channels)


def fingerprint(schema: Schema) -> str:
    """Return 16 hexadecimal digits that change whenever a declaration does."""
    declared = repr(catalogue(schema)) + "".join(map(repr, named_features(schema)))
    return hashlib.sha256(declared.encode()).hexdigest()[:16]


def _named_apart(feature: Feature, taken: set[str]) -> Feature:
    """A custom attribute may be called like a computed feature; it gives way."""
    return replace(feature, name=f"{feature.name} (lead)") if feature.name in taken else feature


def _of_the_lead(schema: Schema) -> Iterator[Feature]:
    yield from (feature for feature in DERIVED if feature.traits.column in schema.personal)
    if schema.competitors and OF_FIRMS & {*schema.personal}:
        yield replace(COMPETITOR, source=FromFirm(schema.competitors))
    if len(schema.attributes) > 1:
        yield FIELDS_GIVEN
    numbers = {attribute.name for attribute in schema.attributes if attribute.kind in NUMERIC}
    if numbers & SIZE_BOUNDS.keys():
        yield IMPOSSIBLE_SIZE
    if can_contradict({*schema.personal, *numbers}):
        yield CONTRADICTION
    if schema.timed:
        yield LEAD_AGE


def _of_attribute(attribute: Attribute) -> Iterator[Feature]:
    name, label, family = attribute.name, attribute.label, attribute.family
    if attribute.kind is Kind.SET:
        yield from (
            Feature(
                f"{name}_{token}", f"{label}: {token}", family, HasToken(name, token),
                f"{label}: {token}", f"{label} not given", zero=f"{label}: no {token}",
            )
            for token in attribute.tokens
        )  # fmt: skip
        return
    one, zero = (f"{label}: yes", f"{label}: no") if attribute.kind is Kind.FLAG else ("", "")
    yield Feature(
        name, label, family, Given(name), f"{label}: {{value}}", f"{label} not given",
        one=one, zero=zero, categorical=attribute.kind is Kind.CATEGORY, labels=_labels(attribute),
        currency=attribute.currency, who=WHO.get(name, ""),
    )  # fmt: skip


def _labels(attribute: Attribute) -> tuple[tuple[float, str], ...]:
    """Return how the bands of an attribute are written, by the number from which on each holds."""
    return tuple(labels_of_bands(attribute.tokens).items()) if attribute.kind is Kind.BAND else ()


def _of_word(attribute: Attribute, word: str) -> Feature:
    return Feature(
        f"{attribute.name}_{word}", f"{attribute.label}: {word}", attribute.family, HasWord(attribute.name, word),
        f"{attribute.label}: {word}", f"{attribute.label} not given", zero=f"{attribute.label}: no {word}",
    )  # fmt: skip


def _of_named_channel(event: str, asset: str, timed: bool) -> Iterator[Feature]:
    one, many = EVENT_NOUNS.get(event, (_readable(event), _readable(event)))
    if asset:
        return _of_channel(channel_of(event, asset), many, f"{one} “{asset}”", f"{many} “{asset}”", timed)
    return _of_channel(event, many, one, many, timed)


def _of_events(schema: Schema) -> Iterator[Feature]:
    if not schema.event_types:
        return
    yield from (*ACTIVITY, ACTIVE_EVER) if schema.timed else (ACTIVE_EVER,)
    for kind in schema.event_types:
        one, many = EVENT_NOUNS.get(kind.name, (_readable(kind.name), _readable(kind.name)))
        yield from _of_channel(kind.name, many, one, many, schema.timed)
        yield from _sums(kind, many, schema.timed)
        for asset in kind.assets:
            channel = channel_of(kind.name, asset)
            yield from _of_channel(channel, many, f"{one} “{asset}”", f"{many} “{asset}”", schema.timed)


def _of_channel(channel: str, concept: str, one: str, many: str, timed: bool) -> Iterator[Feature]:
    for days in (*WINDOWS, None) if timed else (None,):
        within = f" in the last {days} days" if days else ""
        yield Feature(
            _windowed(channel, days), concept, Family.BEHAVIOURAL, EventCount(channel, days),
            f"{{value}} {many}{within}", f"No {one}{within}",
            one=f"One {one}{within}", zero=f"No {one}{within}", unit="events", direction=DIRECTIONS.get(channel, 0),
        )  # fmt: skip
    if timed:
        yield Feature(
            f"{channel}_last", concept, Family.BEHAVIOURAL, Recency(channel),
            f"Last {one} {{value}} ago", f"No {one} on record", unit="age",
        )  # fmt: skip


def _sums(kind: EventType, many: str, timed: bool) -> Iterator[Feature]:
    if kind.has_value:
        for days in (*WINDOWS, None) if timed else (None,):
            within = f" in the last {days} days" if days else ""
            yield Feature(
                f"{_windowed(kind.name, days)}_sum", many, Family.BEHAVIOURAL, EventSum(kind.name, days),
                f"Total of {{value}} in {many}{within}", f"No {many}{within}", zero=f"No {many}{within}",
            )  # fmt: skip


def _of_stages(schema: Schema) -> Iterator[Feature]:
    if schema.timed:
        for stage in schema.stages:
            label = stage_name(stage)
            yield Feature(
                f"stage_{stage}", f"stage {label}", Family.TIMING, Recency(stage_channel(stage)),
                f"Became {label} {{value}} ago", f"Not yet {label}", unit="age",
            )  # fmt: skip


def stage_name(stage: str) -> str:
    """Return a stage as people write it.

    >>> stage_name("sql"), stage_name("meeting_held")
    ('SQL', 'meeting held')
    """
    return stage.upper() if len(stage) <= 3 else _readable(stage)


def _windowed(channel: str, days: int | None) -> str:
    return f"{channel}_{days}d" if days else f"{channel}_ever"


def _readable(name: str) -> str:
    """Return a name as words.

    >>> _readable("actions_crm.contacts")
    'actions crm contacts'
    """
    return " ".join(name.replace("_", " ").replace(".", " ").replace("-", " ").split())
