"""Check the content of a YAML file by pydantic models; what is wrong is an error with its line and the nearest word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from data.config.yaml_document import Document, Place
from data.errors import InputError, nearest

MISTAKE, UNKNOWN_KEY = "mistake", "unknown_key"
"""Types of errors beside those of pydantic: one that is worded where it is raised, and a key that is not known."""


class CheckedPart(BaseModel):
    """A part of a file; an unknown key is refused, and the nearest known one is named."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, content: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in content if isinstance(content, dict) else ():
            if key not in known and key not in cls.model_fields:
                _refuse_commas_in_numbers(key, content)
                words = {"key": str(key), "place": (key,), "expected": ", ".join(known)}
                raise PydanticCustomError(
                    UNKNOWN_KEY, "unknown key '{key}'", words | {"remedy": nearest(str(key), known)}
                )
        return content


def mistake(what: str, place: Place = (), expected: str = "", **more: str) -> PydanticCustomError:
    """Return the error that a validator raises: ``place`` is below its part, ``more`` is ``got`` or ``remedy``."""
    return PydanticCustomError(MISTAKE, "{what}", {"what": what, "place": place, "expected": expected, **more})


Model = TypeVar("Model", bound=BaseModel)


def validated(
    document: Document, model: type[Model], describe: Callable[[ErrorDetails, Place], Mapping[str, str]]
) -> Model:
    """Return the content of a file as a checked model. Raises InputError for the first thing that is wrong.

    ``describe`` words all errors but mistakes: it is given the error with the place of what is wrong, and returns the
    arguments of `InputError` beside ``where``.
    """
    try:
        return model.model_validate(document.content)
    except ValidationError as problem:
        error = problem.errors(include_url=False)[0]
    context = dict(error.get("ctx", {}))
    place = (*error["loc"], *context.pop("place", ()))
    words = context if error["type"] == MISTAKE else describe(error, document.within(place))
    raise InputError(**words, where=document.where(*place))


def _refuse_commas_in_numbers(key: Any, content: Mapping[Any, Any]) -> None:
    """YAML reads ``{at_least: 1,000}`` as two keys."""
    name, start = next(
        ((name, value) for (name, value), after in pairwise(content.items()) if after[0] == key), ("", "")
    )
    if content[key] is None and re.fullmatch(r"\d{3}", str(key)) and re.fullmatch(r"-?\d{1,3}", str(start)):
        raise mistake(f"'{name}' has a comma", (key,), "a number without commas", remedy=f"write {start}{key}")
