"""What the names of columns say: which column of the vocabulary is meant, the family, and what must not be used.

Names are compared as words: ``TotalVisits``, ``total_visits`` and ``Total Visits`` are the words total, visits.
Which words mean what stands in ``words.yaml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import pairwise

from data.columns.word_lists import column_words
from data.vocabulary import Family

LONGEST_SHOWN = 60
"""Characters of a cell that a message repeats."""


def words_of(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words; accents may be characters of their own, and a possessive s stays out.

    >>> words_of("TotalVisits"), words_of("emp.var.rate"), words_of("E-mail")
    (('total', 'visits'), ('emp', 'var', 'rate'), ('e', 'mail'))
    >>> words_of("Driver's licence")
    ('driver', 'licence')
    """
    whole = re.sub(r"['’]s\b", "", unicodedata.normalize("NFC", name))
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", whole)
    return tuple(re.findall(r"[^\W_]+", parted.lower()))


ABBREVIATIONS = frozenset(
    ("api", "arr", "b2b", "b2c", "crm", "erp", "eu", "id", "ip", "mql", "mrr", "roi", "seo", "sla", "sms", "sql", "uk")
) | {"url", "usa", "utm", "vat"}
"""Words that are written in capitals."""


def label_of(name: str) -> str:
    """Return a name as people would write it; names that already have blanks stay as they are.

    >>> [label_of(name) for name in ("emp.var.rate", "crm_edition", "TotalVisits", "Page Views Per Visit", "MRR")]
    ['Emp var rate', 'CRM edition', 'Total visits', 'Page Views Per Visit', 'MRR']
    """
    words = words_of(name)
    is_abbreviation = len(words) == 1 and name.isupper() and len(name) <= 4
    if " " in name.strip() or is_abbreviation or not words:
        return " ".join(name.split())
    label = " ".join(word.upper() if word in ABBREVIATIONS else word for word in words)
    return label[0].upper() + label[1:]


def family_of(name: str) -> Family:
    """Return the family that the words of a custom attribute suggest; declared where none does.

    >>> family_of("Total Time Spent on Website").value, family_of("crm_edition").value
    ('behavioural', 'declared')
    """
    words = set(words_of(name))
    return next((family for family, known in column_words().families.items() if words & known), Family.DECLARED)


def is_protected_name(name: str) -> bool:
    """Return whether a name speaks of what law protects of a person.

    >>> [is_protected_name(name) for name in ("customer age", "Age Group", "lead_age", "page", "package", "Page Views")]
    [True, True, False, False, False, False]
    """
    words, protected = set(words_of(name)), column_words().protected
    if protected.words & words or _has_phrase(words_of(name), protected.phrases):
        return True
    of_a_person = protected.of_persons & words and not protected.things & words
    return bool(of_a_person or (protected.origins & words and not protected.firms & words))


def is_personal_name(name: str) -> bool:
    """Return whether a column holds names of persons or contact data, going by its whole name.

    >>> [is_personal_name(name) for name in ("Lead E-mail", "mobile_phone", "Do Not Email", "Email opens", "contact")]
    [True, True, False, False, False]
    >>> [is_personal_name(name) for name in ("Decision Maker Name", "Skype ID", "Company Name", "Stage Name")]
    [True, True, False, False]
    """
    personal = column_words().personal
    is_contact_data = _is_one_of(name, personal.reached_by, personal.endings)
    return is_contact_data or _is_one_of(name, personal.columns) or _names_a_person(name)


def _names_a_person(name: str) -> bool:
    """Return whether the word name stands behind a word for persons, or before one: Name of the wife."""
    words, persons = words_of(name), column_words().personal.persons
    before_last, last = ("", "", *words)[-2:]
    return (last in ("name", "names") and before_last in persons) or (words[:2] == ("name", "of") and last in persons)


def is_name_of_person(name: str) -> bool:
    """Return whether a column holds names of persons, or parts of them.

    >>> [is_name_of_person(name) for name in ("First Name", "nachname", "Company Name", "user name")]
    [True, True, False, False]
    """
    return _is_one_of(name, column_words().personal.names_of_persons)


def is_phone_name(name: str) -> bool:
    """Return whether a column holds telephone numbers.

    >>> [is_phone_name(name) for name in ("Work Phone", "mobile_number", "phone type")]
    [True, True, False]
    """
    personal = column_words().personal
    return _is_one_of(name, personal.phones, personal.endings)


def is_free_text_name(name: str) -> bool:
    """Return whether a column holds what people wrote, going by its whole name.

    >>> [is_free_text_name(name) for name in ("Sales Notes", "Call Summary", "Note Count", "Product description")]
    [True, True, False, False]
    """
    *before, last = words_of(name) or ("",)
    free_text = column_words().free_text
    return _is_one_of(name, free_text.columns) or (last in free_text.endings and free_text.subjects.issuperset(before))


def _is_one_of(name: str, phrases: frozenset[str], endings: frozenset[str] = frozenset()) -> bool:
    """Return whether a name is one of the phrases, beside who holds it and a number; the endings may follow."""
    words, holders = words_of(name), column_words().personal.holders
    bare = [word for word in words if word not in holders and not word.isdigit()]
    while bare[1:] and bare[-1] in endings and " ".join(bare) not in phrases:
        bare.pop()
    return " ".join(words) in phrases or " ".join(bare) in phrases


def _has_phrase(words: Iterable[str], phrases: frozenset[str]) -> bool:
    text = f" {' '.join(words)} "
    return any(f" {phrase} " in text for phrase in phrases)


def is_post_contact_name(name: str) -> bool:
    """Return whether a name speaks of what sales writes down after the contact.

    >>> [is_post_contact_name(name) for name in ("Tags", "Lead Quality", "Reason lost", "Lead Source", "TotalVisits")]
    [True, True, True, False, False]
    >>> [is_post_contact_name(name) for name in ("Call Duration", "Session Duration", "Days to close", "Awards won")]
    [True, False, True, False]
    """
    words, after = [_singular(word) for word in words_of(name)], column_words().after_contact
    return (
        bool(after.words & set(words))
        or any(word in after.unless_beside and not _is_harmless(word, set(words)) for word in words)
        or bool(after.reasons & set(words) and after.endings & set(words))
        or any(first in after.bargains and second in after.facts for first, second in pairwise(words))
        or _has_phrase(words, after.phrases)
    )


def _is_harmless(word: str, beside: set[str]) -> bool:
    """Return whether a word means something else here, and no talk with sales is spoken of after all."""
    after = column_words().after_contact
    return bool(after.unless_beside[word] & beside) and not after.talks & beside


def _singular(word: str) -> str:
    """Return a word without the s of the plural; that of loss and status stays.

    >>> [_singular(word) for word in ("tags", "loss", "status")]
    ['tag', 'loss', 'status']
    """
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def begins_with_first_name(text: str) -> bool:
    """Return whether a cell begins with a frequent first name, or has one after a comma, and is no longer than a name.

    >>> [begins_with_first_name(text) for text in ("Erika Mustermann", "Miller, John", "New York", "John said he rang")]
    [True, True, False, True]
    >>> begins_with_first_name("John said that he rang")
    False
    """
    words = text.lower().split()
    first = text.lower().partition(",")[2].split()[:1] or words[:1]
    return len(words) <= 4 and bool(column_words().cells.first_names & set(first))


def shown(cell: str) -> str:
    """Return a cell as a log may show it: of what may be contact data or a person's name, only how it is written.

    >>> [shown(cell) for cell in ("12k", "31/31/2020", "ann@acme.example", "Erika Mustermann")]
    ['12k', '99/99/9999', 'xxx@xxxx.xxxxxxx', 'xxxxx xxxxxxxxxx']
    """
    text = cell[:LONGEST_SHOWN]
    if "@" not in text and len(text.split()) < 2 and sum(map(str.isdigit, text)) < 7:
        return text
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "x", text))


def has_id_word(name: str) -> bool:
    """Return whether a name says that a column holds keys or numbers of something.

    >>> has_id_word("Lead-Nr."), has_id_word("线索编号"), has_id_word("商談ID"), has_id_word("Paid")
    (True, True, True, False)
    """
    words, identifiers = words_of(name), column_words().identifiers
    unparted = [word for word in words if not word.isascii()]  # Chinese and Japanese part no words
    ends = tuple(each for each in identifiers if not each.isascii() or each == "id")
    compound = any(word.endswith("nummer") for word in words)  # Kundennummer
    return compound or bool(identifiers & set(words)) or any(word.endswith(ends) for word in unparted)


def is_time_name(name: str) -> bool:
    """Return whether a name says that a column holds moments, not how long something took.

    >>> [is_time_name(name) for name in ("Create Date", "closedate", "created_at", "Time Spent", "Lifetime Value")]
    [True, True, True, False, False]
    """
    words, moments = words_of(name), column_words().moments
    is_moment = bool(moments.words & set(words)) or words[-1:] in (("at",), ("on",), ("am",))
    return is_moment and not moments.lengths & set(words)


def changed_at_of(names: Iterable[str]) -> str | None:
    """Return the column that says by its name when a row was changed; None where none does.

    >>> changed_at_of(["Created Date", "Last Modified Date", "Changed Owner"])
    'Last Modified Date'
    """
    by_words = {" ".join(words_of(name)): name for name in names}
    return next((by_words[phrase] for phrase in column_words().moments.changes if phrase in by_words), None)


def claims(columns: list[str], vocabulary: list[str], explicit: dict[str, str]) -> dict[str, str]:
    """Return for columns of the vocabulary the columns of a source that bear their name or an alias.

    What is mapped explicitly comes first, then exact names, then aliases; each column is claimed once.

    >>> claims(["Lead Source", "Title"], ["source", "job_title", "city"], {})
    {'source': 'Lead Source', 'job_title': 'Title'}
    """
    claimed = {name: column for name, column in explicit.items() if column in columns}
    for name in (name for name in vocabulary if name in columns and name not in claimed):
        if name not in claimed.values():
            claimed[name] = name
    by_words = {" ".join(words_of(column)): column for column in reversed(columns)}
    aliases = column_words().column_names.sure
    for name in (name for name in vocabulary if name not in claimed and name not in explicit):
        candidates = (by_words.get(alias) for alias in (name.replace("_", " "), *aliases.get(name, ())))
        column = next((column for column in candidates if column and column not in claimed.values()), None)
        if column is not None:
            claimed[name] = column
    return claimed


def currency_column(amount: str, names: Collection[str]) -> str | None:
    """Return which column names the currency of an amount: one called like it, or one for all that are amounts.

    >>> currency_column("Amount", ["Amount", "Amount Currency"]), currency_column("Annual Revenue", ["CurrencyIsoCode"])
    ('Amount Currency', 'CurrencyIsoCode')
    >>> currency_column("Employees", ["Currency", "Employees"])
    """
    own, money = words_of(amount), column_words().money
    others = {
        name: tuple(word for word in words_of(name) if word not in money.currencies)
        for name in names
        if is_currency_name(name)
    }
    called_like_it = next((name for name, words in others.items() if words and words == own), None)
    for_all = next((name for name, words in others.items() if money.beside.issuperset(words)), None)
    return called_like_it or (for_all if money.amounts & set(own) else None)


def is_currency_name(name: str) -> bool:
    """Return whether a column may name currencies.

    >>> is_currency_name("Lead Currency"), is_currency_name("Revenue")
    (True, False)
    """
    return bool(column_words().money.currencies & {*words_of(name)})
