"""YAML that knows its lines: a key that comes twice is refused, and every part of a file can be pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data.errors import InputError

Place = tuple[str | int, ...]
THOUSANDS = re.compile(r"\d{3}")
"""What YAML takes for keys in ``{at_least: 1,000,000}``."""
NAMES_IN_TEXT = re.compile(r" '.{2,}'", re.DOTALL)
"""A secret that begins with a sign of YAML's own, such as ``*``, is taken for a name, which the error quotes."""


LARGEST, MOST_PARTS = 1_000_000, 100_000
"""Bytes of a file, and values in it with all aliases unfolded."""


@dataclass(frozen=True)
class Document:
    """The content of a file, and the line of each of its parts; a place is the way to it, such as ("tables", "leads").

    >>> document = parse_yaml("tables:\\n  leads: leads.csv\\n", Path("leadscore.yaml"))
    >>> document.content, document.where("tables", "leads")
    ({'tables': {'leads': 'leads.csv'}}, 'leadscore.yaml, line 2')
    """

    content: dict[str, Any]
    path: Path
    lines: dict[Place, int]

    def where(self, *place: str | int) -> str:
        """Return file and line of a part, or of the nearest part around it that the file has."""
        known = self._known(place)
        return f"{self.path}, line {self.lines[known]}" if known else str(self.path)

    def within(self, place: Place) -> Place:
        """Return a place without what the file does not have on the way to its last name.

        A model may tell two forms of a part apart, or take one thing for a list of one: neither stands in the file.

        >>> parse_yaml("tables:\\n  leads: {tabel: a}\\n", Path("a")).within(("tables", "leads", "database", "table"))
        ('tables', 'leads', 'table')
        """
        return (*self._known(place[:-1]), *place[-1:])

    def _known(self, place: Place) -> Place:
        known: Place = ()
        for name in place:
            if (*known, name) in self.lines:
                known = (*known, name)
        return known


class _Loader(yaml.SafeLoader):
    """Words stay words: ``yes`` is no truth, and ``007`` no number, before it is known what they are for."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _not_yaml(problem: Exception, path: Path) -> InputError:
    """Say what is wrong and where, without the text, which may hold a secret."""
    what = NAMES_IN_TEXT.sub("", getattr(problem, "problem", None) or type(problem).__name__)
    mark = getattr(problem, "problem_mark", None)
    place = f"{path}, line {mark.line + 1}" if mark else str(path)
    return InputError("this file is not YAML", got=str(what), where=place)


def read_yaml(path: Path) -> Document:
    """Read a YAML file that holds a mapping. Raises InputError."""
    if path.exists() and not path.is_file():  # a pipe may never end
        raise InputError("this is no file", expected="a YAML file", got=str(path))
    try:
        if path.stat().st_size > LARGEST:
            raise InputError("this file is too large", expected=f"at most {LARGEST:,} bytes of YAML", where=str(path))
        return parse_yaml(path.read_text(encoding="utf-8-sig"), path)
    except UnicodeDecodeError as problem:
        raise InputError("this file is no text", expected="UTF-8", got=str(problem), where=str(path)) from None
    except OSError as problem:
        raise InputError("this file cannot be read", got=problem.strerror or "", where=str(path)) from None


def parse_yaml(text: str, path: Path) -> Document:
    """Parse the text of a file that holds a mapping. Raises InputError."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines = dict(_counted(_lines(node, path), path)) if node else {}
        content = loader.construct_document(node) if node else None
        loader.dispose()
    except (yaml.YAMLError, RecursionError) as problem:
        raise _not_yaml(problem, path) from None
    if not isinstance(content, dict):
        raise InputError("the file must hold a mapping", expected="NAME: …", where=str(path))
    return Document(content, path, lines)


def _counted(lines: Iterator[tuple[Place, int]], path: Path) -> Iterator[tuple[Place, int]]:
    """Refuse what a few lines with aliases of aliases unfold into."""
    for count, line in enumerate(lines):
        if count == MOST_PARTS:
            raise InputError(
                "this file unfolds into too many parts",
                expected=f"at most {MOST_PARTS:,} values",
                where=str(path),
                remedy="write out what the aliases (*NAME) stand for, or use fewer",
            )
        yield line


def _lines(
    node: yaml.Node, path: Path, place: Place = (), above: tuple[yaml.Node, ...] = ()
) -> Iterator[tuple[Place, int]]:
    for key, line, value in _parts(node):
        if value in (*above, node):
            raise InputError("this part of the file holds itself", where=f"{path}, line {line}")
        here = (*place, key)
        yield here, line
        yield from _lines(value, path, here, (*above, node))
    if isinstance(node, yaml.MappingNode):
        _refuse_null_keys(node, path)
        _refuse_repeated(node, path)


def _parts(node: yaml.Node) -> Iterator[tuple[str | int, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), key.start_mark.line + 1, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from ((number, value.start_mark.line + 1, value) for number, value in enumerate(node.value))


def _refuse_null_keys(node: yaml.MappingNode, path: Path) -> None:
    for key, _ in node.value:
        if key.tag == "tag:yaml.org,2002:null":
            where = f"{path}, line {key.start_mark.line + 1}"
            raise InputError("a name is missing before the colon", expected="NAME: …", got=str(key.value), where=where)


def _refuse_repeated(node: yaml.MappingNode, path: Path) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if str(key.value) in first:
            raise InputError(
                f"'{key.value}' comes twice: the first would be forgotten",
                where=f"{path}, line {line} and line {first[str(key.value)]}",
                remedy="write numbers without commas" if THOUSANDS.fullmatch(str(key.value)) else "keep one of them",
            )
        first[str(key.value)] = line
