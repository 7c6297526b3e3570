"""The stages of the funnel: what each means, what the CRM calls it, and when each lead came to it.

A lead has come to a stage once it was in it or in a later one: who is an SQL has passed the MQL, recorded or not. So
the moment of a stage is the first entry into it or into any later one, moments never fall along the funnel, no rate
exceeds 1, and a lead that goes back keeps what it reached. Whatever a history does otherwise is counted as an oddity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.config import FunnelSettings, StageMapping
from data.vocabulary import FUNNEL
from funnel.contradictions import contradictions

DEFINITIONS = {
    "contact": "a person or company that is known by name",
    "lead": "a contact that showed interest",
    "mql": "a lead inside the ideal customer profile (fit C or better); a demo request alone is none",
    "sql": "an MQL that sales has accepted as worth a conversation",
    "qso": "an SQL with a budget and a time to buy",
    "customer": "a deal that was won",
}
CONTACT, LEAD = FUNNEL.index("contact"), FUNNEL.index("lead")
LOST, UNKNOWN = -1, -2
"""Places of stages that end a lead without a deal, and of those that nobody has mapped."""

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]
NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Stage:
    """A stage of the report: its name, what it means, and what the CRM calls it, in lower case.

    ``of`` is the stage of the vocabulary that it is, or a part of.
    """

    name: str
    of: str
    definition: str
    crm: tuple[str, ...]


@dataclass(frozen=True)
class Oddity:
    """Something odd in histories, and what is made of it: how many leads have it, and the first of them."""

    problem: str
    leads: int
    first: tuple[str, ...] = ()


@dataclass(frozen=True)
class Journeys:
    """How far each lead came, and when: one row per lead, one column per stage in use.

    ``entered`` is the moment of each stage: missing where it was not reached, or where nobody knows when; ``reached``
    says which. ``recorded`` is an entry of its own, and ``timed`` one that says when the stage was reached:
    not after a later stage, and at a known time. ``won`` and ``lost`` are leads that are closed, all others are open.
    ``leads`` are the rows of the input.
    """

    stages: tuple[Stage, ...]
    leads: pd.DataFrame
    entered: Times
    reached: Bools
    recorded: Bools
    timed: Bools
    won: Bools
    lost: Bools
    as_of: pd.Timestamp
    oddities: tuple[Oddity, ...] = ()
    unused: tuple[str, ...] = ()

    @cached_property
    def waits(self) -> tuple[tuple[Codes, Codes], ...]:
        """Return the leads that were in both stages of each step, and the seconds between; last, from lead to customer.

        Only leads with an entry into both that says when they came there count.
        """
        width = len(self.stages)
        return (*(self._waits(start, start + 1) for start in range(width - 1)), self._waits(self.lead, width - 1))

    def _waits(self, start: int, to: int) -> tuple[Codes, Codes]:
        between = self.entered[:, to] - self.entered[:, start]
        rows = np.flatnonzero(self.timed[:, start] & self.timed[:, to])
        return rows, between[rows].astype("timedelta64[s]").astype(np.int64)

    @cached_property
    def furthest(self) -> Codes:
        """Return the last stage that each lead has come to."""
        return self.reached.sum(axis=1) - 1

    @property
    def lead(self) -> int:
        """Return the column of the lead, from which costs and quality count: the first one, or that after contacts."""
        return self.place(FUNNEL[LEAD])

    def place(self, name: str) -> int:
        """Return the column of a stage; that of its first part where it is split; -1 where it is not in use."""
        places = (number for number, stage in enumerate(self.stages) if name in (stage.name, stage.of))
        return next(places, -1)

    def benchmark_of(self, place: int, benchmarks: Mapping[str, float]) -> float | None:
        """Return the benchmark of coming to a stage: that of a stage which is split is for its first part."""
        stage = self.stages[place]
        of_whole = benchmarks.get(stage.of) if self.place(stage.of) == place else None
        return benchmarks.get(stage.name, of_whole)


def define_stages(funnel: FunnelSettings, mapping: StageMapping) -> tuple[Stage, ...]:
    """Return the stages in order, those that are split as their parts.

    >>> split = {"qso": {"meeting": ["Meeting held"], "proposal": ["Proposal sent"]}}
    >>> [stage.name for stage in define_stages(FunnelSettings(split=split), StageMapping())]
    ['contact', 'lead', 'mql', 'sql', 'meeting', 'proposal', 'customer']
    """
    stages = []
    for canonical in FUNNEL:
        of_crm = mapping.won if canonical == "customer" else getattr(mapping, canonical)
        whole = {canonical: of_crm}
        for number, (name, crm) in enumerate(funnel.split.get(canonical, whole).items()):
            whole_means = funnel.definitions.get(canonical, DEFINITIONS[canonical])
            usual = whole_means if name == canonical else f"part of {canonical}: {whole_means}"
            also = [canonical, *of_crm] if not number else []  # what names the whole stage is at least its first part
            names = dict.fromkeys(text.strip().lower() for text in (name, *crm, *also))
            stages.append(Stage(name, canonical, funnel.definitions.get(name, usual), tuple(names)))
    named_in_part = {text.strip().lower() for parts in funnel.split.values() for crm in parts.values() for text in crm}
    return tuple(_without_taken(stage, funnel.split.get(stage.of, {}), named_in_part) for stage in stages)


def _without_taken(stage: Stage, parts: Mapping[str, Sequence[str]], taken: set[str]) -> Stage:
    """Leave out names that belong to another part: each stands for one, even where the mapping has it for the whole."""
    own = {stage.name, *(text.strip().lower() for text in parts.get(stage.name, ()))}
    return Stage(stage.name, stage.of, stage.definition, tuple(n for n in stage.crm if n in own or n not in taken))


def places_of(names: Iterable[str], stages: Sequence[Stage], lost: Sequence[str]) -> dict[str, int]:
    """Map what a history calls its stages, in whatever case, to their places; others are LOST or UNKNOWN."""
    known = {name: place for place, stage in reversed(list(enumerate(stages))) for name in stage.crm}
    endings = {name.strip().lower() for name in lost}
    plain = {name: name.strip().lower() for name in names}
    return {name: known.get(of, LOST if of in endings else UNKNOWN) for name, of in plain.items()}


def follow(leads: pd.DataFrame, entries: pd.DataFrame, stages: Sequence[Stage], as_of: pd.Timestamp) -> Journeys:
    """Follow leads through the stages until a moment (naive UTC).

    ``leads`` has ``created_at``, ``closed_at`` and ``won`` (missing while open), as they are known at the moment, and
    ``lead_id``. ``entries`` has ``row`` (of ``leads``), ``place`` and ``entered_at``, sorted by row and time. The
    outcome decides who is a customer, whatever the history says; where it has no date, nobody knows when. The first
    stage is the one that all leads were in once they were created: the lead. Contacts are a stage before it only where
    at least half of all leads were entered as such; else an entry as a contact is one as a lead. Of all other stages
    those that no lead has come to are left out.
    """
    row, place = entries["row"].to_numpy(np.int64), entries["place"].to_numpy(np.int8)
    moment = entries["entered_at"].to_numpy("datetime64[us]")
    row, place, moment = _filtered(moment <= np.datetime64(as_of), row, place, moment)
    last = len(stages) - 1
    mapped_row, mapped_place, mapped_moment = _filtered(place >= 0, row, place, moment)
    way = _Way.of(mapped_row, mapped_place, len(stages))
    first_row, first_place, first_moment = _filtered(~way.seen, way.row, way.place, mapped_moment)
    # The first entry into each stage by itself; the outcome, not the history, says who is a customer.
    first = np.full((len(leads), len(stages)), NEVER, order="F")  # counted by stage from here on
    first[first_row, first_place] = first_moment
    won = leads["won"].fillna(False).to_numpy(bool)
    lost = leads["won"].notna().to_numpy() & ~won
    recorded = ~np.isnat(first)
    recorded[:, last] = won
    # Which stages are in use, and that all leads have been in the first of them once they were created.
    few_contacts = _few_contacts_are_leads(first, recorded)
    used = _in_use(recorded, stages)
    start, created = used[0], leads["created_at"].to_numpy("datetime64[us]")
    first[:, start] = np.fmin(first[:, start], created)
    recorded[:, start] = True
    first[:, last] = np.where(won, leads["closed_at"].to_numpy("datetime64[us]"), NEVER)
    entered = _running_least(first[:, used])
    problems = {
        "were entered as contacts, as fewer than half of all leads were: they count as leads": few_contacts,
        **way.out_of_order(),
        "were lost and came back: what became of them last counts": _came_back(row, place),
        "entered a stage that nobody has mapped: they stay in the stage before": row[place == UNKNOWN],
        "entered a stage on a day before they were created: they count from then on": np.flatnonzero(
            entered[:, 0].astype("datetime64[D]") < created.astype("datetime64[D]")
        ),
        "have neither a date of creation nor a history: they are in no period": np.flatnonzero(np.isnat(entered[:, 0])),
        **contradictions(row, place, moment, leads, as_of, won=last, lost=LOST),
    }
    return Journeys(
        stages=tuple(stages[number] for number in used),
        leads=leads,
        entered=entered,
        reached=_or_further(recorded[:, used]),
        recorded=recorded[:, used],
        timed=first[:, used] == entered,
        won=won,
        lost=lost,
        as_of=as_of,
        oddities=_oddities(
            problems | _skipped(recorded[:, used], [stages[number].name for number in used]), leads["lead_id"]
        ),
        unused=tuple(stage.name for number, stage in enumerate(stages) if number not in used),
    )


def _filtered(keep: Bools, *columns: npt.NDArray[Any]) -> Sequence[npt.NDArray[Any]]:
    """Leave rows out; mostly there are none, and then millions of rows are not copied."""
    return columns if keep.all() else [column[keep] for column in columns]


@dataclass(frozen=True)
class _Way:
    """Entries into stages, sorted by lead and time: which fall below an earlier one, and which repeat one."""

    row: Codes
    place: Codes
    below: Bools
    seen: Bools

    @classmethod
    def of(cls, row: Codes, place: Codes, width: int) -> _Way:
        key = row * width + place
        highest = np.maximum.accumulate(key)  # a lead's keys are above those of all leads before
        before = np.concatenate([[-1], highest[:-1]])
        seen = np.zeros(len(key), dtype=bool)
        odd = np.zeros(row.max(initial=-1) + 1, dtype=bool)
        odd[row[key <= before]] = True  # who climbs has not been there: few are left to compare
        perhaps = odd[row]
        seen[perhaps] = pd.Series(key[perhaps]).duplicated()
        return cls(row, place, below=key < before, seen=seen)

    def out_of_order(self) -> dict[str, Codes]:
        """Find the leads whose entries do not climb."""
        return {
            "came to a stage after a later one: it counts from the later one on": self.row[self.below & ~self.seen],
            "went back to a stage: what they had reached counts": self.row[self.below & self.seen],
            "entered the same stage again: the first entry counts": self.row[self.seen & ~self.below],
        }


def _few_contacts_are_leads(first: Times, recorded: Bools) -> Codes:
    """Where most leads were not entered as contacts, make those that were enter as leads, in place; return them."""
    contacts = np.flatnonzero(recorded[:, CONTACT])
    if not len(contacts) or 2 * len(contacts) >= len(recorded):
        return contacts[:0]
    first[:, LEAD] = np.fmin(first[:, LEAD], first[:, CONTACT])
    recorded[:, CONTACT] = False
    return contacts


def _in_use(recorded: Bools, stages: Sequence[Stage]) -> list[int]:
    """Return the places of lead and customer, and of all other stages that some lead was in."""
    return sorted({LEAD, len(stages) - 1, *np.flatnonzero(recorded.any(axis=0)).tolist()})


def _running_least(first: Times) -> Times:
    """Return for each stage the first entry into it or any later one."""
    return np.fmin.accumulate(first[:, ::-1], axis=1)[:, ::-1]


def _or_further(recorded: Bools) -> Bools:
    """Return for each stage whether a lead was in it or in any later one."""
    return np.logical_or.accumulate(recorded[:, ::-1], axis=1)[:, ::-1]


def _oddities(problems: Mapping[str, Codes], lead_ids: pd.Series) -> tuple[Oddity, ...]:
    """Count the leads of each problem, whose rows are in order, some more than once."""
    each = ((problem, rows[np.diff(rows, prepend=-1) > 0]) for problem, rows in problems.items())
    return tuple(Oddity(problem, len(rows), tuple(lead_ids.iloc[rows[:5]])) for problem, rows in each if len(rows))


def _skipped(recorded: Bools, names: Sequence[str]) -> dict[str, Codes]:
    """Find the leads that came further without an entry into a stage."""
    skipped = _or_further(recorded) & ~recorded
    problem = "passed {} without an entry: it counts as passed when they came further"
    return {problem.format(name): np.flatnonzero(skipped[:, number]) for number, name in enumerate(names)}


def _came_back(row: Codes, place: Codes) -> Codes:
    """Find the leads that entered a stage after they were lost: entries are sorted by lead and time."""
    mapped, lost = np.flatnonzero(place >= 0), np.flatnonzero(place == LOST)
    last = np.full(row.max(initial=-1) + 1, -1)
    last[row[mapped]] = mapped  # of several, the last one stays
    return row[lost[last[row[lost]] > lost]]
