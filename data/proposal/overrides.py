"""What people say of their leads beforehand: it overrules what names and cells suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.errors import InputError, nearest
from data.proposal.columns import Suggestion
from data.proposal.hints import outcome_strength
from data.proposal.inspection import ProfiledTable
from data.proposal.outcome import OutcomeProposal, outcome_of, suggest_outcome
from data.staging import ROWS, plain_value


@dataclass(frozen=True)
class Overrides:
    """Columns of the leads, and values of the outcome column, that overrule a guess; empty ones leave it as it is."""

    id: str = ""
    outcome: str = ""
    won: Sequence[str] = ()
    lost: Sequence[str] = ()
    created: str = ""
    closed: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """The columns that are named, by option."""
        named = {name: getattr(self, name) for name in ("id", "outcome", "created", "closed")}
        return {name: column for name, column in named.items() if column and (name, column) != ("id", ROWS)}

    @property
    def names_an_outcome(self) -> bool:
        return bool(self.outcome or self.won or self.lost)

    def check(self, table: ProfiledTable) -> None:
        """Raise InputError where a column is named that the table does not have."""
        for option, column in self.columns.items():
            if column not in table.table.file.columns:
                raise _no_such_column(table, f"--{option}", column)

    def suggestion(self, option: str) -> Suggestion | None:
        """Return the column that an option names as a suggestion."""
        column = getattr(self, option)
        return Suggestion(column, f"as --{option} says") if column else None


def overruled_outcome(
    table: ProfiledTable, overrides: Overrides, taken: Sequence[str], *, dated: bool
) -> OutcomeProposal:
    """Return how leads ended as the options say it, and as the cells do where they do not.

    Raises InputError for a value that no cell of the column has, and where values are named of no column.
    """
    column = overrides.outcome or _column_with(table, overrides, taken, dated=dated)
    values = {plain_value(value): value for value in table.values(column)}
    won, lost = ([_known(table, column, values, value) for value in each] for each in (overrides.won, overrides.lost))
    return outcome_of(table, column, won, lost, taken, dated=dated)


def _column_with(table: ProfiledTable, overrides: Overrides, taken: Sequence[str], *, dated: bool) -> str:
    """Return the column whose values the options name: the one that would be suggested, if it has them."""
    wanted = {plain_value(value) for value in (*overrides.won, *overrides.lost)}
    suggested = suggest_outcome(table, taken, dated=dated)
    names = [name for name in table.profiles if name not in taken]
    ranked = sorted(names, key=lambda name: (suggested is None or name != suggested.column, -outcome_strength(name)))
    for name in ranked:
        if wanted <= {plain_value(value) for value in table.values(name)}:
            return name
    raise InputError(
        "no column of the leads has these values",
        expected="values that stand in one column",
        got=", ".join((*overrides.won, *overrides.lost)),
        where=table.source.place,
        remedy="name the column with --outcome",
    )


def _known(table: ProfiledTable, column: str, values: dict[str, str], value: str) -> str:
    """Return a value as the cells have it."""
    if plain_value(value) in values:
        return values[plain_value(value)]
    raise InputError(
        f"no row of the column '{column}' says '{value}'",
        expected=", ".join(list(values.values())[:20]),
        got=value,
        where=table.source.place,
        remedy=nearest(value, list(values.values())),
    )


def _no_such_column(table: ProfiledTable, option: str, column: str) -> InputError:
    return InputError(
        f"there is no column '{column}'",
        expected=f"a column of the leads for {option}",
        got=", ".join(table.table.file.columns),
        where=table.source.place,
        remedy=nearest(column, list(table.table.file.columns)) or "name a column that is there",
    )
