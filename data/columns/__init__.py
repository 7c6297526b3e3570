"""data.columns."""

from data.columns.disclosure import SHARE, is_contact, is_named, name_of_others
from data.columns.profiles import MOSTLY, RARE, SET_SEPARATORS, Profile, kind_of, profile, suits
from data.columns.roles import PERSONAL, PROTECTED, ROLES, Choice, fits_vocabulary, infer_schema, tells_of_persons
from data.columns.words import (
    claims,
    has_id_word,
    is_name_of_a_person,
    is_name_of_person,
    is_personal_name,
    is_phone_name,
    is_post_contact_name,
    is_protected_name,
    shown,
    words_of,
)

__all__ = [
    "MOSTLY",
    "PERSONAL",
    "PROTECTED",
    "RARE",
    "ROLES",
    "SET_SEPARATORS",
    "SHARE",
    "Choice",
    "Profile",
    "claims",
    "fits_vocabulary",
    "has_id_word",
    "infer_schema",
    "is_contact",
    "is_name_of_a_person",
    "is_name_of_person",
    "is_named",
    "is_personal_name",
    "is_phone_name",
    "is_post_contact_name",
    "is_protected_name",
    "kind_of",
    "name_of_others",
    "profile",
    "shown",
    "suits",
    "tells_of_persons",
    "words_of",
]
