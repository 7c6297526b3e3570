"""What names and values of other systems hint at, where nobody has said it: tables, times, outcomes, stages, events.

The lexicon knows names that are sure; these are guesses, for a proposal that people look over.
"""

from __future__ import annotations

from collections.abc import Collection

from data.columns import words_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


TABLE_WORDS = {
    "events": _words(
        "event events activity activities action actions interaction interactions engagement engagements touchpoint "
        "touchpoints clickstream tracking visits pageviews clicks"
    ),
    "stages": _words("stage stages history funnel lifecycle transition transitions status statuses"),
    "attribute_history": _words("attribute attributes field fields property properties history changes"),
    "outcomes": _words(
        "outcome outcomes closed closings deal deals won wins sale sales opportunity opportunities conversion "
        "conversions"
    ),
    "leads": _words("lead leads mql mqls prospect prospects inquiry inquiries enquiry enquiries contact contacts"),
}
"""Words that say what a table holds; most words count, then the order."""
LEAD_WORDS = ("lead", "leads", "mql", "mqls", "prospect", "prospects", "inquiry", "enquiry", "contact", "contacts")
"""Words for a lead, the surest first."""
ACCOUNT_WORDS = _words("account company organization organisation firm")
KEY_WORDS = _words("id ids uuid guid key")
CREATION = ("creat", "regist", "signup", "receiv", "inquir", "enquir", "first", "submitt", "captur", "added")
NOT_CREATION = (
    *("clos", "won", "lost", "conver", "modif", "updat", "last", "chang", "birth", "due", "next", "end", "delet"),
    *("expir", "follow", "signed", "sold", "schedul", "renew"),
)
WINNING = ("won", "convert", "conversion", "signed", "sold")
CLOSING = ("clos", "decided", *WINNING)
OCCURRENCE = ("occur", "time", "date", "when", "happen", "logged", "creat", "at")
ENTRY = ("enter", "chang", "since", "moved", "from", "start", "date", "time", "at", "creat")
NOT_THE_MOMENT = ("updat", "modif", "until", "left", "exit", "end", "delet", "load", "ingest", "next", "due")

CHANGE_NAMES = {
    "field": ("field", "field name", "attribute", "property", "column"),
    "value": ("value", "new value"),
    "changed_at": ("changed at", "changed", "modified at", "created date", "created at", "timestamp"),
}
"""Names of the columns of a history of attributes, the surest first."""
WIDER_NAMES = {
    "leads": {
        "source": ("origin", "lead origin", "channel", "acquisition channel", "lead channel", "first source"),
        "asset": ("landing page id", "landing page url", "first page", "form", "form name", "content"),
        "campaign": ("campaign id", "utm campaign name"),
        "employees": ("employee range", "company employees", "num employees", "team size"),
        "annual_revenue": ("revenue", "company annual revenue"),
        "company": ("account", "organisation name", "employer"),
        "timeline_days": ("timeline", "days to decision"),
    },
    "events": {
        "type": ("event type", "event", "event name", "activity type", "activity", "action", "action type", "kind"),
        "asset": ("asset name", "content", "page", "page name", "url", "page url", "landing page id"),
        "campaign": ("campaign name", "campaign id", "utm campaign"),
        "event_id": ("id", "activity id", "action id", "event uuid"),
    },
    "stages": {
        "stage": ("stage name", "new stage", "to stage", "lead stage", "lifecycle stage", "status", "new status",
                  "to status", "phase"),
    },
    "costs": {
        "source": ("channel", "origin", "medium", "platform", "network"),
        "campaign": ("campaign id", "utm campaign name"),
        "month": ("date", "day", "week", "period", "year month"),
        "spend": ("cost", "costs", "amount spent", "ad spend", "total spend", "marketing spend", "amount", "expenses"),
        "currency": ("currency code",),
    },
    "asset_stats": {
        "asset": ("asset name", "content", "page", "page name", "url", "page url", "landing page id"),
        "month": ("date", "day", "week", "period", "year month"),
        "views": ("page views", "pageviews", "visits", "unique views", "view count", "sessions"),
    },
    "outcomes": {
        "won": ("is won", "closed won", "converted", "is converted", "outcome", "result", "success"),
        "amount": ("deal amount", "deal value", "deal size", "value", "contract value", "total", "revenue", "price"),
        "currency": ("currency code",),
    },
}  # fmt: skip
"""Further names of columns, as words, by table; the first that is there is taken."""

OUTCOME_NAMES = {
    3: _words("outcome converted conversion won win purchased bought sold subscribed iswon"),
    2: _words("y target label success signed class"),
    1: _words("customer deal status stage result closed disposition state phase response"),
}
"""Words in the name of an outcome column, by how much they say."""
FILLERS = _words("is has final the lead opportunity sales name")
WON_VALUES = _phrases(
    "won, closed won, deal won, win, customer, client, converted, sold, signed, purchased, bought, success, "
    "successful, subscribed, paid, paying, gewonnen, kunde"
)
LOST_VALUES = _phrases(
    "lost, closed lost, deal lost, loss, disqualified, unqualified, not converted, not interested, rejected, dead, "
    "junk, failure, failed, no sale, closed not converted, verloren, not won, junk lead"
)
OPEN_VALUES = _phrases(
    "open, new, in progress, pending, working, contacted, active, qualified, nurturing, negotiation, proposal, offen"
)
SURE_OUTCOMES = _phrases("won, lost, closed won, closed lost, deal won, deal lost, gewonnen, verloren")

STAGE_VALUES = {
    "contact": _phrases("contact, subscriber, visitor"),
    "lead": _phrases("lead, new lead, raw lead, new, inquiry, enquiry"),
    "mql": _phrases("mql, marketing qualified lead, marketing qualified"),
    "sql": _phrases("sql, sales qualified lead, sales qualified, sales accepted lead, sal"),
    "qso": _phrases(
        "qso, qualified sales opportunity, qualified opportunity, opportunity, sales qualified opportunity"
    ),
    "won": WON_VALUES,
    "lost": LOST_VALUES,
}
"""What stages are called elsewhere."""

EVENT_WORDS: dict[str, tuple[frozenset[str], ...]] = {
    "pricing_visit": (_words("pricing price prices"), _words("visit visits visited view views viewed page")),
    "careers_visit": (_words("career careers jobs"), _words("visit visits visited view views viewed page")),
    "blog_visit": (_words("blog"), _words("visit visits visited view views viewed post read page")),
    "email_open": (_words("email mail e"), _words("open opens opened")),
    "email_click": (_words("email mail e"), _words("click clicks clicked")),
    "subscription": (_words("subscribe subscribed subscribes subscription"),),
    "webinar": (_words("webinar webinars"),),
    "trial": (_words("trial"),),
    "demo_request": (_words("demo"), _words("request requests requested book booked ask asked")),
    "quote_request": (_words("quote quotation offer"), _words("request requests requested ask asked")),
    "download": (_words("download downloads downloaded"),),
    "site_visit": (_words("site website web page"), _words("visit visits visited view views viewed")),
}
"""For each of our types of event, words of which one each must be there; the first type that suits is taken."""
NEGATIONS = _words("not no un unsubscribe unsubscribed cancel cancelled canceled bounced bounce failed ended expired")


def role_of_name(name: str) -> str:
    """Return which of our tables a name suggests, or nothing.

    >>> [role_of_name(name) for name in ("crm_leads", "lead_events", "olist_closed_deals_dataset", "products")]
    ['leads', 'events', 'outcomes', '']
    >>> role_of_name("lead_history"), role_of_name("field_history")
    ('stages', 'attribute_history')
    """
    words = set(words_of(name))
    counts = {role: len(words & known) for role, known in TABLE_WORDS.items()}
    best = max(counts, key=lambda role: counts[role])
    return best if counts[best] else ""


def starts_with(name: str, stems: Collection[str]) -> int:
    """Count the words of a name that begin with one of some stems; short ones must be the whole word.

    >>> starts_with("first_contact_date", CREATION), starts_with("wonderful", CLOSING)
    (1, 0)
    """
    long = tuple(stem for stem in stems if len(stem) > 3)
    return sum(word in stems or word.startswith(long) for word in words_of(name))


def plain(value: str) -> str:
    """Return a name or a value as words: ``Closed-Won`` is ``closed won``."""
    return " ".join(words_of(value))


def stage_of(value: str) -> str:
    """Return what one of their stages is called in ours, or nothing; a number or letter before it counts for nothing.

    >>> [stage_of(value) for value in ("MQL", "Closed Won", "5 - Disqualified", "Demo held")]
    ['mql', 'won', 'lost', '']
    """
    text = plain(value).lstrip("0123456789 ")
    return next((ours for ours, known in STAGE_VALUES.items() if text in known), "")


def event_type_of(value: str) -> str:
    """Return which of our types of event a name is near to, or nothing.

    >>> [event_type_of(value) for value in ("Pricing Page Visit", "Opened e-mail", "Unsubscribed", "Call")]
    ['pricing_visit', 'email_open', '', '']
    """
    words = set(words_of(value))
    if words & NEGATIONS:
        return ""
    suiting = (ours for ours, parts in EVENT_WORDS.items() if all(words & part for part in parts))
    return next(suiting, "")


def outcome_strength(name: str) -> int:
    """Return how much the name of a column says of an outcome, from 0 to 3; ``y`` and ``status`` must stand alone.

    >>> [outcome_strength(name) for name in ("Converted", "is_customer", "y", "Lead Status", "Last Activity", "y_axis")]
    [3, 1, 2, 1, 0, 0]
    """
    words = set(words_of(name)) - FILLERS
    known = {word: strength for strength, of_strength in OUTCOME_NAMES.items() for word in of_strength}
    return max((known[word] for word in words), default=0) if words <= known.keys() else 0


def speaks_of_a_lead(name: str) -> int:
    """Return how sure a word for a lead is in a name: higher is surer, 0 where there is none."""
    places = [LEAD_WORDS.index(word) for word in words_of(name) if word in LEAD_WORDS]
    return len(LEAD_WORDS) - min(places) if places else 0


def has_key_word(name: str) -> bool:
    """Tell whether a name says that a column is a key: its last word, or the end of its only word."""
    words = words_of(name)
    return bool(words) and (words[-1] in KEY_WORDS or (len(words) == 1 and words[0] in ("leadid", "accountid")))
