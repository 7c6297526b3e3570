"""What values mean, in ten languages, whatever stands beside the word that says it."""

from __future__ import annotations

import pytest

from data.proposal.outcome_words import meaning_of, read_values, yes_and_no

# As they are written in exports: won, lost, open.
LANGUAGES = {
    "English": ("Closed Won", "Closed Lost", "In Progress"),
    "German": ("Gewonnen", "Verloren", "Offen"),
    "French": ("Gagné", "Perdu", "En cours"),
    "Spanish": ("Ganado", "Perdido", "Abierto"),
    "Portuguese": ("Ganho", "Perdido", "Em andamento"),
    "Polish": ("Wygrana", "Przegrana", "W toku"),
    "Italian": ("Vinto", "Perso", "In corso"),
    "Dutch": ("Gewonnen", "Verloren", "Lopend"),
    "Chinese": ("赢单", "输单", "跟进中"),
    "Japanese": ("受注", "失注", "商談中"),
}
PAIRS = {
    "English": ("Qualified", "Disqualified"),
    "German": ("Qualifiziert", "Disqualifiziert"),
    "French": ("Qualifié", "Disqualifié"),
    "Spanish": ("Calificado", "Descalificado"),
    "Portuguese": ("Qualificado", "Desqualificado"),
    "Polish": ("Zakwalifikowany", "Zdyskwalifikowany"),
    "Italian": ("Qualificato", "Squalificato"),
    "Dutch": ("Gekwalificeerd", "Gediskwalificeerd"),
    "Chinese": ("合格", "不合格"),
}
CONVERTED = {
    "English": ("Converted", "Not converted"),
    "German": ("Konvertiert", "Nicht konvertiert"),
    "French": ("Converti", "Non converti"),
    "Spanish": ("Convertido", "No convertido"),
    "Portuguese": ("Convertido", "Não convertido"),
    "Italian": ("Convertito", "Non convertito"),
    "Dutch": ("Geconverteerd", "Niet geconverteerd"),
    "Chinese": ("已转化", "未转化"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_won_lost_and_open_are_read_in_each_language_however_they_are_written(language):
    for written in (str, str.upper, str.lower, lambda value: f"3 - {value}", lambda value: f" {value} (2024)"):
        values = [written(value) for value in LANGUAGES[language]]
        assert [meaning_of(value).ending for value in values] == ["won", "lost", "open"]
    assert read_values(LANGUAGES[language]).sure


@pytest.mark.parametrize("language", PAIRS)
def test_qualified_is_won_beside_disqualified_and_open_in_a_pipeline(language):
    qualified, disqualified = PAIRS[language]
    assert read_values([qualified, disqualified]).won == (qualified,)
    assert read_values([qualified, disqualified]).lost == (disqualified,)
    assert read_values([qualified, *LANGUAGES[language]]).open[0] == qualified


@pytest.mark.parametrize("language", CONVERTED)
def test_what_was_not_converted_is_lost(language):
    reading = read_values(CONVERTED[language])
    assert (reading.won, reading.lost) == (CONVERTED[language][:1], CONVERTED[language][1:])


@pytest.mark.parametrize(
    ("value", "ending"),
    [
        ("Closed – Not Converted", "lost"),
        ("Lost to a competitor", "lost"),
        ("Venda perdida", "lost"),
        ("Affaire gagnée", "won"),
        ("Chiusa vinta", "won"),
        ("Zamknięta - przegrana", "lost"),
        ("Abgeschlossen und gewonnen", "won"),
        ("Gagne\u0301", "won"),  # the accent is a character of its own
        ("未成交", "lost"),
        ("已成交客户", "won"),
        ("未受注", "open"),
        ("受注済み", "won"),
        ("Customer", "won"),
        ("Archived", "lost"),
        ("Working - Contacted", "open"),
        ("Wonderful", ""),
        ("Closed", ""),
        ("Other", ""),
        ("42", ""),
        ("", ""),
    ],
)
def test_a_value_means_what_its_words_say(value, ending):
    assert meaning_of(value).ending == ending


def test_values_that_need_a_telling_name_are_not_sure():
    assert not read_values(["Success", "Failure"]).sure
    assert read_values(["Won", "Lost"]).sure


def test_yes_and_no_are_read_in_each_language():
    assert yes_and_no(["Oui", "Non"]) == (["Oui"], ["Non"])
    assert yes_and_no(["Sí", "No", "1.0"]) == (["Sí", "1.0"], ["No"])
    assert yes_and_no(["はい", "いいえ"]) == (["はい"], ["いいえ"])
    assert yes_and_no(["Ja", "Vielleicht"]) is None
