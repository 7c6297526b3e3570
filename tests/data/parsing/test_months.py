"""Names of months in ten languages, as their writers put them between day and year."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.parsing.months import MONTHS, plain_moment
from data.parsing.times import parse_times

LANGUAGES = {
    "English": "January February March April May June July August September October November December",
    "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Dutch": "januari februari maart april mei juni juli augustus september oktober november december",
}
SHORT = {
    "English": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "German": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "French": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "Spanish": "ene feb mar abr may jun jul ago sept oct nov dic",
    "Portuguese": "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
    "Polish": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "Italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Dutch": "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec.",
}
SPELT = {
    "English": ("{month} {day}, {year}", "{day}th of {month} {year} at 2:05 p.m."),
    "German": ("{day}. {month} {year}", "Dienstag, {day}. {month} {year} um 14:05 Uhr"),
    "French": ("{day} {month} {year}", "mar. {day} {month} {year} à 14h05"),
    "Spanish": ("{day} de {month} de {year}", "martes, {day} de {month} de {year} a las 2:05 p. m."),
    "Portuguese": ("{day} de {month} de {year}", "terça-feira, {day} de {month} de {year} às 14:05"),
    "Polish": ("{day} {month} {year}", "wtorek, {day} {month} {year} r. godz. 14.05"),
    "Italian": ("{day} {month} {year}", "martedì {day} {month} {year} alle ore 14:05"),
    "Dutch": ("{day} {month} {year}", "dinsdag {day} {month} {year} om 14:05 uur"),
}
days = st.dates(pd.Timestamp("1990-01-01").date(), pd.Timestamp("2099-12-31").date())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("names", [LANGUAGES, SHORT], ids=["full", "short"])
@settings(max_examples=20, deadline=None)
@given(day=days)
def test_what_a_language_writes_is_what_is_read(names, language, day):
    month = names[language].split()[day.month - 1]
    only_day, with_clock = (layout.format(day=day.day, month=month, year=day.year) for layout in SPELT[language])
    texts = pd.Series([only_day, with_clock, only_day.upper()])
    assert parse_times(texts).tolist() == [
        pd.Timestamp(day),
        pd.Timestamp(day) + pd.Timedelta(hours=14, minutes=5),
        pd.Timestamp(day),
    ]


def test_no_name_means_two_months():
    names = [name for month in MONTHS for name in month.split()]
    months_of = {name: {number for number, month in enumerate(MONTHS) if name in month.split()} for name in names}
    assert [name for name, numbers in months_of.items() if len(numbers) > 1] == []


@pytest.mark.parametrize("text", ["12 Main Street 2024", "x" * 100, "Q1 2024", "May we call at 10:00"])
def test_a_text_with_other_words_is_no_date(text):
    assert not any(character.isdigit() for character in plain_moment(text).partition(" ")[0])
