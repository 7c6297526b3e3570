"""Names of companies, compared: the same firm is written with and without accents, capitals and its legal form."""

from __future__ import annotations

import re
import unicodedata

LEGAL_FORMS = "gmbh|ag|kg|inc|ltd|limited|llc|plc|corp|corporation|company|co|sa|sas|srl|spa|bv|nv|ab|oy|as"
"""Alternatives of a regular expression, in small letters."""


def normalized_company(name: str) -> str:
    """Return the name of a firm without accents, punctuation, blanks, capitals and legal form.

    >>> normalized_company("Société Générale S.A."), normalized_company("Rival GmbH & Co. KG")
    ('societegenerale', 'rival')
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    # S.A. is the legal form SA.
    joined = re.sub(r"\b(\w)\.(?=\w\b)", r"\1", letters)
    return re.sub(r"[\W_]", "", re.sub(rf"\b(?:{LEGAL_FORMS})\b", "", joined))
