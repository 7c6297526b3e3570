"""From columns to concepts: what each adds, with one signal counted under one name.

A concept joins the features that mean one thing. More would be said twice, and is not: absences that have the same
words, activity beside the types of event that it consists of, and these types where there is no activity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import Feature, is_of_asset
from models.members import Contributions

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


class Concepts:
    """The concepts of a catalogue by their codes, in the order of their first features."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = {feature.name: feature for feature in features}
        self.names = tuple(dict.fromkeys(feature.concept for feature in features))
        self.families = {feature.concept: feature.family for feature in features}
        self.code = {name: code for code, name in enumerate(self.names)}
        self.of_stages = self._codes([feature for feature in features if feature.traits.is_stage])
        counted = [feature for feature in features if feature.traits.counts_activity]
        self.activity = self._codes([feature for feature in counted if not feature.traits.channel])
        self.channels = self._codes([feature for feature in counted if feature.traits.channel])
        self._counts = _by_window([feature for feature in features if feature.traits.counts_events])

    def _codes(self, features: Sequence[Feature]) -> Codes:
        return np.array([*dict.fromkeys(self.code[feature.concept] for feature in features)], dtype=np.int64)

    def of_each(self, columns: Sequence[str]) -> Codes:
        """Return the code of the concept of each column."""
        return np.array([self.code[self.features[name].concept] for name in columns], dtype=np.int64)

    def merged(self, contributions: Contributions) -> Floats:
        """Return what each concept adds to each row's log-odds: of shape (rows, concepts)."""
        return contributions.values @ np.eye(len(self.names))[self.of_each(contributions.columns)]

    def absent(self, columns: Sequence[str], features: pd.DataFrame) -> Mask:
        """Return of which concepts a row has nothing: each column is missing, or a zero that has words of its own."""
        return self._lack_all(columns, self._is_absent(columns, features))

    def _is_absent(self, columns: Sequence[str], features: pd.DataFrame) -> Mask:
        absent = np.zeros((len(features), len(columns)), dtype=bool)
        for number, name in enumerate(columns):
            cells = features[name]
            absent[:, number] = cells.isna()
            if self.features[name].zero:
                absent[:, number] |= (cells == 0).to_numpy()
        return absent

    def _lack_all(self, columns: Sequence[str], absent: Mask) -> Mask:
        of_each, lacks = self.of_each(columns), np.zeros((len(absent), len(self.names)), dtype=bool)
        for code in np.unique(of_each):
            lacks[:, code] = absent[:, of_each == code].all(axis=1)
        return lacks

    def merged_once(self, contributions: Contributions, features: pd.DataFrame, absent: Mask) -> Floats:
        """Return what each concept adds, with each signal under one name; ``absent`` is that of the rows."""
        merged = self.merged(contributions)
        self._join_absences(merged, contributions.columns, features)
        self._join_activity(merged, absent, features)
        return merged

    def _join_absences(self, merged: Floats, columns: Sequence[str], features: pd.DataFrame) -> None:
        """Add the concepts of a row whose absence is named in the same words to the first of them."""
        of_each = self.of_each(columns)
        for alike in self._absent_alike(columns):
            names = np.array(columns)[np.isin(of_each, alike)]
            rows = np.flatnonzero(features[names].isna().all(axis="columns"))
            _move(merged, rows, alike[1:], alike[:1])

    def _absent_alike(self, columns: Sequence[str]) -> list[Codes]:
        """Return the concepts, by code, that have one text for their absence, where several have the same."""
        absent = [self.features[name].absent for name in columns]
        texts = pd.DataFrame({"concept": self.of_each(columns), "text": absent}).drop_duplicates()
        texts = texts.drop_duplicates("concept", keep=False)
        return [alike.to_numpy() for _, alike in texts.groupby("text")["concept"] if len(alike) > 1]

    def _join_activity(self, merged: Floats, absent: Mask, features: pd.DataFrame) -> None:
        """Count no event twice: what activity adds is that of the types of event that it consists of.

        What raises a score is shared out to the types by their numbers of events, in the shortest window that has any.
        What lowers it is a lack of events, and stays; so does the lack of all types. A type that is the only one has
        all of it.
        """
        if not (len(self.activity) and len(self.channels)):
            return
        types = ~absent[:, self.channels]
        _move(merged, np.flatnonzero(~types.any(axis=1)), self.channels, self.activity)
        only = types.sum(axis=1) == 1
        for code, of_type in zip(self.channels, types.T, strict=True):
            _move(merged, np.flatnonzero(only & of_type), self.activity, np.array([code]))
        events = self._events(features)
        rows = np.flatnonzero((merged[:, self.activity[0]] > 0) & events.any(axis=1))
        shares = events[rows] / events[rows].sum(axis=1, keepdims=True)
        merged[np.ix_(rows, self.channels)] += shares * merged[rows][:, self.activity]
        merged[np.ix_(rows, self.activity)] = 0.0

    def _events(self, features: pd.DataFrame) -> Floats:
        """Return how many events of each type there are, in the shortest window that has any for a row."""
        events = np.zeros((len(features), len(self.channels)))
        for counted in self._counts:
            none_yet = np.flatnonzero(~events.any(axis=1))
            for name in counted:
                column = np.flatnonzero(self.channels == self.code[self.features[name].concept])[0]
                events[none_yet, column] += np.nan_to_num(features[name].to_numpy(float)[none_yet])
        return events


def _by_window(features: Sequence[Feature]) -> list[list[str]]:
    """Return the counts of all events of a type by their windows, the shortest first; no count of an asset."""
    of_types = [feature for feature in features if not is_of_asset(feature.traits.channel)]
    windows = sorted({feature.traits.window or np.inf for feature in of_types})
    return [[each.name for each in of_types if (each.traits.window or np.inf) == window] for window in windows]


def _move(merged: Floats, rows: npt.NDArray[np.intp], sources: Codes, target: Codes) -> None:
    """Add what some concepts of rows add to another one, and leave nothing there."""
    if len(rows):
        merged[rows, target[0]] += merged[np.ix_(rows, sources)].sum(axis=1)
        merged[np.ix_(rows, sources)] = 0.0
