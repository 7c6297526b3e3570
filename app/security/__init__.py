"""Who may open the pages, and what stands before each of them.

`access` knows people, their roles and tokens, `access_of_file` as the settings say them at each moment; `sessions` and
`guesses` let them in for a while; `guard` signs them in, checks that changes come from a form of the pages, and makes
every answer strict; `limits` bounds what a visitor costs.
"""

from app.security.access import LOCAL, SHORTEST_TOKEN, Access, access_for, is_loopback, may, signing_key
from app.security.access_of_file import AccessOfFile
from app.security.guard import (
    CSRF_CHECK,
    POLICY,
    Admin,
    CurrentAccess,
    Forged,
    Headers,
    NotAllowed,
    NotSignedIn,
    Sales,
    TooManyGuesses,
    Viewer,
    csrf_token,
    signed_in,
    user_of_token,
)
from app.security.guesses import Guesses
from app.security.limits import MOST_HEADERS, ImpatientProtocol, Limits
from app.security.sessions import LONGEST, Sessions

__all__ = [
    "CSRF_CHECK",
    "LOCAL",
    "LONGEST",
    "MOST_HEADERS",
    "POLICY",
    "SHORTEST_TOKEN",
    "Access",
    "AccessOfFile",
    "Admin",
    "CurrentAccess",
    "Forged",
    "Guesses",
    "Headers",
    "ImpatientProtocol",
    "Limits",
    "NotAllowed",
    "NotSignedIn",
    "Sales",
    "Sessions",
    "TooManyGuesses",
    "Viewer",
    "access_for",
    "csrf_token",
    "is_loopback",
    "may",
    "signed_in",
    "signing_key",
    "user_of_token",
]
