"""Who may open the pages, and what stands before each of them.

`access` knows people, their roles and tokens; `guard` signs them in, checks that changes come from a form of the pages,
and makes every answer strict.
"""

from app.security.access import LOCAL, Access, access_for, signing_key
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
    Viewer,
    csrf_token,
    signed_in,
)

__all__ = [
    "CSRF_CHECK",
    "LOCAL",
    "POLICY",
    "Access",
    "Admin",
    "CurrentAccess",
    "Forged",
    "Headers",
    "NotAllowed",
    "NotSignedIn",
    "Sales",
    "Viewer",
    "access_for",
    "csrf_token",
    "signed_in",
    "signing_key",
]
