"""Features as rules read them: columns by name, however it is written, each converted once for all rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.schema import plain
from models.rules.format import BOUNDS, Condition

OF_EVENTS = re.compile(r"_(?:last|ever|\d+d)(?:_sum)?$")
"""What follows an event in the name of a column."""
YES_NO = {"yes": "1", "true": "1", "no": "0", "false": "0"}

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class FeatureCells:
    """The cells of features; what several rules ask of one column is worked out once."""

    def __init__(self, features: pd.DataFrame) -> None:
        self.features = features
        self._numbers: dict[str, Floats] = {}
        self._levels: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.str_]]] = {}

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {plain(name): name for name in reversed(self.features.columns)}

    @cached_property
    def _has_events(self) -> bool:
        return any(OF_EVENTS.search(name) for name in self.features.columns)

    def present(self, names: Sequence[str]) -> list[str]:
        """Return the names, as the features write them, of those of the columns that are there."""
        known = (name if name in self.features else self._names.get(plain(name)) for name in names)
        return [name for name in known if name is not None]

    def words_after(self, start: str) -> list[str]:
        """Return what follows in the names of the columns that begin so: assets of an event, words of a column.

        >>> features = pd.DataFrame(columns=["download: ebook_ever", "download: ebook_7d", "download_ever"])
        >>> FeatureCells(features).words_after("download: ")
        ['ebook']
        """
        own = (name for name in self.features.columns if plain(name).startswith(f"{plain(start)} "))
        return list(dict.fromkeys(OF_EVENTS.sub("", name[len(start) :]) for name in own))

    def levels(self, name: str) -> dict[str, int]:
        """Return how many rows have each word of a column; none of a column of numbers.

        >>> FeatureCells(pd.DataFrame({"industry": ["Retail", "Retail", None], "size": [1, 2, 3]})).levels("Industry")
        {'Retail': 2}
        """
        texts = [each for each in self.present([name]) if not pd.api.types.is_numeric_dtype(self.features[each])]
        counts = self.features[texts[0]].value_counts() if texts else pd.Series(dtype=int)
        return dict(zip(map(str, counts.index), counts.tolist(), strict=True))

    def holds(self, condition: Condition) -> Mask:
        """Return on which rows a condition holds; on none where its column is missing.

        Where there are events on record, and none as the condition names them, there are none of these.
        """
        columns = self.present(condition.columns)
        if not columns and not (condition.event and self._has_events):
            return np.zeros(len(self), dtype=np.bool_)
        masks = [BOUNDS[name](self._measured(condition, columns), bound) for name, bound in condition.bounds.items()]
        if condition.is_:
            masks.append(self._is_one_of(columns[0], condition.is_))
        if condition.has:
            masks.append(np.logical_or.reduce([self.numbers(name) == 1 for name in columns]))
        if condition.is_given is not None:
            masks.append(self.features[columns[0]].notna().to_numpy() == condition.is_given)
        return reduce(np.logical_and, masks)

    def _measured(self, condition: Condition, columns: list[str]) -> Floats:
        if condition.event:
            return self._counted(columns)
        return self._newest(columns) if condition.last else self.numbers(columns[0])

    def numbers(self, name: str) -> Floats:
        """Return a column as numbers, missing where it holds none."""
        if name not in self._numbers:
            cells = self.features[name]
            if cells.dtype != np.float64:
                cells = pd.Series(pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan))
            self._numbers[name] = cells.to_numpy()
        return self._numbers[name]

    def counts(self, condition: Condition) -> Floats:
        """Return how many events of a condition there are; none where nothing is on record."""
        return self._counted(self.present(condition.columns))

    def _counted(self, columns: list[str]) -> Floats:
        counts = [_at_least_none(self.numbers(name)) for name in columns]
        return reduce(np.add, counts) if counts else np.zeros(len(self))

    def _newest(self, columns: list[str]) -> Floats:
        return reduce(np.fmin, (self.numbers(name) for name in columns))

    def left(self, recencies: Sequence[str], half_life: float | None) -> Floats | float:
        """Return the share of points that is left so many days after an event; all of it where they are unknown."""
        columns = self.present(recencies) if half_life else []
        if not columns or half_life is None:
            return 1.0
        return np.exp2(-_at_least_none(self._newest(columns)) / half_life)

    def _is_one_of(self, name: str, wanted: tuple[str, ...]) -> Mask:
        """Return which cells are among the wanted texts; yes and no are 1 and 0 where the column holds numbers."""
        texts = {text.strip().casefold() for text in wanted}
        if pd.api.types.is_numeric_dtype(self.features[name]):
            numbers = pd.to_numeric(pd.Series([YES_NO.get(text, text) for text in texts]), errors="coerce")
            return np.isin(self.numbers(name), numbers.to_numpy(np.float64))
        if name not in self._levels:
            codes, levels = pd.factorize(self.features[name])
            self._levels[name] = codes, np.array([str(level).strip().casefold() for level in levels], dtype=object)
        codes, levels = self._levels[name]
        return np.array([*(level in texts for level in levels), False])[codes]  # a missing cell has the code -1


def _at_least_none(numbers: Floats) -> Floats:
    return np.fmax(numbers, 0.0)
