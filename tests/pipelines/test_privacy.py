"""Personal data stay where they came from: planted ones are in no artifact, database, log, score, page or card.

What lawfully stands in the workspace is the id of a lead, in the score store and the report, company and owner in the
store, by which sales knows a lead, and whole rows in the quarantine, which are kept to be mended there.
"""

import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import numpy as np
import pandas as pd
import pytest

LEADS = 500
FIRST = ["Erika", "Ali", "Maria", "Thomas", "Olga", "Ravi", "Jürgen", "Wei", "Kwame", "Anna"]
LOOKED_AT = (0, 1, 7, 100, 333, 480, 499)
"""Leads whose cells are searched for: the first and last, the one that is there twice, and those that are explained."""
TELLER = "Olga Zwetajewa"
"""A person who referred twelve leads, and thirty under a name that does not tell."""
RARE = "Wolfhard Zwirner"
"""A person who stands among industries, once for each of four leads with many snapshots each."""
STRAY_MAIL, STRAY_PHONE = "stray.zwirner@privat.example", "+49 170 5550199"


def persons(count: int, family: str) -> list[str]:
    return [f"{FIRST[number % len(FIRST)]} {family}{number // len(FIRST):03d}x" for number in range(count)]


def project(folder: Path) -> Path:
    """Write leads with events whose visits say how they end, and beside them all that must go no further."""
    random = np.random.default_rng(0)
    each = np.arange(LEADS)
    visits = random.poisson(3, LEADS)
    won = random.uniform(size=LEADS) < visits / 9
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(each, unit="D")
    leads = pd.DataFrame({"Id": [f"K-{number:05d}" for number in each], "Visits": visits})
    leads["Created"], leads["Status"] = created.strftime("%Y-%m-%d"), np.where(won, "won", "lost")
    leads["Closed"] = (created + pd.to_timedelta(random.integers(20, 60, LEADS), unit="D")).strftime("%Y-%m-%d")
    leads["Industry"] = random.choice(["Software", "Retail", "Farming"], LEADS)
    leads["Employees"] = random.integers(1, 500, LEADS).astype(str)
    for name, cells in planted().items():
        leads[name] = cells
    leads.loc[[100, 200, 300, 400], "Industry"] = RARE
    leads.loc[480, "Industry"] = leads.loc[310, "Employees"] = STRAY_MAIL
    leads.loc[320, "Closed"] = STRAY_PHONE
    again = leads.iloc[[7]]
    pd.concat([leads, again]).to_csv(folder / "leads.csv", index=False)
    events(leads, random).to_csv(folder / "events.csv", index=False)
    config = folder / "leadscore.yaml"
    config.write_text(
        """
tables: {leads: leads.csv, events: events.csv}
columns: {leads: {lead_id: Id, created_at: Created, closed_at: Closed}}
outcome: {column: Status, won: [won], lost: [lost]}
horizon: 60
segments: [Industry, Visits]
"""
    )
    return config


def planted() -> dict[str, list]:
    """Return personal columns under names that tell it and under names that do not."""
    names, referrers = persons(LEADS, "Zwickau"), persons(200, "Zobel")
    phones = [491_700_000_000 + 7 * number**2 for number in range(LEADS)]
    phones[1] = phones[0]
    return {
        "E-Mail": [f"{name.replace(' ', '.').lower()}@acme.example" for name in names],
        "x1": [f"zx{number}@home.example" for number in range(LEADS)],
        "Mobile Phone": [f"+49 151 555{number:04d}" for number in range(LEADS)],
        "x2": [f"0{160 + number % 9} 555{number:04d}7" for number in range(LEADS)],
        "x3": phones,
        "First Name": [name.split()[0] for name in names],
        "Last Name": [name.split()[1] for name in names],
        "x4": persons(LEADS, "Zander"),
        "Referred person": some_of(referrers, TELLER, 12),
        "x5": some_of(persons(150, "Zeisig"), TELLER, 30),
        "Notes": [f"Zitat {number % 50}: rings his wife first" for number in range(LEADS)],
        "x6": [f"he told me that number {number} on Zollstrasse is his home" for number in range(LEADS)],
        "Gender": ["zfemale" if number % 3 else "zmale" for number in range(LEADS)],
        "x7": ["female" if number % 3 else "male" for number in range(LEADS)],
        "Nationality": ["Zyprus" if number % 2 else "Zimbabwe" for number in range(LEADS)],
        "Job Title": [f"Head of Zucker {number % 40}" for number in range(LEADS)],
        "Company": [f"Zimt {number % 90} GmbH" for number in range(LEADS)],
        "Lead Owner": [f"Zora Zahl {number % 5}" for number in range(LEADS)],
    }


def some_of(names: list[str], often: str, count: int) -> list[str]:
    cells = [names[number % len(names)] for number in range(LEADS)]
    for number in range(count):
        cells[number * (LEADS // count)] = often
    return cells


def events(leads: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return visits of all leads; one lead has calls and a document that bear a person's name."""
    of_lead = random.integers(0, LEADS, 3000)
    moments = pd.to_datetime(leads["Created"]).iloc[of_lead].reset_index(drop=True)
    table = pd.DataFrame({"lead_id": leads["Id"].iloc[of_lead].to_numpy(), "type": "site_visit", "asset": "home"})
    table["occurred_at"] = moments + pd.to_timedelta(random.integers(0, 20, 3000), unit="D")
    person = pd.DataFrame({"lead_id": ["K-00100"] * 30, "type": "download", "asset": f"Angebot {RARE}.pdf"})
    calls = person.assign(type=f"call to {RARE}", asset=None)
    odd = pd.concat([person, calls]).assign(occurred_at=pd.Timestamp("2024-04-15"))
    return pd.concat([table, odd], ignore_index=True)


def secrets() -> list[str]:
    """Return what must be nowhere: cells of the planted columns, and what strayed into others."""
    columns = [column for name, column in planted().items() if name not in ("First Name", "x7")]
    cells = {str(column[lead]) for column in columns for lead in LOOKED_AT}
    return sorted(cells | {TELLER, RARE, STRAY_MAIL, STRAY_PHONE, "female"})


def forms(secret: str) -> set[bytes]:
    """Return how a text may be written: in other cases, in an address, escaped, without blanks, or as a number."""
    cases = {secret, secret.lower(), secret.upper(), secret.casefold()}
    written = {form for text in cases for form in (text, quote(text), quote_plus(text), json.dumps(text)[1:-1])}
    found = {form.encode() for form in written} | {secret.encode("utf-16-le")}
    digits = "".join(filter(str.isdigit, secret))
    if len(digits) >= 9:
        found |= {digits.encode(), struct.pack("<d", float(digits)), struct.pack("<q", int(digits))}
    return found


def contents(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file as they are, and those of all that is packed in it."""
    raw = file.read_bytes()
    yield raw
    yield from _unpacked(raw)
    if file.suffix == ".parquet":
        yield pd.read_parquet(file).to_csv().encode()
    if raw.startswith(b"SQLite"):
        with sqlite3.connect(file) as connection:
            yield "\n".join(connection.iterdump()).encode()


def _unpacked(raw: bytes) -> Iterator[bytes]:
    if zipfile.is_zipfile(BytesIO(raw)):
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield from (name.encode(), archive.read(name), *_unpacked(archive.read(name)))


def found_in(places: dict[str, list[bytes]], wanted: list[str]) -> dict[str, set[str]]:
    """Return the places of each text that is found, in any of its forms."""
    found: dict[str, set[str]] = {}
    for place, parts in places.items():
        whole = b"\n".join(parts)
        for secret in wanted:
            if any(form in whole for form in forms(secret)):
                found.setdefault(secret, set()).add(place)
    return found


@dataclass(frozen=True)
class Kept:
    """All that commands printed, and the files of the workspace but for the quarantine."""

    config: Path
    workspace: Path
    said: dict[str, str]

    @property
    def places(self) -> dict[str, list[bytes]]:
        files = [file for file in self.workspace.rglob("*") if file.is_file() and file.parent.name != "quarantine"]
        return {file.name: list(contents(file)) for file in files} | {
            name: [text.encode()] for name, text in self.said.items()
        }


@pytest.fixture(scope="module")
def kept(leadscore, tmp_path_factory) -> Kept:
    """Everything that training, scoring, reporting and explaining leave behind."""
    folder = tmp_path_factory.mktemp("private")
    config, workspace = project(folder), folder / "var"
    (workspace / "exports").mkdir(parents=True)
    commands = {
        "train": ["--config", config],
        "score": ["--config", config, "--out", workspace / "exports" / "scores.csv"],
        "score again": ["--json", "--out", workspace / "exports" / "scores.parquet"],
        "report": [],
        "explain": ["K-00480"],
        "explain a rare level": ["K-00100", "--json"],
        "compare": [],
        "compare for its card": ["--card"],
    }
    said = {}
    for name, options in commands.items():
        ran = leadscore(name.split()[0], *options, "--workspace", workspace)
        assert ran.code == 0, ran.err
        said[name] = ran.out + ran.err
    return Kept(config, workspace, said)


def test_planted_personal_data_are_found_where_they_are(tmp_path):
    """The search itself finds what is packed, encoded, or a number."""
    with zipfile.ZipFile(tmp_path / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("levels.npy", struct.pack("<d", 491_700_000_000))
        archive.writestr("schema.json", json.dumps(["Jürgen Zobel"]))
    (tmp_path / "page.html").write_text(f"<a href='?who={quote_plus(TELLER)}'>")
    pd.DataFrame({"x": [STRAY_MAIL]}).to_parquet(tmp_path / "x.parquet", compression="gzip")
    places = {file.name: list(contents(file)) for file in tmp_path.iterdir()}
    wanted = ["491700000000", "Jürgen Zobel", TELLER, STRAY_MAIL, RARE]
    assert found_in(places, wanted) == {
        "491700000000": {"model.skops"},
        "Jürgen Zobel": {"model.skops"},
        TELLER: {"page.html"},
        STRAY_MAIL: {"x.parquet"},
    }


def test_no_planted_personal_data_are_kept_or_said(kept):
    places = kept.places
    assert {"mlflow.db", "store.db", "model.skops", "evidence.json", "model_card.md", "report.html"} <= places.keys()
    assert {b"Software" in b"".join(places[name]) for name in ("evidence.json", "model_card.md")} == {True}
    known_by = {cell for name in ("Company", "Lead Owner") for cell in planted()[name]}
    found = {
        secret: where - {"store.db"} if secret in known_by else where
        for secret, where in found_in(places, secrets()).items()
    }
    assert {secret: where for secret, where in found.items() if where} == {}
