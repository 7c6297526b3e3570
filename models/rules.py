"""The rules baseline: points for what a lead is and does, in a file that a team can read and agree on.

A rule gives points where all its conditions hold. It belongs to one of two dimensions: **fit** (who the lead is) or
**engagement** (what it does). The good points of a dimension are capped, its bad points always count, and the total is
clipped to 0–100. Points of events cool with a half-life, and so at the declared ageing edges only.
`default_rules.yaml` is the shipped file and shows the format. Rules are evaluated on the frame that `features.build`
returns, column by column; names of columns may differ from it in case, spaces, hyphens and underscores.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from data.errors import InputError, nearest
from data.schema import Schema
from data.vocabulary import EVENT_TYPES, LEADS
from features.catalogue import DERIVED, WINDOWS, catalogue
from features.events import channel_of

DEFAULT_RULES = Path(__file__).with_name("default_rules.yaml")
MOST_POINTS = 100
SUBJECTS_TO_SPEAK = 3
"""Attributes and events that rules must find in a data set before they say enough of its leads."""
BOUNDS = {"at_least": np.greater_equal, "at_most": np.less_equal, "below": np.less}
YES_NO = {"yes": "1", "true": "1", "no": "0", "false": "0"}

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Place = tuple[str | int, ...]


def _wrong(what: str, place: Place = (), expected: str = "", **more: str) -> PydanticCustomError:
    """Say what is wrong with a part of the file, at a place below that part."""
    return PydanticCustomError("rules", "{what}", {"what": what, "place": place, "expected": expected, **more})


def _many(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict, BaseModel)) else value


Number = Annotated[float, PlainSerializer(lambda value: int(value) if value == int(value) else value)]  # 10, not 10.0
Points = Annotated[Number, Field(ge=-MOST_POINTS, le=MOST_POINTS)]
Share = Annotated[Number, Field(ge=0, le=MOST_POINTS)]
Days = Annotated[Number, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    """A part of the file: an unknown key is refused, and the nearest known one is named."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, content: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in content if isinstance(content, dict) else ():
            if key not in known and key not in cls.model_fields:
                raise _wrong(f"unknown key '{key}'", (key,), ", ".join(known), remedy=nearest(key, known))
        return content


class Condition(_Strict):
    """A condition on an attribute (any column of the frame), or on the number of events: at least one, unless it says.

    ``within`` counts events of so many days, else ever; ``asset`` only those of one asset. ``is`` ignores case.
    """

    attribute: Name | None = None
    is_: Annotated[tuple[str, ...], BeforeValidator(_many)] = Field(default=(), alias="is")
    given: bool | None = None
    event: Name | None = None
    asset: Name | None = None
    within: int | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _is_one_question(self) -> Self:
        of_attributes, of_events = self.is_ or self.given is not None, self.asset or self.within is not None
        if (self.attribute is None) == (self.event is None):
            raise _wrong("a condition is about one thing", expected="either 'attribute' or 'event'")
        if (of_attributes and self.event) or (of_events and self.attribute):
            raise _wrong("'is' and 'given' go with an attribute, 'asset' and 'within' with an event")
        if not (of_attributes or self.bounds):
            raise _wrong("a condition on an attribute says what it must be", expected=f"is, given, {', '.join(BOUNDS)}")
        if self.within is not None and self.within not in WINDOWS:
            days = ", ".join(map(str, WINDOWS))
            raise _wrong("events are not counted over so many days", ("within",), f"{days}, or no 'within' for ever")
        return self

    @property
    def bounds(self) -> dict[str, float]:
        bounds = {name: getattr(self, name) for name in BOUNDS if getattr(self, name) is not None}
        return bounds or ({"at_least": 1} if self.event else {})

    @property
    def subject(self) -> str:
        """The attribute, or the channel of events as the feature catalogue names it."""
        return self.attribute or (channel_of(self.event or "", self.asset) if self.asset else self.event or "")

    @property
    def column(self) -> str:
        """The column of the feature frame that the condition looks at."""
        window = f"{self.within}d" if self.within else "ever"
        return f"{self.subject}_{window}" if self.event else self.subject


class Rule(_Strict):
    """Points for a lead of which all conditions hold: ``points`` at once, or ``each`` per event up to ``max``.

    ``half_life`` is in days since the newest event of the rule's condition on an event.
    """

    name: Name
    when: Annotated[
        tuple[Condition, ...],
        BeforeValidator(_many),
        PlainSerializer(lambda when: when[0] if len(when) == 1 else list(when)),
        Field(min_length=1),
    ]
    points: Points | None = None
    each: Points | None = None
    max: Points | None = None
    half_life: Days | None = None

    @model_validator(mode="after")
    def _gives_points(self) -> Self:
        if (self.points is None) == (self.each is None) or (self.each is None) != (self.max is None):
            raise _wrong("a rule says what it gives", expected="either 'points', or 'each' together with 'max'")
        if self.each is not None and self.max is not None and self.each * self.max < 0:
            raise _wrong("'each' and 'max' pull in different directions", ("max",), "both positive or both negative")
        events = [condition for condition in self.when if condition.event]
        if (self.each is not None or self.half_life) and len(events) != 1:
            raise _wrong("'each' and 'half_life' are about one event", ("when",), "one condition on an event")
        return self


class Dimension(_Strict):
    """Rules whose good points count up to ``cap`` together; without a cap, without limit."""

    cap: Share | None = None
    rules: tuple[Rule, ...] = ()


class Engagement(Dimension):
    """What a lead does; its good points halve with every ``silence_half_life`` days without any activity."""

    silence_half_life: Days | None = None


class Thresholds(_Strict):
    """Points from which a lead is an MQL (warm) and an SQL (hot)."""

    mql: Share
    sql: Share

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if self.sql < self.mql:
            raise _wrong("the bands overlap", ("sql",), f"at least mql, which is {self.mql:g}", got=f"{self.sql:g}")
        return self


class Rules(_Strict):
    """A team's rules: two dimensions of points above a constant ``start``, and the thresholds that it agreed on."""

    thresholds: Thresholds
    start: Number = 0
    fit: Dimension = Dimension()
    engagement: Engagement = Engagement()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        seen: set[str] = set()
        for place, rule in self.with_places():
            if rule.name in seen:
                raise _wrong("two rules have one name", (*place, "name"), got=rule.name, remedy="rename one of them")
            seen.add(rule.name)
        return self

    def with_places(self) -> Iterator[tuple[Place, Rule]]:
        """Walk over all rules, each with its place in the file."""
        for name, dimension in (("fit", self.fit), ("engagement", self.engagement)):
            yield from (((name, "rules", number), rule) for number, rule in enumerate(dimension.rules))

    def to_yaml(self) -> str:
        """Write the rules as `from_yaml` reads them."""
        content = self.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)

    @classmethod
    def from_yaml(cls, text: str, where: str = "rules") -> Rules:
        """Read rules; ``where`` names the file in messages. Anything wrong is an InputError with the line.

        >>> Rules.from_yaml("thresholds: {mql: 50, sql: 70}\\nfits: {}", where="rules.yaml")
        Traceback (most recent call last):
        data.errors.InputError: unknown key 'fits'
          expected: thresholds, start, fit, engagement
          where:    rules.yaml, line 2
          remedy:   did you mean 'fit'?
        """
        return _read(text, where)[0]


def load_rules(path: Path | None = None, *, schema: Schema | None = None) -> Rules:
    """Read a file of rules, or the shipped ones.

    With the schema of the data, a name in the file that neither the vocabulary nor the data has is an InputError.
    """
    source = path or DEFAULT_RULES
    try:
        rules, tree = _read(source.read_text(encoding="utf-8-sig"), str(source))
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError("the rules cannot be read", got=str(problem), where=str(source)) from None
    if path and schema:
        _refuse_unknown_names(rules, schema, tree, str(source))
    return rules


def evaluate(rules: Rules, frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``points`` (0–100) of each row of a feature frame, and what ``fit`` and ``engagement`` add to them.

    A rule whose column the frame does not have is idle. A dimension may be negative: bad points always count.

    >>> frame = pd.DataFrame({"job_rank": ["C-level", "Student"], "demo_request_ever": [1.0, 1.0]})
    >>> evaluate(load_rules(), frame).to_numpy().tolist()
    [[52.0, 12.0, 40.0], [10.0, -30.0, 40.0]]
    """
    fit, engagement = _capped(rules.fit, frame), _capped(rules.engagement, frame)
    points = np.clip(rules.start + fit + engagement, 0, MOST_POINTS)
    return pd.DataFrame({"points": points, "fit": fit, "engagement": engagement}, index=frame.index)


def fired(rules: Rules, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the points that each rule gives, cooled but before any cap: one column per rule, called by its name."""
    points = dict((*_points_by_rule(rules.fit, frame), *_points_by_rule(rules.engagement, frame)))
    return pd.DataFrame(points, index=frame.index, dtype=np.float64)


def bands(rules: Rules, points: pd.Series) -> pd.Series:
    """Return the band of each lead: hot from the SQL threshold on, warm from the MQL threshold on, else cold.

    >>> bands(load_rules(), pd.Series([80.0, 60.0, 10.0])).tolist()
    ['hot', 'warm', 'cold']
    """
    hot, warm = points >= rules.thresholds.sql, points >= rules.thresholds.mql
    return pd.Series(np.select([hot, warm], ["hot", "warm"], "cold"), index=points.index, dtype="str")


def known_to(rules: Rules, schema: Schema) -> list[str]:
    """Return the names of the rules that can fire on data of this schema; the others are idle on it."""
    return [rule.name for rule in _known(rules, schema)]


def speaks_of(rules: Rules, schema: Schema) -> bool:
    """Tell whether the rules find enough in such data to be its baseline: three attributes or events."""
    subjects = {condition.subject for rule in _known(rules, schema) for condition in rule.when}
    return len(subjects) >= SUBJECTS_TO_SPEAK


def _known(rules: Rules, schema: Schema) -> list[Rule]:
    is_text = {_plain(feature.name): feature.categorical for feature in catalogue(schema)}

    def can_hold(condition: Condition) -> bool:
        column = _plain(condition.column)
        return column in is_text and not (condition.bounds and is_text[column])

    return [rule for _, rule in rules.with_places() if all(map(can_hold, rule.when))]


def _refuse_unknown_names(rules: Rules, schema: Schema, tree: yaml.Node, where: str) -> None:
    attributes = [name for name, column in LEADS.items() if column.family]
    known = {
        "attribute": [*attributes, *(feature.name for feature in (*DERIVED, *catalogue(schema)))],
        "event": [*EVENT_TYPES, *(kind.name for kind in schema.event_types)],
    }
    for place, rule in rules.with_places():
        for number, condition in enumerate(rule.when):
            key, name = ("event", condition.event) if condition.event else ("attribute", condition.attribute or "")
            if _plain(name) not in map(_plain, known[key]):
                raise InputError(
                    f"unknown {key} '{name}'",
                    expected=", ".join(dict.fromkeys(known[key])),
                    where=f"{where}, line {_line(tree, (*place, 'when', number, key))}",
                    remedy=nearest(name, known[key]),
                )


@lru_cache(maxsize=10_000)  # one lead alone must not wait for the spelling of a thousand columns
def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def _find(frame: pd.DataFrame, name: str) -> pd.Series | None:
    """Return the column of this name, or of the same name written differently."""
    if name in frame:
        return frame[name]
    same = (column for column in frame.columns if _plain(column) == _plain(name))
    return next((frame[column] for column in same), None)


def _points_by_rule(dimension: Dimension, frame: pd.DataFrame) -> Iterator[tuple[str, Floats]]:
    """Silence takes from the good points only: it never forgives a bad one."""
    silence = dimension.silence_half_life if isinstance(dimension, Engagement) else None
    left = _cooling(frame, "last_activity", silence)
    for rule in dimension.rules:
        points = _points(rule, frame)
        yield rule.name, np.where(points > 0, points * left, points)


def _capped(dimension: Dimension, frame: pd.DataFrame) -> Floats:
    good, bad = np.zeros(len(frame)), np.zeros(len(frame))
    for _, points in _points_by_rule(dimension, frame):
        good += np.maximum(points, 0)
        bad += np.minimum(points, 0)
    return np.minimum(good, np.inf if dimension.cap is None else dimension.cap) + bad


def _points(rule: Rule, frame: pd.DataFrame) -> Floats:
    """Return what a rule gives to each row, cooled by the age of its newest event."""
    holds, points, cooling = np.ones(len(frame), dtype=np.bool_), rule.points or 0.0, 1.0
    for condition in rule.when:
        holds &= holds_on(condition, frame)
        cells = _find(frame, condition.column) if condition.event else None
        if cells is not None:
            cooling = _cooling(frame, f"{condition.subject}_last", rule.half_life)
            if rule.each and rule.max:
                worth = abs(rule.each) * _counts(cells).clip(max=abs(rule.max / rule.each) + 1)
                points = np.sign(rule.each) * np.minimum(worth, abs(rule.max))
    return np.where(holds, points * cooling, 0.0)


def holds_on(condition: Condition, frame: pd.DataFrame) -> Mask:
    """Tell on which rows of a feature frame a condition holds; on none where the frame does not have its column."""
    cells = _find(frame, condition.column)
    if cells is None:
        return np.zeros(len(frame), dtype=np.bool_)
    numbers = _counts(cells) if condition.event else _numbers(cells) if condition.bounds else np.empty(0)
    masks = [BOUNDS[name](numbers, bound) for name, bound in condition.bounds.items()]
    if condition.is_:
        masks.append(_is_one_of(cells, condition.is_))
    if condition.given is not None:
        masks.append(cells.notna().to_numpy() == condition.given)
    return np.logical_and.reduce(masks)


def _numbers(cells: pd.Series) -> Floats:
    return pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _counts(cells: pd.Series) -> Floats:
    """Return numbers of events; none where nothing is on record."""
    return np.nan_to_num(_numbers(cells), posinf=np.inf).clip(min=0)


def _is_one_of(cells: pd.Series, wanted: tuple[str, ...]) -> Mask:
    """Tell which cells are among the wanted texts; each distinct cell is compared once, yes and no are 1 and 0."""
    texts = {text.strip().casefold() for text in wanted}
    if pd.api.types.is_numeric_dtype(cells):
        return np.isin(_numbers(cells), _numbers(pd.Series([YES_NO.get(text, text) for text in texts])))
    codes, levels = pd.factorize(cells)
    matches = np.array([*(str(level).strip().casefold() in texts for level in levels), False])
    return matches[codes]  # a missing cell has the code -1, which is the last


def _cooling(frame: pd.DataFrame, recency: str, half_life: float | None) -> Floats | float:
    """Return the share of points that is left so many days after an event; all of it where the days are unknown."""
    days = _find(frame, recency) if half_life else None
    return 1.0 if days is None or half_life is None else 0.5 ** (_counts(days) / half_life)


def _read(text: str, where: str) -> tuple[Rules, yaml.Node]:
    """Read rules and the tree that they came from. All scalars are read as text: ``no`` is Norway, never false."""
    try:
        tree, content = yaml.compose(text, Loader=yaml.BaseLoader), yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as problem:
        raise InputError("this file is not YAML", got=str(problem), where=where) from None
    if tree is None or not isinstance(content, dict):
        raise InputError("rules must be a mapping", expected="thresholds: …", got=reprlib.repr(content), where=where)
    try:
        return Rules.model_validate(content), tree
    except ValidationError as problem:
        raise _input_error(problem, tree, where) from None


def _input_error(problem: ValidationError, tree: yaml.Node, where: str) -> InputError:
    first = problem.errors()[0]
    told = dict(first.get("ctx", {})) if first["type"] == "rules" else {"got": reprlib.repr(first["input"])}
    place = (*first["loc"], *told.pop("place", ()))
    what = told.pop("what", "") or f"'{place[-1]}' is wrong: {first['msg'].lower()}"
    return InputError(what, where=f"{where}, line {_line(tree, place)}", **told)


def _line(tree: yaml.Node, place: Place) -> int:
    """Return the line of a place, as deep as the file goes: a list of one need not be a list in the file."""
    line, node = tree.start_mark.line, tree
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = ((key, value) for key, value in node.value if key.value == part)
            key, node = next(pairs, (node, node))
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
    return line + 1
