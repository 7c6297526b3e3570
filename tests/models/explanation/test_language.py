"""Sentences in another language, with a catalogue made of our template."""

import json
import re
import struct

import numpy as np
import pytest

from models.explanation import language
from models.explanation.evidence import Evidence
from models.explanation.language import counted, put, template
from models.explanation.reasons import Narrator, Reasons, say
from models.scale import Scale

GERMAN = {
    "Industry: {value}": "Branche: {value}",
    "Industry not given": "Branche nicht angegeben",
    "One visit in 7 days": "Ein Besuch in 7 Tagen",
    "{value} visits in 7 days": "{value} Besuche in 7 Tagen",
    "{reason} – such leads buy more often ({won} of {leads}; all {overall})": "{reason} – {won} von {leads} gewonnen",
    "firmographic": "Firma",
}


def translated(entry: str) -> str:
    """Fill in what we have German for, each form below the English one that it belongs to."""
    texts = [GERMAN.get(text, "") for text in re.findall(r'^msgid(?:_plural)? "(.*)"$', entry, re.MULTILINE)]
    filled = iter(texts)
    return re.sub(r'^(msgstr(?:\[\d\])?) ""$', lambda found: f'{found[1]} "{next(filled)}"', entry, flags=re.MULTILINE)


def compiled(po: str) -> bytes:
    """Return a catalogue as `msgfmt` makes it of a .po file: the table of the texts, that of their translations, all.

    The format is that of https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html.
    """
    entries = (re.findall(r'^msg\S+ "(.*)"$', entry, re.MULTILINE) for entry in po.replace('"\n"', "").split("\n\n"))
    texts = [[json.loads(f'"{text}"') for text in entry] for entry in entries]
    halves = [("\0".join(each[: len(each) // 2]), "\0".join(each[len(each) // 2 :])) for each in texts]
    pairs = sorted((key.encode(), told.encode()) for key, told in halves if told.strip("\0"))
    begins, tables, told = 28 + 16 * len(pairs), b"", b""
    for text in [*(key for key, _ in pairs), *(value for _, value in pairs)]:
        tables += struct.pack("<2I", len(text), begins + len(told))
        told += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + tables + told


@pytest.fixture
def german(features, tmp_path, monkeypatch):
    """A folder with a German catalogue, made of the template in the way the README of the languages says."""
    head, *entries = template(features).split("\n\n")
    plural_forms = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"'
    text = "\n\n".join([f"{head}\n{plural_forms}", *map(translated, entries)])
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "leadscore.mo").write_bytes(compiled(text))
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setenv("LANGUAGE", "de")
    language._catalogue.cache_clear()
    yield
    language._catalogue.cache_clear()


@pytest.mark.usefixtures("german")
def test_a_sentence_is_said_in_the_language_of_the_environment(features):
    industry, _, visits, month = features
    assert say(industry, "Software") == "Branche: Software"
    assert say(industry, None) == "Branche nicht angegeben"
    assert [say(visits, count) for count in (1.0, 3.0)] == ["Ein Besuch in 7 Tagen", "3 Besuche in 7 Tagen"]
    assert say(month, 3.0) == "3 visits in 30 days"  # what is not translated stays in English


@pytest.mark.usefixtures("german")
def test_reasons_of_stored_codes_are_put_into_words_when_they_are_shown(features):
    evidence = Evidence({"industry": ["Software"]}, {"industry": [40, 0]}, {"industry": [12, 0]}, 100, 6)
    narrator = Narrator(features, evidence, Scale((0.0, 1.0), hot=0.3, warm=0.1))
    first = np.array([[0]])
    reasons = Reasons(first, first, np.array([["Software"]], object), np.array([[7]]), 1)
    assert narrator.texts(reasons) == [["Branche: Software – 12 von 40 gewonnen (Firma, +7)"]]


def test_english_needs_no_catalogue(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "tlh")
    language._catalogue.cache_clear()
    assert put("{now} (before: {then})", now="a", then="{now}") == "a (before: {now})"
    assert counted("one", "{n} of them", 2.5, n="2.5") == "2.5 of them"
    language._catalogue.cache_clear()


def test_the_template_names_each_sentence_once(features):
    text = template(features, ["7 to 13 days"])
    assert text.count('msgid "Industry: {value}"') == 1
    assert 'msgid "One visit in 7 days"\nmsgid_plural "{value} visits in 7 days"\n' in text
    assert 'msgid "7 to 13 days"' in text
