"""Documents lead to what is there, and use the words of the glossary instead of the dialect that they once had."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
DIALECT = re.compile(
    r"\b((was|were|are|is) told(?! apart)|held against|came of it|let go|judges? leads|what the others said|"
    r"of few outcomes|looked at again)\b",
    re.IGNORECASE,
)
TERM = re.compile(r"^\| \*\*([^*]+)\*\* \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_are_there(document):
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_old_dialect_is_gone(document):
    assert [word[0] for word in DIALECT.findall(document.read_text(encoding="utf-8"))] == []


def test_the_glossary_is_in_alphabetical_order_and_each_term_is_there_once():
    terms = [term for term, _ in TERM.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))]
    assert len(terms) >= 25
    assert terms == sorted(set(terms), key=str.lower)


def test_every_page_is_reached_from_the_readme():
    pages = {path.resolve() for path in DOCUMENTS if path.parent != ROOT}
    seen, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        seen.add(page.resolve())
        links = [page.parent / link for link in LINK.findall(page.read_text(encoding="utf-8")) if link.endswith(".md")]
        ahead += [link for link in links if link.exists() and link.resolve() not in seen]
    assert {path.name for path in pages - seen} == set()
