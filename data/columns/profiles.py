"""Profiles of columns: what kind their cells are, and whether they identify, describe or repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.columns.words import begins_with_first_name, has_id_word, is_phone_name, is_time_name
from data.parsing import NO, YES, bounds_of, decide_format, may_be_numbers, read_cells, texts
from data.schema import level_of
from data.vocabulary import NUMERIC, Kind

MOSTLY = 0.95
NEARLY_ALL = 0.99
E_MAIL = r"[^@\s<>]@[^@\s<>]+\.[^@\s<>]{2,}"
"""Found anywhere in a cell: Ann Lee <ann@acme.com>, mailto:ann@acme.com, ann@acme.com or bo@acme.com."""
PHONE = r"^\+?\(?\d[\d\s()/.\-]{6,}\d$"
LINK = r"^(?:https?://|www\.)\S+$"
CODE = r"^0\d"
MOST_NUMBERS, MANY_NUMBERS = 0.8, 20
"""Of a column with so many different numbers, this share makes it one of numbers: what people wrote instead, as
*ask the boss*, is then counted and missing. Codes that are partly numbers have few different ones, or more words."""
MILLISECONDS = r"^(?:1\d{12}|2[01]\d{11})(?:\.0)?$"
"""Since 1970, from 2001 to 2039."""
SECONDS = r"^(?:[89]\d{8}|1\d{9}|2[01]\d{8})(?:\.\d+)?$"
SHEET_DAYS = r"^(?:3[3-9]|4\d|5[0-4])\d{3}(?:[.,]\d+)?$"
"""From 1990 to 2050."""
DIGITS_ALONE = r"^\d+(?:\.0+)?$"
"""As keys are written, also where missing ones made them floating-point numbers: amounts have signs and separators."""
DIGITS_OF_DATE = r"\d\D*\d\D*\d"
"""No date has fewer."""
SET_SEPARATORS = r"(?<!\s)\s*[;|,]\s*"
"""Begins at the first of some blanks alone: else each of very many would be tried."""
CUSTOM_SEPARATORS = r"(?<!\s)\s*[;|]\s*"
CUSTOM_SET = r"\S\s*[;|]\s*\S"
SET_TOKENS, SET_WORDS = 30, 4
"""Members that are features, and words that members have on average at most: sentences are free text."""
LEVELS, MOST_SPELLINGS = 50, 200
RARE = 10
"""Members of sets, types, assets and stages of fewer leads are no features: they teach little and may name a person."""
FEWEST_NAMES = 3
"""So many different names of persons are needed to take a column for one of persons: first names, and full ones as
soon as there are two and nothing else."""


@dataclass(frozen=True)
class Profile:
    """What a sample of a column shows. Shares are of the filled cells; ``length`` and ``words`` are means.

    ``levels`` are the distinct values in lower case where they are few, ``grows_with`` names the order of rows in which
    the numbers only rise or only fall, ``bare`` says that nearly all are written by digits alone, ``one_length`` that
    nearly all cells have as many characters, and ``name_share`` is the share of the distinct values that begin with a
    frequent first name.
    """

    name: str
    kind: Kind
    cells: int
    filled: int
    distinct: int
    levels: frozenset[str] = frozenset()
    whole: bool = False
    bare: bool = False
    grows_with: str = ""
    one_length: bool = False
    length: float = 0.0
    words: float = 0.0
    contact_share: float = 0.0
    name_share: float = 0.0
    link_share: float = 0.0
    tokens: tuple[str, ...] = ()

    @property
    def constant(self) -> bool:
        return self.filled == 0 or (self.distinct == 1 and self.filled == self.cells)

    @property
    def distinct_share(self) -> float:
        return self.distinct / self.filled if self.filled else 0.0


class _Values:
    """The distinct texts of a column and how many cells have each: most columns have few."""

    def __init__(self, cells: pd.Series) -> None:
        counts = texts(cells).value_counts(sort=False)
        self.texts = pd.Series(counts.index, dtype="str")
        self.counts = counts.to_numpy()
        self.filled = int(self.counts.sum())
        self._written: dict[Kind, str | None] = {}

    def mean(self, of_each: pd.Series) -> float:
        """Return the mean over the cells of something known of each distinct text."""
        return float(np.average(of_each.to_numpy(dtype=float), weights=self.counts)) if self.filled else 0.0

    def share(self, pattern: str) -> float:
        return self.mean(self.texts.str.contains(pattern))

    def share_of_names(self) -> float:
        """Return the share of the distinct texts that begin with a frequent first name; 0 where they are hardly any."""
        named = [text for text in self.texts if begins_with_first_name(text)]
        full = sum(len(text.split()) > 1 for text in named)
        enough = len(named) >= FEWEST_NAMES or 1 < full == len(self.texts)
        return len(named) / len(self.texts) if enough else 0.0

    def read_as(self, kind: Kind) -> bool:
        """Return whether so many cells can be read as a kind that the column is of it."""
        if not self._may_be(kind):
            return False
        good = ~read_cells(self.texts, kind, self.written(kind)).bad
        share = self.mean(good)
        return share >= MOSTLY or (kind is Kind.NUMBER and share >= MOST_NUMBERS and good.sum() >= MANY_NUMBERS)

    def _may_be(self, kind: Kind) -> bool:
        """Return whether enough cells look so that it pays to read them as a kind."""
        if kind is Kind.NUMBER:
            return self.mean(may_be_numbers(self.texts)) >= MOST_NUMBERS
        return kind is not Kind.TIME or self.share(DIGITS_OF_DATE) >= MOSTLY

    def written(self, kind: Kind) -> str | None:
        """Return how cells of a kind are written in this column."""
        if kind not in self._written:
            self._written[kind] = decide_format(self.texts, kind)[0]
        return self._written[kind]

    def are_bands(self) -> bool:
        """Return whether nearly all cells are numbers or ranges of them, of few levels that leave no order open."""
        if not 1 < len(self.texts) <= LEVELS:
            return False
        bounds = [bounds_of(text) for text in self.texts]
        ranges = [each for each in bounds if each and each.lower != each.upper]
        filled = self.mean(pd.Series([each is not None for each in bounds]))
        return filled >= MOSTLY and 2 * len(ranges) >= len(self.texts) and _rise(self.texts)


def profile(name: str, cells: pd.Series, orders: Mapping[str, pd.Series], kind: Kind | None = None) -> Profile:
    """Describe a column by a sample of its cells; its kind is taken from them unless it is given.

    ``orders`` are values by which the rows can be put in order, such as the place in the file, with what to call them.
    """
    values = _Values(cells)
    kind = kind or _kind(values, cells.dtype, name)
    numbers = read_cells(cells, kind, values.written(kind)).values if kind in NUMERIC else None
    # Only words can name persons or hold contact data: the members of sets, and nothing of numbers, flags and times.
    worded = values if kind is Kind.CATEGORY else _Values(_members(values)) if kind is Kind.SET else None
    return Profile(
        name=name,
        kind=kind,
        cells=len(cells),
        filled=values.filled,
        distinct=len(values.texts),
        levels=frozenset(values.texts.str.lower()) if len(values.texts) <= LEVELS else frozenset(),
        whole=numbers is not None and bool((numbers.dropna() % 1 == 0).all()),
        bare=numbers is not None and values.share(DIGITS_ALONE) >= NEARLY_ALL,
        grows_with="" if numbers is None else _grows_with(numbers, orders),
        one_length=_have_one_length(values),
        length=values.mean(values.texts.str.len()),
        words=values.mean(values.texts.str.count(r"\s+") + 1),
        contact_share=max(worded.share(E_MAIL), 0.0 if _is_key(name) else worded.share(PHONE)) if worded else 0.0,
        name_share=worded.share_of_names() if worded else 0.0,
        link_share=worded.share(LINK) if worded else 0.0,
        tokens=TOKENS[kind](values) if kind in TOKENS else (),
    )


def _is_key(name: str) -> bool:
    """Return whether a name says that long numbers are keys, and no telephone numbers."""
    return has_id_word(name) and not is_phone_name(name)


def kind_of(cells: pd.Series, name: str = "") -> Kind:
    """Return what the cells of a column are: time, flag, number, set or category.

    Seconds since 1970, and days of a spreadsheet, are times only under a ``name`` that speaks of one.

    >>> kind_of(pd.Series(["1,200", "80", "n/a"])), kind_of(pd.Series(["51-200", "11-50"])), kind_of(pd.Series(["007"]))
    (<Kind.NUMBER: 'number'>, <Kind.BAND: 'band'>, <Kind.CATEGORY: 'category'>)
    """
    return _kind(_Values(cells), cells.dtype, name)


def suits(cells: pd.Series, kind: Kind) -> bool:
    """Return whether most of the filled cells can be read as a kind; a column without content suits any."""
    values = _Values(cells)
    return not values.filled or kind not in (*NUMERIC, Kind.FLAG, Kind.TIME) or values.read_as(kind)


def _kind(values: _Values, dtype: Any, name: str) -> Kind:
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Kind.TIME
    if not values.filled:
        return Kind.CATEGORY
    if values.mean(values.texts.str.lower().isin(YES | NO)) >= NEARLY_ALL:
        return Kind.NUMBER if _is_count(values) else Kind.FLAG
    if values.are_bands():
        return Kind.BAND
    if values.share(r"\d") < MOST_NUMBERS:
        return Kind.SET if _is_set(values) else Kind.CATEGORY
    if _counts_time(values, name):
        return Kind.TIME
    if values.read_as(Kind.NUMBER) and values.share(CODE) <= 1 - NEARLY_ALL:
        return Kind.NUMBER
    if values.share(r"\d") >= MOSTLY and values.read_as(Kind.TIME):
        return Kind.TIME
    return Kind.SET if _is_set(values) else Kind.CATEGORY


def _counts_time(values: _Values, name: str) -> bool:
    """Return whether numbers are moments: milliseconds since 1970; seconds or days only where the name says so."""
    if values.share(MILLISECONDS) >= MOSTLY:
        return True
    return is_time_name(name) and max(values.share(SECONDS), values.share(SHEET_DAYS)) >= MOSTLY


def _rise(cells: pd.Series) -> bool:
    """Return whether each range ends above where it begins: of days and months, or of parts of numbers, many do not."""
    pairs = [(each.lower, each.upper) for each in map(bounds_of, cells) if each and each.lower and each.upper]
    ends = pd.Series([end for pair in pairs for end in pair], dtype="str")
    numbers = read_cells(ends, Kind.BAND, decide_format(ends, Kind.BAND)[0]).values.to_numpy().reshape(-1, 2)
    return bool((numbers[:, 0] <= numbers[:, 1]).all())


def _is_count(values: _Values) -> bool:
    """Return whether numbers that are nearly always 0 or 1 go on: earlier purchases are many now and then."""
    beyond = values.texts.str.fullmatch(r"\d+(?:\.\d+)?") & ~values.texts.str.lower().isin(YES | NO)
    return values.share(r"^\d") >= NEARLY_ALL and int(values.counts[beyond].sum()) >= RARE


def _is_set(values: _Values) -> bool:
    """Several members in one cell, and the members repeat."""
    if values.share(CUSTOM_SET) < 1 - MOSTLY:
        return False
    members = _members(values)
    words = members.drop_duplicates().str.count(r"\s+") + 1
    return members.nunique() <= min(200, len(members) / 5) and float(words.mean()) <= SET_WORDS


def _members(values: _Values) -> pd.Series:
    """Return the members of all cells, one below the other."""
    return values.texts.repeat(values.counts.tolist()).str.split(CUSTOM_SEPARATORS, regex=True).explode()


def _tokens(values: _Values) -> tuple[str, ...]:
    """Return the members that occur in one of a hundred cells, and in ten, by frequency."""
    members = values.texts.str.lower().str.split(SET_SEPARATORS, regex=True).map(set)
    each = pd.DataFrame({"member": members, "count": values.counts}).explode("member")
    counts = each.groupby("member")["count"].sum()
    frequent = counts[(counts >= max(RARE, values.filled / 100)) & (counts.index != "")]
    return tuple(frequent.sort_values(ascending=False, kind="stable").index[:SET_TOKENS])


def _spellings(values: _Values) -> tuple[str, ...]:
    """Return for each frequent level with several spellings that of most cells."""
    levels = values.texts.map(level_of)
    if levels.is_unique:
        return ()
    spelt = pd.DataFrame({"spelling": values.texts, "level": levels, "count": values.counts})
    spelt = spelt.sort_values(["count", "spelling"], ascending=[False, True], kind="stable")
    each = spelt.groupby("level", sort=False).agg(
        spelling=("spelling", "first"), ways=("spelling", "size"), count=("count", "sum")
    )
    return tuple(each.loc[(each["ways"] > 1) & (each["count"] >= RARE), "spelling"].iloc[:MOST_SPELLINGS])


def _band_labels(values: _Values) -> tuple[str, ...]:
    """Return the ranges of numbers as they are written, the commonest first."""
    commonest = values.texts[np.argsort(-values.counts, kind="stable")]
    bounds = ((text, bounds_of(text)) for text in commonest)
    return tuple(text for text, each in bounds if each and each.lower != each.upper)[:LEVELS]


TOKENS = {Kind.SET: _tokens, Kind.CATEGORY: _spellings, Kind.BAND: _band_labels}
"""What is kept of the texts of a column, by its kind; `data.schema.Attribute` says what for."""


def _grows_with(numbers: pd.Series, orders: Mapping[str, pd.Series]) -> str:
    """Name the order in which nearly every step of a nearly unique number goes the same way."""
    filled = numbers.dropna()
    if len(filled) < 20 or filled.nunique() < len(filled) / 2:
        return ""
    for what, order in orders.items():
        places = order.reindex(filled.index)
        steps = filled[places.sort_values(kind="stable").index].diff().dropna()
        if places.notna().all() and max((steps >= 0).mean(), (steps <= 0).mean()) >= NEARLY_ALL:
            return what
    return ""


def _have_one_length(values: _Values) -> bool:
    lengths = values.texts.str.len()
    return bool(values.filled) and values.mean(lengths == lengths.median()) >= NEARLY_ALL
