"""Moments as people and systems spell them, rewritten to the layouts that `data.parsing.times` reads.

Names of months in eight languages, 2023年1月1日, 14h30, 3 p. m., names of zones, weekdays and what stands between the
parts. Each distinct cell is rewritten in Python, so only cells that no plain layout fits come here.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST = 80
"""Characters of the longest moment; what is longer is text."""
MONTHS = (
    "jan january januar janner janvier janv enero ene janeiro stycznia styczen sty gennaio gen januari",
    "feb february februar feber fevrier fevr fev febrero fevereiro lutego luty lut febbraio februari",
    "mar march marz mrz mars marzo marco marca marzec maart mrt",
    "apr april avril avr abril abr kwietnia kwiecien kwi aprile",
    "may mai mayo maio maja maj maggio mag mei",
    "jun june juni juin junio junho czerwca czerwiec cze giugno giu",
    "jul july juli juillet juil julio julho lipca lipiec lip luglio lug",
    "aug august aout aou agosto ago sierpnia sierpien sie augustus",
    "sep sept september septembre septiembre setiembre set setembro wrzesnia wrzesien wrz settembre",
    "oct october oktober okt octobre octubre outubro out pazdziernika pazdziernik paz ottobre ott",
    "nov november novembre noviembre novembro listopada listopad lis",
    "dec december dezember dez decembre diciembre dic dezembro grudnia grudzien gru dicembre",
)
"""For each month its names and short forms, without accents: English, German, French, Spanish, Portuguese, Polish
(also in the genitive), Italian and Dutch."""
MONTH_NUMBERS = {name: str(number) for number, names in enumerate(MONTHS, 1) for name in names.split()}
WEEKDAYS = (
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday",
    "mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag sonnabend so sonntag",
    "lun lundi mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche",
    "lunes martes mie miercoles jue jueves vie viernes sab sabado domingo dom",
    "seg segunda ter terca qua quarta qui quinta sex sexta feira",
    "pon poniedzialek wt wtorek sr sroda czw czwartek pt piatek sob sobota nd ndz niedziela",
    "lunedi martedi mercoledi gio giovedi venerdi sabato domenica",
    "maandag dinsdag woensdag wo donderdag vr vrijdag za zaterdag zo zondag ma",
)
BETWEEN = "of the at on de del den der um uhr le a as las os em e il alle ore om uur o godz r dnia kl klo h"
IGNORED = frozenset(" ".join((*WEEKDAYS, BETWEEN)).split())
"""Words that say nothing beside the date: the weekday, and what stands between the parts."""
ZONES = {
    **dict.fromkeys(("utc", "gmt", "z", "wet"), "+00:00"),
    **dict.fromkeys(("cet", "mez", "bst", "west"), "+01:00"),
    **dict.fromkeys(("cest", "mesz", "eet", "sast"), "+02:00"),
    **dict.fromkeys(("eest", "msk", "trt"), "+03:00"),
    **{"gst": "+04:00", "ist": "+05:30", "sgt": "+08:00", "hkt": "+08:00", "jst": "+09:00", "kst": "+09:00"},
    **{"aest": "+10:00", "aedt": "+11:00", "nzst": "+12:00", "nzdt": "+13:00", "brt": "-03:00", "art": "-03:00"},
    **{"adt": "-03:00", "ast": "-04:00", "edt": "-04:00", "est": "-05:00", "cdt": "-05:00", "cst": "-06:00"},
    **{"mdt": "-06:00", "mst": "-07:00", "pdt": "-07:00", "pst": "-08:00"},
}
"""Short names of zones as business systems write them; of those with several meanings, the one with most users."""
WORDS = frozenset((*MONTH_NUMBERS, *IGNORED, *ZONES, *"a p m am pm t s min st nd rd th er ere e".split()))
"""All words of a moment; a text with another one is none."""
EAST_ASIAN = (
    (re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]?"), r"\1-\2-\3 "),
    (re.compile(r"(?:上午|午前|오전)\s*(\d[\d:时時点點분分秒\s]*)"), r"\1 am "),
    (re.compile(r"(?:下午|午後|오후|晚上)\s*(\d[\d:时時点點분分秒\s]*)"), r"\1 pm "),
    (re.compile(r"(\d{1,2})\s*[时時点點시]\s*(?=\d)"), r"\1:"),
    (re.compile(r"(\d{1,2})\s*[时時点點시]"), r"\1:00"),
    (re.compile(r"(\d{1,2})\s*[分분]\s*(?=\d)"), r"\1:"),
    (re.compile(r"(\d)\s*[分분秒초]"), r"\1"),
    (re.compile(r"(?:星期|周|週)[一二三四五六日天]|[月火水木金土日]曜日?"), " "),
)
BRACKETS = re.compile(r"[(\[]\s*(?P<inside>[^()\[\]]*?)\s*[)\]]")
PLACE = re.compile(r"\b(?:africa|america|asia|atlantic|australia|europe|pacific)/[a-z_/]+")
JOINED_CLOCK = re.compile(r"(?<=\d)t(?=\d)")
HALF = re.compile(r"(?<![a-z])([ap])\.?\s?m(?![a-z])\.?")
FRENCH_CLOCK = re.compile(r"(\b)(\d{1,2})\s?h\s?(\d{2})?(?:\s?m(?:in)?\s?(\d{2})\s?s?)?\b")
DOTTED_CLOCK = re.compile(r"(\d{2}\D{0,13}\s)(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?:[.,]\d+)?(?=\s*(?:$|[ap]m|[+-]))")
BARE_HOUR = re.compile(r"(?<![\d:.])(\d{1,2})\s?([ap]m)\b")
CLOCK = re.compile(r"(?<![\d:.])(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)(?:\s*([ap]m)\b)?")
OFFSET = re.compile(r"(?:utc|gmt)?\s*(?<![\d-])([+-])(\d{1,2}):?(\d{2})?$")
WORD = re.compile(r"[a-z]+")
TUESDAY = re.compile(r"^m3[\s.,]+(?=.*m\d)")
"""In French, Spanish and Italian mar is Tuesday too, where another month follows."""
YEAR_SHORT = re.compile(r"^(\d{1,2})[\s.\-/]+(m\d+)[\s.\-/']+(\d{2})$")
WITH_MONTH = (
    re.compile(r"^(?P<day>\d{1,2})[\s.\-/]*m(?P<month>\d+)[\s.\-/,]*(?P<year>\d{4})$"),
    re.compile(r"^m(?P<month>\d+)[\s.\-/]*(?P<day>\d{1,2})[\s.\-/,]+(?P<year>\d{4})$"),
    re.compile(r"^(?P<year>\d{4})[\s.\-/,]*m(?P<month>\d+)[\s.\-/]*(?P<day>\d{1,2})$"),
)


def plain_moment(cell: str) -> str:
    """Return a moment as a date and a clock of plain layouts; other text as something that no layout fits.

    >>> plain_moment("Tue, 2 Jan 2024 03:04:05 PST"), plain_moment("2 janvier 2024 à 14h30")
    ('2024-1-2 03:04:05 -08:00', '2024-1-2 14:30')
    >>> plain_moment("2023年1月1日 下午3时04分"), plain_moment("1/2/2024, 11:02 a. m.")
    ('2023-1-1 3:04 pm', '1/2/2024 11:02 am')
    """
    if len(cell) > LONGEST:
        return ""
    text = cell.lower() if cell.isascii() else _in_ascii(cell)
    if any(word not in WORDS for word in WORD.findall(_without_brackets(PLACE.sub("", text)))):
        return ""
    text, place = _take(_without_brackets(text), PLACE)
    text = _plain_clock(text)
    clock = CLOCK.search(text)
    if clock is None:
        return _date(text)
    before, after = text[: clock.start()], text[clock.end() :]
    offset, rest = _offset(after)
    half = f" {clock[2]}" if clock[2] else ""
    moment = f"{_date(f'{before} {rest}')} {clock[1].replace(',', '.')}{half}"
    if place and not offset:
        offset = _offset_at(place, moment)
    return f"{moment} {offset}".strip()


def _in_ascii(cell: str) -> str:
    """Return a text without accents, wide digits and East Asian words for parts of a date."""
    text = _without_accents(unicodedata.normalize("NFKC", cell).lower())
    for pattern, replacement in EAST_ASIAN:
        text = pattern.sub(replacement, text)
    return text


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("ł", "l"))
    bare = "".join(character for character in decomposed if not "\u0300" <= character <= "\u036f")
    return unicodedata.normalize("NFC", bare)


def _without_brackets(text: str) -> str:
    """Leave out what stands in brackets, such as the name of a zone whose offset was written; a place stays."""
    return BRACKETS.sub(lambda match: f" {match['inside']} " if PLACE.search(match["inside"]) else " ", text)


def _take(text: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    match = pattern.search(text)
    return (pattern.sub(" ", text), match[0]) if match else (text, "")


def _plain_clock(text: str) -> str:
    text = HALF.sub(r"\1m", JOINED_CLOCK.sub(" ", text))
    text = FRENCH_CLOCK.sub(_with_colons, text)
    text = DOTTED_CLOCK.sub(_with_colons, text)
    return BARE_HOUR.sub(r"\1:00 \2", text)


def _with_colons(clock: re.Match[str]) -> str:
    before, hour, minute, second = clock.groups()
    return f"{before}{hour}:{minute or '00'}" + (f":{second}" if second else "")


def _offset(after: str) -> tuple[str, str]:
    """Return the offset behind a clock, or in the name of a zone, and what else stands there."""
    words = after.split()
    zone = next((word for word in words if word in ZONES), "")
    offset = ZONES.get(zone, "")
    rest = [word for word in words if word != zone]
    for word in rest:
        if match := OFFSET.fullmatch(word):
            offset = f"{match[1]}{match[2]:0>2}:{match[3] or '00'}"
            rest.remove(word)
            break
    return offset, " ".join(rest)


def _offset_at(place: str, moment: str) -> str:
    """Return the offset of a place at a moment there; of an hour that comes twice, in autumn, that of the first."""
    try:
        local = datetime.fromisoformat(_iso(moment)).replace(tzinfo=ZoneInfo(_zone_name(place)))
    except (ValueError, KeyError, OSError):
        return ""
    written = local.strftime("%z")
    return f"{written[:3]}:{written[3:]}"


def _zone_name(place: str) -> str:
    return "/".join("_".join(word.capitalize() for word in part.split("_")) for part in place.split("/"))


def _iso(moment: str) -> str:
    date, _, clock = moment.partition(" ")
    year, month, day = date.split("-")
    return f"{year}-{month:0>2}-{day:0>2}T{clock.zfill(5)}"


def _month_or_nothing(word: re.Match[str]) -> str:
    return f"m{MONTH_NUMBERS[word[0]]}" if word[0] in MONTH_NUMBERS else " "


def _date(text: str) -> str:
    """Return a date with the name of its month as year, month and day; any other without words between its parts."""
    numbered = WORD.sub(_month_or_nothing, text)
    bare = re.sub(r"\s*([./,\-])\s*|\s+", lambda match: match[1] or " ", numbered).strip(" .,-")
    bare = YEAR_SHORT.sub(r"\1 \2 20\3", TUESDAY.sub("", bare))
    for layout in WITH_MONTH:
        if match := layout.match(bare):
            return f"{match['year']}-{match['month']}-{match['day']}"
    return bare.replace(" ", "-") if re.fullmatch(r"[\d ./\-]+", bare) else ""
