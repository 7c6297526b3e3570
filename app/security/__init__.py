"""app.security."""

from app.security.access import LOCAL, Access, access_for, signing_key
from app.security.guard import (
    OUR_PAGE,
    POLICY,
    Admin,
    Forged,
    Headers,
    NotAllowed,
    NotSignedIn,
    OurSite,
    Sales,
    Viewer,
    csrf_of,
    signed_in,
)

__all__ = [
    "LOCAL",
    "OUR_PAGE",
    "POLICY",
    "Access",
    "Admin",
    "Forged",
    "Headers",
    "NotAllowed",
    "NotSignedIn",
    "OurSite",
    "Sales",
    "Viewer",
    "access_for",
    "csrf_of",
    "signed_in",
    "signing_key",
]
