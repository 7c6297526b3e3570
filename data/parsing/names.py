"""Names of companies, titles and persons that were made up: keys struck in a row, filler, nothing but signs.

Few real names may be taken for made up, so what could be an abbreviation is believed: 3M, H&M, ASD, KPMG, Ng, 4711.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import pandas as pd
import pyarrow.compute as pc

from data.parsing.times import to_arrow

FILLER = (
    r"(?:test|dummy|fake|sample|example)[ _-]?(?:company|firm|account|lead|user|name|contact|person|test) ?\d*",
    r"(?:test|muster)[ _-]?(?:firma|unternehmen|kunde|kontakt) ?\d*|test (?:gmbh|ag|ltd|inc|llc|corp)\.?",
    r"test|testing|test ?\d+|dummy|fake|none|n\.a\.?|nobody|nothing|no company|no name|not applicable|unknown|tbd",
    r"your company|company name|my company|first name|last name|job title|foo|bar|foobar|foo bar|lorem ipsum",
    r"k\. ?a\.?|keine angaben?|ohne angabe|nicht angegeben|unbekannt|not (?:given|specified|provided)",
    r"john doe|jane doe|joe bloggs|(?:max|erika) mustermann|mickey mouse|micky maus|donald duck",
    r"abcdef|abc ?123|xx+|blah|bla bla|blah blah|(?:bla|blah|ha|la)(?: ?(?:bla|blah|ha|la)){2,}",
)
KEYS = (
    r"(?:asd|qwe|zxc|sdf|dfg|jkl){2,}[fr]?|(?:sd|df|fg|gh|jk){2,}|(?:asdf|qwer){2,}",
    r"asdfg?h?j?k?l?|sdfgh?j?k?l?|dfghj?k?l?|fghjk?l?|ghjkl?|hjkl|lkjhg?f?d?s?a?",
    r"qwer|qwert[yz]?u?i?o?p?|poiuy?t?r?e?w?q?|[zy]xcvb?n?m?|mnbvc?x?[zy]?",
)
SMALL = "asd|qwe|zxc|sdf|jkl|aaa|xyz|abcd|abcde|azerty(?:uiop)?"
"""What is an abbreviation, or a firm, with capitals."""
NO_VOWEL = "[A-Z]?[b-df-hj-np-tv-xz]{6,}"
REPEATED = "|".join(f"{sign}{{4,}}" for sign in "abcdefghijklmnopqrstuvwyz23456789")
NUMBERS = r"0+|1+|12|123|1234|\d[\d ./-]{3,}\d"
SIGNS = r"[^\pL\pN]+"
MADE_UP = rf"^(?:(?i:{'|'.join((*FILLER, *KEYS, REPEATED))})|{SMALL}|{NO_VOWEL}|{NUMBERS}|{SIGNS})$"


def is_made_up(names: pd.Series) -> pd.Series:
    """Return which names were made up; a missing one was not.

    >>> list(is_made_up(pd.Series(["asdf", "Test", "1111", "3M", "Test & Measurement Ltd", "小米", None])))
    [True, True, True, False, False, False, False]
    """
    matches = pc.match_substring_regex(pc.utf8_trim_whitespace(to_arrow(names)), MADE_UP)
    return pd.Series(pc.fill_null(matches, False).to_numpy(zero_copy_only=False), index=names.index)


def without_made_up(names: pd.Series) -> pd.Series:
    """Return names with those that were made up missing."""
    return names.mask(is_made_up(names))
