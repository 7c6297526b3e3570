"""Tell encodings of one byte a letter apart by what their letters spell.

The same bytes are letters in each of them: Größe in cp1252 is Größe in cp1250 too, but Źródło is ród³o with a sign. So
a text is read in each, and the encoding is taken in which the most letters beyond ASCII are those of one language,
where it has them: no capital within a word of small letters, and no õ in Portuguese but before an e.
"""

# ruff: noqa: RUF001
# (letters that look like others are the point)

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import NamedTuple

ENOUGH = 0.85
"""Share of the characters beyond ASCII that must be letters of the language, or the text is in no such encoding."""
MIXED = "[a-z](?=[а-џґ])|[а-џґ](?=[a-z])"
"""Latin letters beside Cyrillic ones in one word."""
MARKS = frozenset("\u00a0€‚„…‘’“”•–—™®©°§«»‹›¡¿·º²³½¼£¥¹ª№\u200b")
"""Signs that texts of all languages have between their words."""
SMALL, CAPITAL = "a-zß-öø-ÿāăąćčďđęěğıłńňōőœřśşšťůűźżžа-џґ", "À-ÖØ-ÞŸĀĂĄĆČĎĐĘĚĞİŁŃŇŌŐŒŘŚŞŠŤŮŰŹŻŽА-ЯЁІЇЄҐ"
CAPITAL_INSIDE = re.compile(rf"(?<=[{SMALL}])[{CAPITAL}]|(?<=[A-Z{CAPITAL}])[{CAPITAL}](?=[{SMALL}])")
"""Capitals beyond ASCII behind a small letter, or between a capital and a small letter."""
MARK_AT_LETTER = re.compile(
    r"[^\w\s\x00-\x7f’‘“”„«»–—…™®©°](?=[^\W\d_])"
    r"|(?<=[^\W\d_])(?:[^\w\s\x00-\x7f’‘“”„«»–—…™®©°·]|[ºª¹²³](?=[^\W\d_]))"
    r"|(?<=[a-z])[‘“”„«»–—…™®©°](?=[a-z])"
)
"""Signs at a letter, where texts have none: ³ in ród³o."""


class Language(NamedTuple):
    """The small letters beyond ASCII of a language, a pattern of places where they never are, and its encodings."""

    letters: str
    never: str
    encodings: tuple[str, ...]


WESTERN = ("cp1252", "mac_roman")
CENTRAL = ("cp1250", "iso8859_2")
CYRILLIC = ("cp1251", "koi8_r", "iso8859_5")
PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
EAST_ASIAN = 0.95
"""Share of the bytes beyond ASCII that come in pairs."""
KANA, HANGUL, FREQUENT, FEWEST_SIGNS = (0xA3, 0xA4, 0xA5), (0xB0, 0xC8), (0xB0, 0xD7), 6
KATAKANA_OR_HIRAGANA = re.compile("[\u3040-\u30ff]")
LANGUAGES = (
    Language("äöüß", "", WESTERN),
    Language("éèêëàâçîïôùûüœæÿ", "è(?=[aeiou])|ê(?=[aeiou])|ù(?=\\w)|ï(?=[bcdfgjkpqwxz])", WESTERN),
    Language("áéíóúñü", "", WESTERN),
    Language("ãõáéíóúâêôàçü", "õ(?!e)|ã(?=[iu])|ê(?=[aeiou])", WESTERN),
    Language("àèéìíòóùú", "[àèìòù](?=\\w)", WESTERN),
    Language("ëïéèüöäáóíúêâ", "è(?=[aeiou])|[äâ]", WESTERN),
    Language("åäöé", "", WESTERN),
    Language("æøåéöäü", "", WESTERN),
    Language("ąćęłńóśźż", "", CENTRAL),
    Language("абвгдежзийклмнопрстуфхцчшщъыьэюяё", MIXED, CYRILLIC),
    Language("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", MIXED, ("cp1251",)),
    Language("çğıöşüâîûİ", "", ("cp1254",)),
    Language("áčďéěíňóřšťúůý", "", CENTRAL),
    Language("áäčďéíĺľňóôŕšťúýž", "", CENTRAL),
    Language("áčďéěíňóřšťúůýž", "", CENTRAL),
    Language("áéíóöőúüű", "", CENTRAL),
    Language("ăâîşţșț", "", CENTRAL),
    Language("čćžšđ", "", CENTRAL),
    Language("àèéíïòóúüç·", "[èò](?=[aeiou])", WESTERN),
    Language("áðéíóúýþæö", "", WESTERN),
)
"""The languages with the most writers first: of two that a text may be in, the first is taken."""


def encoding_of(sample: bytes) -> str | None:
    """Return the encoding of one byte a letter in which a text spells something; None where it does in none.

    >>> encoding_of("Größe".encode("cp1252")), encoding_of("Größe".encode("mac_roman"))
    ('cp1252', 'mac_roman')
    >>> encoding_of("Źródło".encode("cp1250")), encoding_of("İstanbul".encode("cp1254"))
    ('cp1250', 'cp1254')
    """
    texts = {name: _read(sample, name) for language in LANGUAGES for name in language.encodings}
    if _has_marks_only(texts["cp1252"]):
        return "cp1252"
    of_language = [
        (_share(texts[name], language), name, rank)
        for rank, language in enumerate(LANGUAGES)
        for name in language.encodings
    ]
    return _best(of_language) or _best([(_share_by_words(text, name), name, 0) for name, text in texts.items()])


def _best(shares: Sequence[tuple[float, str, int]]) -> str | None:
    """Return the encoding with the highest share of letters in their places, where that is high enough.

    Of two with the same share, one of Windows is taken, then that of the language with the most writers.
    """
    share, encoding, _ = max(shares, key=lambda each: (each[0], each[1].startswith("cp"), -each[2]))
    return encoding if share >= ENOUGH else None


def east_asian_encoding_of(sample: bytes) -> str | None:
    """Return the encoding of two bytes a sign that a text is in; None where it is in none.

    >>> east_asian_encoding_of("客户状态赢单".encode("gbk")), east_asian_encoding_of("リードの状態".encode("shift_jis"))
    ('gb18030', 'cp932')
    """
    pairs = PAIR.findall(sample)
    high = sum(byte >= 0x80 for byte in sample)
    if is_euc(sample):
        leads = [pair[0] for pair in pairs]
        kana = sum(lead in KANA[1:] for lead in leads)
        korean = len(leads) >= FEWEST_SIGNS and all(HANGUL[0] <= lead <= HANGUL[1] for lead in leads)
        first = "euc_jp" if kana > len(leads) / 10 else "cp949" if korean else "gb18030"
        return next((name for name in (first, "gb18030") if _is_strict(sample, name)), None)
    if sum(KATAKANA_OR_HIRAGANA.match(sign) is not None for sign in sample.decode("cp932", "ignore")) * 10 > high:
        return "cp932" if _is_strict(sample, "cp932") else None
    return next((name for name in ("big5", "cp932") if _is_strict(sample, name)), None)


def is_euc(sample: bytes) -> bool:
    """Return whether the bytes beyond ASCII come in pairs, and nearly all first ones stand for frequent signs.

    Words in Cyrillic capitals do too, but of them the second bytes are capitals as well.
    """
    pairs, high = PAIR.findall(sample), [byte for byte in sample if byte >= 0x80]
    if not high or 2 * len(pairs) < EAST_ASIAN * len(high):
        return False
    frequent = sum(FREQUENT[0] <= pair[0] <= FREQUENT[1] or pair[0] in KANA for pair in pairs)
    capitals = sum(0xC0 <= byte <= 0xDF for byte in high)
    return frequent >= ENOUGH * len(pairs) and capitals < ENOUGH * len(high)


def _is_strict(sample: bytes, encoding: str) -> bool:
    """Return whether a text is in an encoding; the sample may end within a sign."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _read(sample: bytes, encoding: str) -> str:
    """Return a text in an encoding; nothing where more than a few of its bytes mean nothing there."""
    text = sample.decode(encoding, "replace")
    return text if text.count("\ufffd") * 100 <= len(sample) else ""


def _has_marks_only(text: str) -> bool:
    """Return whether a text has only signs beyond ASCII, between its words."""
    return bool(text) and all(sign.isascii() or sign in MARKS for sign in text) and not MARK_AT_LETTER.search(text)


def _share(text: str, language: Language) -> float:
    """Return the share of the characters beyond ASCII that are letters of a language where it has them."""
    letters = [character for character in text if not character.isascii() and character not in MARKS]
    counted = len(letters) + len(MARK_AT_LETTER.findall(text))
    if not counted:
        return 0.0
    known = sum(letter in language.letters or letter.lower() in language.letters for letter in letters)
    wrong = len(re.findall(language.never, text.lower())) if language.never else 0
    return (known - wrong - len(CAPITAL_INSIDE.findall(text))) / counted


def _share_by_words(text: str, encoding: str) -> float:
    """Return the mean share of the distinct words beyond ASCII, each in the language that suits it best."""
    words = {word for word in re.split(r"[\s,;\t|\"]+", text) if not word.isascii()}
    languages = [language for language in LANGUAGES if encoding in language.encodings]
    return sum(max(_share(word, each) for each in languages) for word in words) / len(words) if words else 0.0
