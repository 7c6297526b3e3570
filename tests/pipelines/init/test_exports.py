"""Exports of other systems, in other languages, are proposed as they are meant; the right counts come from pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

COUNT = 400
RANDOM = np.random.default_rng(7)
ENDED = pd.Series(RANDOM.choice(["won", "lost", "open"], COUNT, p=[0.25, 0.55, 0.2]))
CREATED = pd.Series(pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(RANDOM.integers(0, 500, COUNT)), unit="D"))
CLOSED = CREATED + pd.to_timedelta(pd.Series(RANDOM.integers(1, 100, COUNT)), unit="D")
SOURCES, SIZES = pd.Series(RANDOM.choice(["Web", "Fair", "Partner"], COUNT)), pd.Series(RANDOM.integers(1, 900, COUNT))
COUNTS = {ending: int(count) for ending, count in ENDED.value_counts().items()}


def words(won: object, lost: object, still_open: object) -> pd.Series:
    return ENDED.map({"won": won, "lost": lost, "open": still_open})


def of(*endings: str, values: object) -> pd.Series:
    """Values that only leads with some endings have."""
    cells = values if isinstance(values, pd.Series) else pd.Series([values] * COUNT)
    return cells.where(ENDED.isin(endings))


def dates(moments: pd.Series, written: str = "%Y-%m-%d %H:%M:%S") -> pd.Series:
    return moments.dt.strftime(written)


DE, FR, JA, ZH = "%d.%m.%Y", "%d/%m/%Y %H:%M", "%Y/%m/%d", "%Y年%m月%d日"
IDS = pd.Series([f"L{number:05}" for number in range(COUNT)])
EXPORTS: dict[str, tuple[dict[str, pd.Series], tuple[str, str | None]]] = {
    "HubSpot contacts": (
        {
            "Record ID": IDS,
            "Lifecycle Stage": words("Customer", "Other", "Lead"),
            "Lead Status": words(None, "Unqualified", "Open"),
            "Create Date": dates(CREATED),
            "Close Date": of("won", values=dates(CLOSED)),
        },
        ("Create Date", "Close Date"),
    ),
    "HubSpot deals": (
        {
            "Record ID": IDS,
            "Deal Stage": words("Kickoff", "Parked", "Discovery"),
            "Is Closed Won": words("true", "false", "false"),
            "Is closed lost": words("false", "true", "false"),
            "Create Date": dates(CREATED),
            "Close Date": dates(CLOSED),
        },
        ("Create Date", "Close Date"),
    ),
    "Dynamics leads": (
        {
            "(Do Not Modify) Lead": IDS,
            "Created On": dates(CREATED),
            "Status": words("Qualified", "Disqualified", "Open"),
            "Status Reason": words("Qualified", "Lost", "Contacted"),
        },
        ("Created On", None),
    ),
    "Odoo": (
        {
            "id": IDS,
            "Created on": dates(CREATED),
            "Stage": words("Won", "New", "Qualified"),
            "Active": words("True", "False", "True"),
            "Lost Reason": of("lost", values="Too expensive"),
            "Closed Date": of("won", "lost", values=dates(CLOSED)),
        },
        ("Created on", "Closed Date"),
    ),
    "Salesforce leads": (
        {
            "Lead ID": IDS,
            "Created Date": dates(CREATED),
            "Status": words("Closed - Converted", "Closed - Not Converted", "Working - Contacted"),
            "IsConverted": words("TRUE", "FALSE", "FALSE"),
            "ConvertedDate": of("won", values=dates(CLOSED)),
        },
        ("Created Date", "ConvertedDate"),
    ),
    "Zoho leads": (
        {
            "Record Id": IDS,
            "Lead Status": words("Contacted", "Junk Lead", "Attempted to Contact"),
            "Is Converted": words("true", "false", "false"),
            "Created Time": dates(CREATED),
        },
        ("Created Time", None),
    ),
    "Pipedrive": (
        {
            "ID": IDS,
            "Status": words("Won", "Lost", "Open"),
            "Lost reason": of("lost", values="Price"),
            "Expected close date": dates(CLOSED),
            "Deal created": dates(CREATED),
            "Won time": of("won", values=dates(CLOSED)),
            "Deal closed on": of("won", "lost", values=dates(CLOSED)),
        },
        ("Deal created", "Deal closed on"),
    ),
    "German": (
        {
            "Lead-Nr.": IDS,
            "Erstellt am": dates(CREATED, DE),
            "Abgeschlossen am": of("won", "lost", values=dates(CLOSED, DE)),
            "Status": words("Gewonnen", "Verloren", "Offen"),
        },
        ("Erstellt am", "Abgeschlossen am"),
    ),
    "Salesforce report in German": (
        {
            "Opportunity-ID": IDS,
            "Phase": words("Geschlossen - gewonnen", "Geschlossen - verloren", "Verhandlung"),
            "Erstelldatum": dates(CREATED, DE),
            "Schlusstermin": dates(CLOSED, DE),
        },
        ("Erstelldatum", "Schlusstermin"),
    ),
    "French": (
        {
            "Identifiant": IDS,
            "Date de création": dates(CREATED, FR),
            "Date de clôture": of("won", "lost", values=dates(CLOSED, FR)),
            "Statut": words("Gagné", "Perdu", "En cours"),
        },
        ("Date de création", "Date de clôture"),
    ),
    "Spanish": (
        {
            "ID": IDS,
            "Etapa": words("Ganado", "Perdido", "En curso"),
            "Fecha de creación": dates(CREATED, FR),
            "Fecha de cierre": of("won", "lost", values=dates(CLOSED, FR)),
        },
        ("Fecha de creación", "Fecha de cierre"),
    ),
    "Portuguese": (
        {
            "ID": IDS,
            "Data de criação": dates(CREATED, FR),
            "Data de fechamento": of("won", "lost", values=dates(CLOSED, FR)),
            "Status": words("Ganho", "Perdido", "Aberto"),
        },
        ("Data de criação", "Data de fechamento"),
    ),
    "Italian": (
        {
            "ID trattativa": IDS,
            "Fase": words("Chiusa vinta", "Chiusa persa", "In trattativa"),
            "Data creazione": dates(CREATED, FR),
            "Data chiusura prevista": dates(CLOSED, FR),
            "Data chiusura": of("won", "lost", values=dates(CLOSED, FR)),
        },
        ("Data creazione", "Data chiusura"),
    ),
    "HubSpot in Spanish": (
        {
            "ID de registro": IDS,
            "Etapa del ciclo de vida": words("Cliente", "Otro", "Lead"),
            "Estado del lead": words("", "No calificado", "En curso"),
            "Fecha de creación": dates(CREATED),
            "Fecha de cierre": of("won", values=dates(CLOSED)),
        },
        ("Fecha de creación", "Fecha de cierre"),
    ),
    "SAP, with long numbers for ids": (
        {
            "Kundennummer": pd.Series([f"{1000000 + 37 * number:010d}" for number in range(COUNT)]),
            "Status": words("Auftrag gewonnen", "verloren", "in Bearbeitung"),
            "Angelegt am": dates(CREATED, DE),
            "Abgeschlossen am": of("won", "lost", values=dates(CLOSED, DE)),
        },
        ("Angelegt am", "Abgeschlossen am"),
    ),
    "Polish": (
        {
            "Id szansy": IDS,
            "Etap": words("Wygrana", "Przegrana", "W toku"),
            "Data utworzenia": dates(CREATED, DE),
            "Data zamknięcia": of("won", "lost", values=dates(CLOSED, DE)),
        },
        ("Data utworzenia", "Data zamknięcia"),
    ),
    "Pipedrive in Polish": (
        {
            "Szansa sprzedaży - ID": IDS,
            "Szansa sprzedaży - Status": words("Wygrana", "Przegrana", "Otwarta"),
            "Szansa sprzedaży - Powód utraty": of("lost", values="Cena"),
            "Szansa sprzedaży - Szansa utworzona": dates(CREATED),
            "Szansa sprzedaży - Szansa zamknięta w dniu": of("won", "lost", values=dates(CLOSED)),
            "Szansa sprzedaży - Przewidywana data zamknięcia": dates(CLOSED),
        },
        ("Szansa sprzedaży - Szansa utworzona", "Szansa sprzedaży - Szansa zamknięta w dniu"),
    ),
    "Italian, with codes for ids": (
        {
            "Codice": IDS,
            "Esito": words("Acquisito", "Rifiutato", "In corso"),
            "Data inserimento": dates(CREATED, FR),
            "Data esito": of("won", "lost", values=dates(CLOSED, FR)),
        },
        ("Data inserimento", "Data esito"),
    ),
    "Bitrix24 in Russian": (
        {
            "ID": IDS,
            "Стадия сделки": words("Сделка успешна", "Сделка провалена", "Новая"),
            "Дата создания": dates(CREATED, DE),
            "Дата закрытия": of("won", "lost", values=dates(CLOSED, DE)),
            "Предполагаемая дата закрытия": dates(CLOSED, DE),
        },
        ("Дата создания", "Дата закрытия"),
    ),
    # Marketing nurtures recycled leads again, and some are won later: they are open.
    "Marketo": (
        {
            "Id": IDS,
            "Lead Status": words("Customer", "Disqualified", "Recycled"),
            "Created At": dates(CREATED),
            "Updated At": dates(CLOSED),
        },
        ("Created At", None),
    ),
    "Dutch": (
        {
            "Lead nr": IDS,
            "Status": words("Gewonnen", "Verloren", "Lopend"),
            "Aangemaakt op": dates(CREATED, DE),
            "Sluitingsdatum": of("won", "lost", values=dates(CLOSED, DE)),
        },
        ("Aangemaakt op", "Sluitingsdatum"),
    ),
    "Chinese": (
        {
            "线索编号": IDS,
            "创建时间": dates(CREATED, ZH),
            "关闭时间": of("won", "lost", values=dates(CLOSED, ZH)),
            "状态": words("赢单", "输单", "跟进中"),
        },
        ("创建时间", "关闭时间"),
    ),
    "Japanese": (
        {
            "商談ID": IDS,
            "ステージ": words("受注", "失注", "提案中"),
            "作成日": dates(CREATED, JA),
            "クローズ日": of("won", "lost", values=dates(CLOSED, JA)),
        },
        ("作成日", "クローズ日"),
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_proposed_with_the_right_outcomes_and_dates(leadscore, tmp_path, name):
    columns, (created, closed) = EXPORTS[name]
    pd.DataFrame({**columns, "Source": SOURCES, "Employees": SIZES}).to_csv(tmp_path / "leads.csv", index=False)
    ran = leadscore("init", "--leads", tmp_path / "leads.csv", "--out", tmp_path / "leadscore.yaml", "--json").json
    proposed = ran["columns"]["leads"]
    assert ran["outcome_counts"] == COUNTS
    assert proposed["lead_id"] == next(iter(columns))
    assert (proposed["created_at"], proposed.get("closed_at")) == (created, closed)
    assert not [note for note in ran["notes"] if note.startswith("QUESTION")]


def test_an_archive_without_reasons_is_proposed_with_a_question(leadscore, tmp_path):
    columns = {name: cells for name, cells in EXPORTS["Odoo"][0].items() if name != "Lost Reason"}
    pd.DataFrame({**columns, "Source": SOURCES}).to_csv(tmp_path / "leads.csv", index=False)
    ran = leadscore("init", "--leads", tmp_path / "leads.csv", "--out", tmp_path / "leadscore.yaml", "--json").json
    assert ran["outcome_counts"] == COUNTS
    assert any(note.startswith("QUESTION: were all leads with Active: False lost?") for note in ran["notes"])


def test_what_follows_from_the_outcome_is_left_out(leadscore, tmp_path):
    columns = {**EXPORTS["Dynamics leads"][0], "Associated Deals": words(1, 0, 0)}
    pd.DataFrame({**columns, "Source": SOURCES, "Employees": SIZES}).to_csv(tmp_path / "leads.csv", index=False)
    out = tmp_path / "leadscore.yaml"
    leadscore("init", "--leads", tmp_path / "leads.csv", "--out", out)
    ran = leadscore("check", "--config", out, "--workspace", tmp_path / "ws", "--json")
    leaks = {leak["column"]: leak["excluded"] for leak in ran.__class__(0, ran.out, ran.err).json["leakage"]}
    assert leaks == {"Status Reason": True, "Associated Deals": True}
    assert ran.__class__(0, ran.out, ran.err).json["outcome_counts"] == COUNTS
