"""What a file of rules may say, and how it is read: an error names the line and the nearest known word.

All scalars are read as text until it is known what they are for: ``no`` is Norway, never false.
`models/default_rules.yaml` is the shipped file and shows the format.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from data.config import UNKNOWN_KEY, CheckedPart, Document, Place, mistake, parse_yaml, validated
from data.errors import nearest
from data.vocabulary import AGE_EDGES
from features import WINDOWS, channel_of

MOST_POINTS = 100
BOUNDS = {"at_least": np.greater_equal, "at_most": np.less_equal, "below": np.less}
ANY_EVENT = "activity"
"""What ``last`` calls events of all types together."""


def _many(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict, BaseModel)) else value


def _are_no_persons(firms: tuple[str, ...]) -> tuple[str, ...]:
    for number, firm in enumerate(firms):
        if "@" in firm:
            remedy = f"write {firm.rpartition('@')[2]}"
            raise mistake("this is no firm", (number,), "the name of a firm, or its mail domain", remedy=remedy)
    return firms


def _as_people_write(value: Any) -> Any:
    """Python would read 5_0 as 50."""
    if isinstance(value, str) and "_" in value:
        raise PydanticCustomError("float_parsing", "no number")
    return value


Number = Annotated[
    float,
    BeforeValidator(_as_people_write),
    PlainSerializer(lambda value: int(value) if value == int(value) else value),  # 10, not 10.0
]
Points = Annotated[Number, Field(ge=-MOST_POINTS, le=MOST_POINTS)]
Share = Annotated[Number, Field(ge=0, le=MOST_POINTS)]
Days = Annotated[Number, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_many),
    PlainSerializer(lambda names: names[0] if len(names) == 1 else list(names)),
]
Firms = Annotated[Names, AfterValidator(_are_no_persons)]
WORDS = {
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "dict_type": "names, each with a number",
    "finite_number": "a number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "less_than_equal": "at most {le:g}",
    "literal_error": "one of {expected}",
    "mapping_type": "names, each with a number",
    "model_type": "something below it: a name, a colon and what it is",
    "string_too_short": "a text",
    "string_type": "a text",
    "too_long": "at most {max_length} of them",
    "too_short": "at least {min_length} of them",
    "tuple_type": "a list",
}
"""What is expected where pydantic finds something else."""
Disposition = Literal["ready", "nurture", "discard"]
Row = tuple[Disposition, Disposition, Disposition, Disposition]


class _Part(CheckedPart):
    """A part of the file; it never changes, and its numbers are finite."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, allow_inf_nan=False)


class Condition(_Part):
    """A question: about an ``attribute`` (any column of the features), the number of an ``event``, or its ``last``.

    ``is`` and, of a column with several words in a cell, ``has`` ask for one of some words, whatever their case.
    ``within`` counts events of so many days, else ever, and at least one unless a bound says otherwise; ``asset``
    counts only those of some assets, together. ``last`` is the days since the newest event, or since any
    (``last: activity``); they pass at the ageing edges, so that its bounds are such.
    """

    attribute: Name | None = None
    is_: Annotated[tuple[str, ...], BeforeValidator(_many)] = Field(default=(), alias="is")
    has: Names = ()
    is_given: bool | None = Field(default=None, alias="given")
    event: Name | None = None
    last: Name | None = None
    asset: Names = ()
    within: Annotated[int, BeforeValidator(_as_people_write)] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _is_one_question(self) -> Self:
        of_attributes = bool(self.is_ or self.has) or self.is_given is not None
        if sum(subject is not None for subject in (self.attribute, self.event, self.last)) != 1:
            raise mistake("a condition is about one thing", expected="one of 'attribute', 'event' and 'last'")
        if of_attributes and not self.attribute:
            raise mistake("'is', 'has' and 'given' go with an attribute", expected=", ".join(BOUNDS))
        if (self.asset and self.attribute) or (self.within is not None and not self.event):
            raise mistake("'asset' goes with 'event' or 'last', and 'within' with 'event'")
        if not (of_attributes or self.bounds):
            raise mistake("a condition says what there must be", expected=f"is, has, given, {', '.join(BOUNDS)}")
        if self.has and (self.is_ or self.is_given is not None or self.bounds):
            raise mistake("'has' stands alone", ("has",), "another condition for what else is asked")
        if self.within is not None and self.within not in WINDOWS:
            days = ", ".join(map(str, WINDOWS))
            raise mistake("events are not counted over so many days", ("within",), f"{days}, or no 'within' for ever")
        return self

    @model_validator(mode="after")
    def _changes_at_the_edges(self) -> Self:
        for name, bound in self.bounds.items() if self.last else ():
            if name == "at_most" or bound not in AGE_EDGES:
                days = ", ".join(map(str, AGE_EDGES))
                raise mistake("the days since an event pass at edges", (name,), f"'at_least' or 'below' one of {days}")
        return self

    @property
    def bounds(self) -> dict[str, float]:
        bounds = {name: getattr(self, name) for name in BOUNDS if getattr(self, name) is not None}
        return bounds or ({"at_least": 1} if self.event else {})

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels of events, as the feature catalogue names them; none for an attribute."""
        name = self.event or self.last
        if name is None:
            return ()
        return tuple(channel_of(name, asset) for asset in self.asset) or (name,)

    @property
    def subject(self) -> str:
        """Return what the condition is about: the attribute, or the (first) channel of events."""
        return self.attribute or self.channels[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the features that the condition is about."""
        if self.attribute:
            return tuple(f"{self.attribute}_{word}" for word in self.has) or (self.attribute,)
        if self.last:
            return self.recencies
        window = f"{self.within}d" if self.within else "ever"
        return tuple(f"{channel}_{window}" for channel in self.channels)

    @property
    def recencies(self) -> tuple[str, ...]:
        """Return the columns with the days since the newest of these events."""
        return ("last_activity",) if self.last == ANY_EVENT else tuple(f"{channel}_last" for channel in self.channels)


When = Annotated[
    tuple[Condition, ...],
    BeforeValidator(_many),
    PlainSerializer(lambda when: when[0] if len(when) == 1 else list(when)),
    Field(min_length=1),
]


class Mark(_Part):
    """Something that is so of a lead, by name: all conditions hold."""

    name: Name
    when: When


class Rule(Mark):
    """Points for a lead of which all conditions hold: ``points`` at once, or ``each`` per event up to ``max``.

    ``half_life`` is in days since the newest event of the rule's condition on an event. ``group`` is one whose good
    points are capped together.
    """

    points: Points | None = None
    each: Points | None = None
    max: Points | None = None
    half_life: Days | None = None
    group: Name | None = None

    @model_validator(mode="after")
    def _gives_points(self) -> Self:
        if (self.points is None) == (self.each is None) or (self.each is None) != (self.max is None):
            raise mistake("a rule says what it gives", expected="either 'points', or 'each' together with 'max'")
        if self.each is not None and self.max is not None and self.each * self.max < 0:
            raise mistake("'each' and 'max' pull in different directions", ("max",), "both positive or both negative")
        events = [condition for condition in self.when if condition.event]
        if (self.each is not None or self.half_life) and len(events) != 1:
            raise mistake("'each' and 'half_life' are about one event", ("when",), "one condition on an event")
        return self

    @property
    def most(self) -> float:
        """Return the most that the rule gives, or takes where it is negative."""
        return self.points if self.points is not None else self.max or 0.0


class Dimension(_Part):
    """Rules whose good points count up to ``cap`` together, and those of each group up to its own cap."""

    cap: Share | None = None
    groups: Mapping[Name, Share] = {}
    rules: tuple[Rule, ...] = ()

    @property
    def limit(self) -> float:
        return np.inf if self.cap is None else self.cap


class Engagement(Dimension):
    """What a lead does; its good points halve with every ``silence_half_life`` days without any activity."""

    silence_half_life: Days | None = None


class Persona(_Part):
    """A kind of buyer: its ideal customer profile (``fit``), and what it does; added to the rules for all.

    Its caps stand in the place of those for all.
    """

    name: Name
    fit: Dimension
    engagement: Dimension = Dimension()

    @model_validator(mode="after")
    def _has_a_profile(self) -> Self:
        if not any(rule.most > 0 for rule in self.fit.rules):
            raise mistake("a persona is known by its profile", ("fit",), "a rule of fit that gives points")
        return self


class Thresholds(_Part):
    """Points from which a lead is an MQL (warm) and an SQL (hot)."""

    mql: Share
    sql: Share

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if self.sql < self.mql:
            raise mistake("the bands overlap", ("sql",), f"at least mql, which is {self.mql:g}", got=f"{self.sql:g}")
        return self


class _GradeThresholds(_Part):
    """Points of a dimension from which its three better grades begin."""

    @model_validator(mode="after")
    def _fall(self) -> Self:
        for (_, better), (grade, worse) in pairwise(self.by_grade.items()):
            if worse >= better:
                raise mistake("the grades overlap", (grade,), f"below {better:g}", got=f"{worse:g}")
        return self

    @property
    def by_grade(self) -> dict[str, float]:
        """Return the thresholds by grade, the best first."""
        return {field.alias or name: getattr(self, name) for name, field in type(self).model_fields.items()}

    @property
    def rising(self) -> tuple[float, ...]:
        """Return the thresholds, rising: the best grade begins at the last one."""
        return tuple(reversed(self.by_grade.values()))


class FitGrades(_GradeThresholds):
    """Points of fit from which A, B and C begin; D is below."""

    A: Number
    B: Number
    C: Number


class EngagementGrades(_GradeThresholds):
    """Points of engagement from which 1, 2 and 3 begin; 4 is below."""

    one: Number = Field(alias="1")
    two: Number = Field(alias="2")
    three: Number = Field(alias="3")


class Grades(_Part):
    """Where the grades begin; where they are not, see `models.rules.grade_thresholds`."""

    fit: FitGrades | None = None
    engagement: EngagementGrades | None = None


class Grid(_Part):
    """What becomes of a lead by its grades: a row for each fit, in it the dispositions for engagement 1 to 4."""

    A: Row
    B: Row
    C: Row
    D: Row


class Rules(_Part):
    """A team's rules: two dimensions of points above a constant ``start``, and what was agreed to follow from them.

    ``dispositions`` is the grade grid; without one a hot lead that fits is ready, and a cold one that does not is let
    go. A ``trigger`` makes a lead that fits ready, a ``disqualifier`` lets it go, whatever its points. ``qso`` are the
    conditions by which a lead is a qualified sales opportunity. ``competitors`` are firms, named or by their mail
    domain: the attribute ``competitor`` is 1 for their leads.
    """

    thresholds: Thresholds
    start: Share = 0
    fit: Dimension = Dimension()
    engagement: Engagement = Engagement()
    personas: tuple[Persona, ...] = ()
    competitors: Firms = ()
    grades: Grades = Grades()
    dispositions: Grid | None = None
    triggers: tuple[Mark, ...] = ()
    disqualifiers: tuple[Mark, ...] = ()
    qso: Annotated[tuple[Condition, ...], BeforeValidator(_many)] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        personas = [(("personas", number), persona) for number, persona in enumerate(self.personas)]
        for what, parts in (("rules", self.with_places()), ("personas", personas), ("marks", self.marks())):
            seen: set[str] = set()
            for place, one in parts:
                if one.name in seen:
                    raise mistake(f"two {what} have one name", (*place, "name"), got=one.name, remedy="rename one")
                seen.add(one.name)
        return self

    @model_validator(mode="after")
    def _groups_have_a_cap(self) -> Self:
        for place, dimension in self.dimensions():
            groups = {**getattr(self, str(place[-1])).groups, **dimension.groups}
            for number, rule in enumerate(dimension.rules):
                if rule.group and rule.group not in groups:
                    remedy = nearest(rule.group, groups) or f"write groups: {{{rule.group}: 20}} beside cap"
                    known = ", ".join(groups) or "a group with a cap"
                    where = (*place, "rules", number, "group")
                    raise mistake(f"unknown group '{rule.group}'", where, known, remedy=remedy)
        return self

    def dimensions(self) -> Iterator[tuple[Place, Dimension]]:
        """Walk over all dimensions, those for all leads first, each with its place in the file."""
        yield from ((("fit",), self.fit), (("engagement",), self.engagement))
        for number, persona in enumerate(self.personas):
            yield ("personas", number, "fit"), persona.fit
            yield ("personas", number, "engagement"), persona.engagement

    def with_places(self) -> Iterator[tuple[Place, Rule]]:
        """Walk over all rules, each with its place in the file."""
        for place, dimension in self.dimensions():
            yield from (((*place, "rules", number), rule) for number, rule in enumerate(dimension.rules))

    def marks(self) -> Iterator[tuple[Place, Mark]]:
        """Walk over triggers and disqualifiers, each with its place in the file."""
        for name in ("triggers", "disqualifiers"):
            yield from (((name, number), mark) for number, mark in enumerate(getattr(self, name)))

    def conditions(self) -> Iterator[tuple[Place, Condition]]:
        """Walk over all conditions, each with its place in the file."""
        for place, mark in (*self.with_places(), *self.marks()):
            yield from (((*place, "when", number), condition) for number, condition in enumerate(mark.when))
        yield from ((("qso", number), condition) for number, condition in enumerate(self.qso))

    def to_yaml(self) -> str:
        """Write the rules as `from_yaml` reads them."""
        content = self.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)

    @classmethod
    def from_yaml(cls, text: str, where: str = "rules") -> Rules:
        """Read rules; ``where`` names the file in messages. Anything wrong is an InputError with the line.

        >>> Rules.from_yaml("thresholds:\\n  mql: 50\\n  sq: 70", where="rules.yaml")
        Traceback (most recent call last):
        data.errors.InputError: unknown key 'sq'
          expected: mql, sql
          where:    rules.yaml, line 3
          remedy:   did you mean 'sql'?
        """
        return rules_of(parse_yaml(text, Path(where)))


def rules_of(document: Document) -> Rules:
    """Return the rules that a file holds. Raises InputError with the line of what is wrong."""
    return validated(document, Rules, _in_our_words)


def _in_our_words(error: ErrorDetails, place: Place) -> dict[str, str]:
    """Return what is wrong with a part of the file, what is expected there, and what is."""
    limits = error.get("ctx", {})
    if error["type"] == UNKNOWN_KEY:
        return {"what": error["msg"], "expected": limits["expected"], "remedy": limits["remedy"]}
    *above, last = error["loc"]
    name = next((part for part in (last, *reversed(above)) if isinstance(part, str)), "")
    entry = f", entry {last + 1}," if isinstance(last, int) else ""
    if error["type"] == "missing":
        return {"what": f"'{name}'{entry} is wrong: it is missing"}
    expected = WORDS.get(error["type"], "something else").format(**limits)
    got = "nothing" if error["input"] in (None, "", {}, []) else reprlib.repr(error["input"])
    near = nearest(str(error["input"]), str(limits.get("expected", "")).split("'")[1::2])
    return {"what": f"'{name}'{entry} is wrong", "expected": expected, "got": got, "remedy": near}
