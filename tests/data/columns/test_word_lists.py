"""The lists of words are checked when they are read, and speak of the vocabulary."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.columns.word_lists import Phrases, Ranked, WordLists, Words, column_words, read_lists
from data.columns.words import words_of
from data.vocabulary import READ_TABLES

ROOT = Path(__file__).parents[3]


class Lists(WordLists):
    words: Words
    phrases: Phrases
    ranked: Ranked = ()


def read(folder: Path, text: str) -> Lists:
    (folder / "lists.yaml").write_text(text, encoding="utf-8")
    return read_lists(folder / "lists.yaml", Lists)


def test_words_are_parted_by_blanks_phrases_by_commas_and_several_texts_are_one_list(tmp_path):
    lists = read(tmp_path, "words: [no on, y]\nphrases: >-\n  a b,\n  c d\n")
    assert (lists.words, lists.phrases) == ({"no", "on", "y"}, {"a b", "c d"})


def test_ranked_words_keep_their_order(tmp_path):
    assert read(tmp_path, "words: a\nphrases: b\nranked: z a m\n").ranked == ("z", "a", "m")


@pytest.mark.parametrize("text", ["words: a b a", "words: Capital", "words: {a: b}", "words: a\nwrods: b"])
def test_a_list_that_is_wrong_is_refused(tmp_path, text):
    with pytest.raises(ValidationError):
        read(tmp_path, f"{text}\nphrases: a b\n")


def test_columns_that_have_other_names_are_those_of_the_vocabulary():
    names = column_words().column_names
    assert names.sure.keys() <= READ_TABLES["leads"].keys()
    assert all(columns.keys() <= READ_TABLES[table].keys() for table, columns in names.likely.items())


def test_names_of_columns_are_listed_as_they_are_compared():
    names = column_words().column_names
    listed = [*names.sure.values(), *(phrases for columns in names.likely.values() for phrases in columns.values())]
    assert [phrase for phrases in listed for phrase in phrases if " ".join(words_of(phrase)) != phrase] == []


def test_nothing_is_read_before_a_name_is_asked_about():
    code = "import data.columns.word_lists as lists, data.proposal; print(lists.column_words.cache_info().misses)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
