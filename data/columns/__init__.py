"""What a column of a source is, by its name and its cells: its kind, its role, and whether it may be used or shown.

The words that names are understood by stand in ``words.yaml``: sure ones, and likely ones for proposals.
"""

from data.columns.disclosure import SHARE, is_contact, is_named, name_of_others
from data.columns.profiles import MOSTLY, RARE, SET_SEPARATORS, Profile, kind_of, profile, suits
from data.columns.roles import (
    CONSTANT,
    EMPTY,
    PROTECTED,
    ROLES,
    Choice,
    fits_vocabulary,
    infer_schema,
    tells_of_persons,
)
from data.columns.word_lists import Phrases, Ranked, WordLists, Words, column_words, read_lists
from data.columns.words import (
    begins_with_first_name,
    changed_at_of,
    claims,
    currency_column,
    family_of,
    has_id_word,
    is_currency_name,
    is_name_of_person,
    is_personal_name,
    is_phone_name,
    is_post_contact_name,
    is_protected_name,
    label_of,
    shown,
    words_of,
)

__all__ = [
    "CONSTANT",
    "EMPTY",
    "MOSTLY",
    "PROTECTED",
    "RARE",
    "ROLES",
    "SET_SEPARATORS",
    "SHARE",
    "Choice",
    "Phrases",
    "Profile",
    "Ranked",
    "WordLists",
    "Words",
    "begins_with_first_name",
    "changed_at_of",
    "claims",
    "column_words",
    "currency_column",
    "family_of",
    "fits_vocabulary",
    "has_id_word",
    "infer_schema",
    "is_contact",
    "is_currency_name",
    "is_name_of_person",
    "is_named",
    "is_personal_name",
    "is_phone_name",
    "is_post_contact_name",
    "is_protected_name",
    "kind_of",
    "label_of",
    "name_of_others",
    "profile",
    "read_lists",
    "shown",
    "suits",
    "tells_of_persons",
    "words_of",
]
