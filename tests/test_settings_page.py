"""docs/settings.md names every key of leadscore.yaml with the default that it has, and its example is read."""

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from data.config import Settings, load_settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key below a model, as a path with dots, with its default as the page writes it."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        parts = [*parts_in(field.annotation)]
        if not parts or name == "tables":
            yield path, default_of(field)
        for part, by_name in parts if name != "tables" else ():
            yield from keys_of(part, f"{path}.NAME." if by_name else f"{path}.")


def parts_in(annotation: Any, *, by_name: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    """Yield the models that a value is made of; in a mapping each stands below a name."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from parts_in(get_args(annotation)[0], by_name=by_name)
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from parts_in(each, by_name=by_name)
    elif origin is dict:
        yield from parts_in(get_args(annotation)[1], by_name=True)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, RootModel):
        yield annotation, by_name


def default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default in (None, [], {}, ()):
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, list | tuple | dict) else str(default)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_key_is_there_once_with_its_default(page):
    rows = ROW.findall(page)
    assert dict(rows) == dict(keys_of(Settings))
    assert len(rows) == len(dict(rows))


def test_the_example_is_read(page, tmp_path):
    (tmp_path / "leadscore.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    settings = load_settings(tmp_path / "leadscore.yaml")
    assert settings.stages.won == ["Closed Won"]
    assert settings.write_back.columns["score"] == "Lead_Score"
