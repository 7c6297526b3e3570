"""Junk is found, and next to no real name is taken for it."""

import pandas as pd
import pytest

from data.parsing.names import is_made_up, without_made_up
from data.simulator import world

REAL = """3M|IBM|H&M|BMW AG|SAP|ASDA|Test & Measurement Ltd|Stiftung Warentest|Testo SE|Test Engineer|QA Tester|Ng|Xu|Na
|Md|小米|Яндекс|شركة|ÖBB|AAA|ASD|ASD Ltd|MNB|KPMG|HSBC|LVMH|TSMC|888 Holdings|1&1|7-Eleven|24/7|4711|99designs|Wert
|XXXLutz|Foo Fighters Ltd|Foobar2000|The Sample Company|Unknown Worlds|Nobody's Child|Bar Manager|Krk|Strč|Hrdlička|VP|X
|XYZ|ABCD|Azerty|KA|K A|KAG|Doe|Doe Inc|John Dorn|Mustermann|Muster AG|Test Valley|Testa|Testing House|Blaha|BLA|La La
|Bla Bar|Ohne|Angabe AG|Unbekannt Verlag|Bloggs & Sons|Test-Aankoop|Contest GmbH|Sample Company of Leeds
|O'Neill|Ng Ng|Schwartz|Schmidt|Lynch|Qwertee|Dummy Ltd"""
JUNK = """asdf|ASDF|asd|asdfgh|asdasd|qwerty|Qwertz|qweqwe|zxcv|sdfsdf|dfgh|hjkl|sdfghjkl|bcdfgh|test|TEST|Test Test
|test 2|test company|xx|xxx|XXXX|none|n.a.|unknown|foo|foobar|bla bla bla|aaaa|1111|123|12345|0|...|???|-|_____
|aaa|xyz|abcd|azerty|John Doe|JANE DOE|Max Mustermann|TEST GmbH|Test Ltd.|Test company 1|test account2|Testfirma
|Musterfirma|Test Kunde 3|blah|bla bla|k.A.|k. A.|nicht angegeben|keine Angabe|Unbekannt|not specified"""


def listed(names: str) -> pd.Series:
    return pd.Series([name.strip() for name in names.split("|")])


def test_no_real_name_is_taken_for_junk():
    names = listed(REAL)
    assert names[is_made_up(names)].tolist() == []


def test_junk_is_found():
    names = listed(JUNK)
    assert names[~is_made_up(names)].tolist() == []


def test_no_name_of_the_simulated_world_is_junk():
    titles = [title for persona in world.PERSONAS.values() for title in persona.titles]
    names = pd.Series([*titles, *world.FIRST_NAMES, *world.LAST_NAMES, *world.COMPANY_STEMS])
    assert not is_made_up(names).any()


def test_junk_becomes_missing_and_the_rest_stays():
    names = pd.Series(["asdf", "Acme", None], index=[2, 1, 0], dtype="str")
    assert without_made_up(names).dropna().to_dict() == {1: "Acme"}


@pytest.mark.parametrize(
    ("file", "separator"),
    [
        ("x-education/Leads.csv", ","),
        ("hubspot-free-to-paid/customers.csv", ","),
        ("hubspot-free-to-paid/noncustomers.csv", ","),
        ("olist/olist_closed_deals_dataset.csv", ","),
        ("olist/olist_marketing_qualified_leads_dataset.csv", ","),
        ("bank-marketing/bank-additional-full.csv", ";"),
    ],
)
def test_in_real_columns_only_what_says_unknown_is_junk(datasets, file, separator):
    table = pd.read_csv(datasets / file, sep=separator, dtype="str", keep_default_na=False)
    values = pd.Series(pd.unique(table.to_numpy().ravel())).astype("str")
    words = values[values.str.contains("[A-Za-z]")]
    assert set(words[is_made_up(words)].str.lower()) <= {"unknown", "test"}
