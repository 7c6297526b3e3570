"""Names are the field's nouns: a dialect of participles that the code once had stays out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("data", "features", "models", "funnel", "pipelines", "app", "benchmarks")
PARTICIPLES = {"told", "looked", "looking", "judged", "ours", "theirs"}
"""Words that no part of a name may be: they say that something was done, and not what it is."""
BARE = {"found", "kept", "given", "looks"}
"""Names that say nothing alone; ``found_at`` or ``keep_days`` do."""
IN_DOCSTRINGS = re.compile(
    r"\b(told|tells? whether|judged|looked at|looks? at|ours|theirs|held against|let go)\b", re.I
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name


def docstrings_in(tree: ast.AST) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return (ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented))


def is_ruled_out(name: str) -> bool:
    return name in BARE or not PARTICIPLES.isdisjoint(word.lower() for word in WORD.findall(name))


def findings(source: str) -> set[str]:
    tree = ast.parse(source)
    names = {name for name in names_in(tree) if is_ruled_out(name)}
    return names | {word for text in docstrings_in(tree) for word in IN_DOCSTRINGS.findall(text)}


@pytest.mark.parametrize("package", CODE)
def test_names_are_nouns_of_the_field(package):
    files = [file for file in sorted((ROOT / package).rglob("*.py")) if "migrations" not in file.parts]
    by_file = {file.relative_to(ROOT).as_posix(): findings(file.read_text(encoding="utf-8")) for file in files}
    assert {file: words for file, words in by_file.items() if words} == {}


def test_a_participle_is_found_wherever_it_stands():
    assert findings("def told_left_out(theirs): ...") == {"told_left_out", "theirs"}
    assert findings('def f():\n    """Tell whether it is so."""') == {"Tell whether"}
    assert findings("class JudgedLead: ...") == {"JudgedLead"}
    assert findings("founded = 1; kept_days = 2; given_at = 3") == set()
