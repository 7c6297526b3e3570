"""A result is one JSON object to programs; to people a renderer shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from data.json import strict_json
from pipelines.console import show_json


class Result(Protocol):
    """What a verb gives back."""

    def as_json(self) -> dict[str, Any]: ...


Shown = TypeVar("Shown", bound=Result)


def present(result: Shown, show: Callable[[Shown], None], *, as_json: bool) -> None:
    """Show a result: to a program as one JSON object, to people in the way given."""
    if as_json:
        show_json(strict_json(result.as_json()))
    else:
        show(result)
