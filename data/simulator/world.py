"""The simulated world as tables: companies, personas, sources, assets and what they say about a lead.

``share`` is the share of the accounts or leads; ``points`` add up to the fit of a lead, where 0 is the typical lead
and 1 a good one; ``intent`` is how likely each first intent is, in the order of `data.simulator.chain.INTENTS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data.simulator.draw import Floats

DATA_START, DRIFT_START, DATA_END = np.array(["2024-01-01", "2025-07-01", "2026-01-01"], "datetime64[us]").astype(int)
"""Moments, in microseconds since 1970-01-01T00:00Z."""

Intent = tuple[float, float, float, float]


def column(table: Mapping[str, object], field: str) -> Floats:
    """Return one field of all rows of a table.

    >>> column(CRM_EDITIONS, "share").tolist()
    [0.35, 0.25, 0.28, 0.12]
    """
    return np.array([getattr(row, field) for row in table.values()], dtype=np.float64)


class Trait(NamedTuple):
    """Something that an account is or has."""

    share: float
    points: float


class Industry(NamedTuple):
    """What an account does."""

    share: float
    points: float
    employees: int
    """The median company's number of employees."""


class Country(NamedTuple):
    """Where an account sits."""

    share: float
    points: float
    region: str
    cities: tuple[str, ...]


class BuyerPersona(NamedTuple):
    """What a lead is to the purchase."""

    share: float
    points: tuple[float, float, float]
    """In a small, a medium-sized and a large company."""
    haste: float
    """How much more often than others they come by an asset of those who are ready to buy."""
    intent: Intent
    """Times the intent that the asset shows."""
    free_mail: float
    """Share of those who give a private address."""
    authority: tuple[float, float, float, float]
    """Share of those who declare each of AUTHORITIES."""
    titles: tuple[str, ...]


class EntryAsset(NamedTuple):
    """What a lead asked for when it came."""

    event: str
    """The type of event that this is."""
    intent: Intent
    hot: bool = False
    """Whether those who are ready to buy ask for it."""


class Source(NamedTuple):
    """The channel that brought a lead."""

    share: float
    points: float
    campaigns: tuple[str, ...]
    assets: tuple[int, ...]
    """How often each of ASSETS is the way in, in their order."""
    pace: int = 1
    """How fast its deals go on: the place in `data.simulator.chain.PACES`."""


INDUSTRIES = {
    "Software": Industry(0.20, 0.5, 120),
    "Manufacturing": Industry(0.18, 0.4, 400),
    "Financial Services": Industry(0.12, 0.3, 600),
    "Logistics": Industry(0.10, 0.2, 250),
    "Professional Services": Industry(0.12, 0.1, 60),
    "Healthcare": Industry(0.10, -0.1, 350),
    "Retail": Industry(0.10, -0.4, 150),
    "Education": Industry(0.05, -0.8, 200),
    "Public Sector": Industry(0.03, -1.0, 500),
}
COUNTRIES = {
    "Germany": Country(0.22, 0.2, "DACH", ("Berlin", "Munich", "Hamburg", "Cologne")),
    "Austria": Country(0.06, 0.2, "DACH", ("Vienna", "Graz")),
    "Switzerland": Country(0.06, 0.3, "DACH", ("Zurich", "Basel")),
    "France": Country(0.12, 0.0, "Western Europe", ("Paris", "Lyon", "Lille")),
    "Netherlands": Country(0.07, 0.1, "Western Europe", ("Amsterdam", "Utrecht")),
    "United Kingdom": Country(0.14, 0.1, "Western Europe", ("London", "Leeds", "Bristol")),
    "Italy": Country(0.07, -0.2, "Southern Europe", ("Milan", "Turin")),
    "Spain": Country(0.07, -0.2, "Southern Europe", ("Madrid", "Valencia")),
    "United States": Country(0.16, 0.1, "North America", ("Boston", "Denver", "Austin", "Chicago")),
    "India": Country(0.03, -0.6, "Asia", ("Pune", "Chennai")),
}
TECHNOLOGIES = {
    "AWS": Trait(0.40, 0.1),
    "Azure": Trait(0.35, 0.0),
    "HubSpot": Trait(0.20, 0.3),
    "Salesforce": Trait(0.25, 0.4),
    "SAP": Trait(0.20, 0.1),
    "Snowflake": Trait(0.12, 0.3),
    "Spreadsheets": Trait(0.30, -0.4),
    "WordPress": Trait(0.30, 0.0),
}
CRM_EDITIONS = {
    "none": Trait(0.35, -0.3),
    "starter": Trait(0.25, 0.0),
    "professional": Trait(0.28, 0.3),
    "enterprise": Trait(0.12, 0.4),
}
BEST_SIZE, SIZE_POINTS, SIZE_PENALTY = 300, 0.4, 0.25
"""A company of 300 employees gets 0.4 points, one that is ten times larger or smaller 0.25 less."""


def size_points(employees: Floats) -> Floats:
    """Points for the size of a company: those in the middle fit best.

    >>> size_points(np.array([3.0, 300.0, 30_000.0])).round(2).tolist()
    [-0.6, 0.4, -0.6]
    """
    return SIZE_POINTS - SIZE_PENALTY * np.log10(employees / BEST_SIZE) ** 2


SIZE_EDGES = (50, 1000)
"""Numbers of employees from which a company is medium-sized, and large."""
AUTHORITIES = ("decides", "recommends", "uses", "none")
PERSONAS = {
    "decision maker": BuyerPersona(
        share=0.28,
        points=(0.5, 0.6, 0.2),
        haste=1.1,
        intent=(0.9, 1.0, 1.0, 1.2),
        free_mail=0.06,
        authority=(0.70, 0.20, 0.05, 0.05),
        titles=(
            *("CEO", "Managing Director", "Founder", "Chief Revenue Officer", "COO", "Chief Financial Officer"),
            *("VP Sales", "VP of Marketing", "Vice President, Commercial", "Head of Sales", "Head of Marketing"),
            *("Sales Director", "Director of Operations", "Geschäftsführer"),
        ),
    ),
    "evaluator": BuyerPersona(
        share=0.30,
        points=(0.0, 0.4, 0.6),
        haste=1.1,
        intent=(1.0, 1.0, 1.1, 1.0),
        free_mail=0.05,
        authority=(0.15, 0.60, 0.20, 0.05),
        titles=(
            *("IT Manager", "Head of IT", "Leiter IT", "Solutions Architect", "Senior Software Engineer"),
            *("CRM Manager", "Data Engineer", "Systems Administrator", "Sr. Business Analyst", "RevOps Manager"),
            *("Sales Operations Manager", "Marketing Operations Lead"),
        ),
    ),
    "practitioner": BuyerPersona(
        share=0.33,
        points=(-0.4, 0.0, 0.1),
        haste=0.9,
        intent=(1.1, 1.0, 0.9, 0.8),
        free_mail=0.10,
        authority=(0.05, 0.25, 0.55, 0.15),
        titles=(
            *("Marketing Specialist", "Content Manager", "Demand Generation Manager", "Project Coordinator"),
            *("Sales Representative", "Account Executive", "SDR", "Inside Sales", "Sales Assistant"),
            *("Customer Success Manager", "Office Manager"),
        ),
    ),
    "student": BuyerPersona(
        share=0.05,
        points=(-2.0, -2.0, -2.0),
        haste=0.6,
        intent=(1.5, 1.5, 0.1, 0.02),
        free_mail=0.80,
        authority=(0.00, 0.05, 0.15, 0.80),
        titles=("Student", "Research Assistant", "Intern", "PhD Candidate", "MBA Student", "Working Student"),
    ),
    "job seeker": BuyerPersona(
        share=0.04,
        points=(-9.0, -9.0, -9.0),
        haste=0.6,
        intent=(1.0, 1.0, 0.01, 0.001),
        free_mail=0.75,
        authority=(0.02, 0.05, 0.13, 0.80),
        titles=("Job Seeker", "Looking for new opportunities", "Freelancer", "Consultant", "Junior Sales Manager"),
    ),
}
ASSETS = {
    "case_study": EntryAsset("download", (0.46, 0.53, 0.007, 0.003)),
    "ebook": EntryAsset("download", (0.48, 0.50, 0.01, 0.01)),
    "trend_webinar": EntryAsset("webinar", (0.40, 0.52, 0.06, 0.02)),
    "newsletter": EntryAsset("subscription", (0.60, 0.39, 0.01, 0.00)),
    "product_webinar": EntryAsset("webinar", (0.08, 0.32, 0.45, 0.15), hot=True),
    "trial": EntryAsset("trial", (0.03, 0.17, 0.50, 0.30), hot=True),
    "price_list": EntryAsset("download", (0.02, 0.08, 0.40, 0.50), hot=True),
    "demo_request": EntryAsset("demo_request", (0.02, 0.08, 0.40, 0.50), hot=True),
}
SOURCES = {  # the assets: case study, ebook, trend webinar, newsletter, product webinar, trial, price list, demo
    "content": Source(0.24, 0.1, ("case-stories", "ebooks", "benchmark"), (30, 8, 3, 2, 13, 9, 13, 15), pace=2),
    "organic": Source(0.20, 0.1, ("website", "blog"), (8, 4, 2, 3, 12, 22, 20, 24)),
    "ppc": Source(0.20, -0.3, ("brand", "competitor", "generic"), (6, 4, 2, 1, 8, 22, 22, 31), pace=0),
    "webinar": Source(0.12, 0.0, ("roadshow", "expert-talks"), (2, 1, 15, 1, 55, 5, 6, 9)),
    "partner": Source(0.12, 0.75, ("resellers", "integrations"), (8, 2, 1, 1, 10, 16, 21, 38)),
    "social": Source(0.12, -0.5, ("network", "video"), (12, 9, 5, 4, 12, 15, 13, 20)),
}
TURNING_SOURCE = "partner"
"""The source whose points turn into their opposite in the drift."""
LEADS_PER_ACCOUNT = 2.2
WITHOUT_ACCOUNT = 0.03
"""Share of the leads that the CRM could not give to an account."""
DEAL_OF_ONE, DEAL_GROWTH = 800.0, 0.55
"""What a company of one would pay, and the power of the number of employees that it grows with: 300 pay 18,000."""
HIDDEN_SPREAD = 0.5
"""Standard deviation of the part of the fit that no attribute shows."""
TYPICAL_POINTS = 0.75
"""Mean of the points of those who might buy, taken off so that their fit is around 0."""

# What leads declare in forms, by first intent or by the hidden part of their fit.
DECLARES = (0.25, 0.30, 0.40, 0.45)
"""Share of the leads that fill in each declared field, by first intent."""
TIMELINES = (30, 60, 90, 180, 365)
TIMELINES_BY_INTENT = ((3, 4, 8, 25, 60), (4, 8, 13, 35, 40), (15, 25, 30, 20, 10), (35, 35, 18, 8, 4))
NEEDS = ("none", "vague", "clear", "urgent")
BUDGET_ON_HIDDEN = 0.4
"""What one unit of the hidden part of the fit adds to the logarithm of the budget."""
NEED_EDGES = (-0.6, 0.0, 0.6)
"""The hidden part of the fit, give or take, from which the need is vague, clear, urgent."""
NEWSLETTERS = ("never", "monthly", "weekly")
NEWSLETTERS_BY_INTENT = ((50, 35, 15), (30, 45, 25), (25, 40, 35), (25, 35, 40))
FORM_VARIANTS = ("A", "B", "C")
"""Which form the lead saw: pure noise."""

OWNERS = ("Mara Lindt", "Jonas Ferro", "Priya Vale", "Tom Askew", "Elif Soran", "Pia Brandt")
FIRST_NAMES = tuple(
    "ada ben cleo dora emil finn greta hugo ines jan kira leo mona nils olga paul rosa sven tara uwe vera yara".split()
)
LAST_NAMES = tuple(
    "aldin brook carver dorn eller falk garno hollin imber jarrow kelten lorne marlow norden ostry pellin quade rovan "
    "stell tavish umber varga wendel yoren zabel".split()
)
COMPANY_STEMS = tuple(
    "Alpen Blau Cedar Delta Elber Fjord Granit Hafen Iris Jura Kora Lumo Mistral Nord Orbit Pinea Quell Rhein Silva "
    "Terra Ultra Velo Weser Xeno Zinn".split()
)
COMPANY_ENDINGS = tuple("bridge data forge gate hub kraft line logic metric net point soft tec werk works".split())
COMPANY_FORMS = ("AG", "GmbH", "Group", "Inc", "Ltd", "Partners", "Systems")
FREE_MAIL = ("gmail.com", "gmx.net", "outlook.com", "yahoo.com")
