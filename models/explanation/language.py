"""The language of the sentences that people read: English, or that of a gettext catalogue for the environment's.

A catalogue lies in ``models/explanation/languages/<language>/LC_MESSAGES/leadscore.mo``; LANGUAGE, LC_ALL,
LC_MESSAGES or LANG choose it, as everywhere. What is stored is codes and values, so that a score is read in any
language.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from features import Feature

FOLDER = Path(__file__).with_name("languages")
DOMAIN = "leadscore"
MORE = "{reason} – such leads buy more often ({won} of {leads}; all {overall})"
LESS = "{reason} – such leads buy less often ({won} of {leads}; all {overall})"
WHO_MORE = "{who} buy more often ({won} of {leads}; all {overall})"
WHO_LESS = "{who} buy less often ({won} of {leads}; all {overall})"
EVIDENCE = {(1, False): MORE, (-1, False): LESS, (1, True): WHO_MORE, (-1, True): WHO_LESS}
"""A reason with its evidence from history, by its direction, and by whether the leads that have it have a name."""
TOGETHER = "{reason}, together with: {other}"
"""A reason whose value alone speaks the other way, and the strongest of the others beside it."""
START = "where every lead starts"
TYPICAL = "typical at {stage}"
IN_STAGE = "at {stage} for {time}"
IN_STAGE_BESIDE = "at {stage} for {time}, where {typical} is typical"
WAY_TO_STAGE = "how it came to {stage}"
REST = "everything else"
"""The lines beside the reasons, with which they add up to the score."""
SOME = "Some {concept}"
REACHED = "Reached {concept}"
THERE = "{reason} (there: {value})"
AGAINST_BOTH = "against both: {reason}"
"""What two leads have in common: events, a stage, a number that is another there, and what is no good sign for both."""
BEFORE = "{now} (before: {then})"
STILL = "{now}, as before, beside what else changed"
BESIDE = "{change}, beside what else changed"
"""A change that by itself would rather speak the other way."""
ANOTHER_VALUE = "another value"
RARE = "a rare one"
"""What a level is called that the model does not tell from others, since too few leads had it: it may name a person."""
SUM = (START, TYPICAL, IN_STAGE, IN_STAGE_BESIDE, WAY_TO_STAGE, REST)
SENTENCES = (TOGETHER, *SUM, SOME, REACHED, THERE, AGAINST_BOTH, BEFORE, STILL, BESIDE, ANOTHER_VALUE, RARE)
Message = tuple[str, str]
"""A text as it stands in English, and its form for several; the latter is empty where nothing is counted."""


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, fallback=True)


def put(text: str, **values: str) -> str:
    """Put a text into the language of the environment, and values into its places.

    >>> put("{now} (before: {then})", now="Budget: 5", then="not given")
    'Budget: 5 (before: not given)'
    """
    return _filled(_catalogue().gettext(text) if text else "", values)


def counted(one: str, many: str, count: float, **values: str) -> str:
    """Put a text into the form that its language has for a number.

    >>> counted("{won} lead", "{won} leads", 1, won="1"), counted("{won} lead", "{won} leads", 2, won="2")
    ('1 lead', '2 leads')
    """
    whole = int(count) if float(count).is_integer() else 2  # a broken number counts as several
    return _filled(_catalogue().ngettext(one, many, whole), values)


def _filled(text: str, values: dict[str, str]) -> str:
    """Fill the places of a text; other braces, such as those in the name of a column, stay as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def messages(features: Iterable[Feature], words: Iterable[str] = ()) -> Iterator[Message]:
    """Yield all that is said of features, and further words, each English text once: what a catalogue translates."""
    texts = [(text, "") for text in (*EVIDENCE.values(), *SENTENCES, *words)]
    for feature in features:
        texts.append((feature.one, feature.sentence) if feature.one else (feature.sentence, ""))
        texts += [(feature.absent, ""), (feature.zero, ""), (feature.concept, ""), (str(feature.family), "")]
        texts.append((feature.who, ""))
    forms: dict[str, str] = {}
    for one, many in texts:
        forms[one] = forms.get(one) or many
    yield from ((one, many) for one, many in forms.items() if one)


def template(features: Iterable[Feature], words: Iterable[str] = ()) -> str:
    """Return the template of a catalogue, in the format of ``.pot`` files."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    return "\n".join([head, *(_entry(*message) for message in messages(features, words))])


def _entry(one: str, many: str) -> str:
    if many:
        return f'msgid "{_escaped(one)}"\nmsgid_plural "{_escaped(many)}"\nmsgstr[0] ""\nmsgstr[1] ""\n'
    return f'msgid "{_escaped(one)}"\nmsgstr ""\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
