"""What the names of columns say: what is personal, what law protects, and what is written down after the contact."""

import pytest

from data.columns.word_lists import column_words
from data.columns.words import (
    _singular,
    is_free_text_name,
    is_name_of_person,
    is_personal_name,
    is_phone_name,
    is_post_contact_name,
    is_protected_name,
    words_of,
)

PERSONAL = """Decision Maker Name|Wife Name|Mother's Name|Name of decision maker|Sales Rep Name|Account Manager Name
|Emergency Contact Name|decision_maker_name|Spouse|LinkedIn Profile URL|Person Linkedin Url|Twitter Username|Skype ID
|Telegram|Passport No|Passport Number|Aadhaar|Aadhar Number|Driver's License Number|Email ID|Mobile No
|WhatsApp|LinkedIn"""
NOT_PERSONAL = """Company Name|Product Name|Campaign Name|Stage Name|Lead Source Name|Partner Name|Event Name
|Domain Name|Lead Number|LinkedIn Clicks|LinkedIn Company Page|Twitter Followers|Facebook Ad|National account
|Passport country|Decision Maker|Account ID|Number of contacts"""
PROTECTED = """Nation|Nationality|Family Status|Civil Status|Blutgruppe|Blood group|Sexo|Genero|Género|Sesso
|Estado civil|État civil|Stato civile|Nationalité|Nacionalidad|Nazionalità|Staatsbürgerschaft|Denomination
|Schwerbehindert|Behinderung|Disability|Geburtsjahr|Year born|Native Language|Disease|Medical history|Is female
|lead_nationality"""
NOT_PROTECTED = """National account|International|Fiscal year|Nationality of company|Firm Nation|Preferred Language
|Genre|Currency denomination|Dénomination sociale|Disease area|Website diagnosis|Order status|Family business|Blood|ETA
|Medical industry|Native app|Year founded"""
FREE_TEXT = "Call Summary|Meeting Notes|Sales Notes|Follow-up comments|Chat Transcript|Summary"
NOT_FREE_TEXT = "Note Count|Product Description|Meeting Feedback|Call|Last Visit|Notes Length"
POST_CONTACT = """Tags|Lead Tags|Qualification|duration|Call Duration|Sales Visit Duration|Demo Result|Test Call Result
|Days To Close|hs_days_to_close|closedate|Next Step|Next Steps|Reason for loss|Reasons for loss|Reject Reason|Rejection
|Rejected Because|Win Reason|Closed Lost Reason|Why lost|Forecast Category|Verlustgrund|Payment Date|Payment Status
|Deal Stage|Contract Value|Opportunity Stages|Lead Quality|Lead Profile|Calls Made|Converted|Won"""
BEFORE_IT = """Session Duration|Visit Duration|Total Duration on Site|Search Results Clicked|UTM Tag|Product Tags
|Highest Qualification|Won Awards|Awards Won|Screen Resolution|Plan duration|Test Result|First Conversion
|Recent Conversion Date|Signed Up|Grund der Anfrage|Motivo de contacto|Closest Office|Contract Interest|Result Page
|Total Time Spent on Website|Lead Source|Lead Origin|TotalVisits|Page Views Per Visit|Reason for contact|Order Number"""


def listed(names: str) -> list[str]:
    return [name.strip() for name in names.split("|")]


@pytest.mark.parametrize(
    ("known", "names", "others"),
    [
        (is_personal_name, PERSONAL, NOT_PERSONAL),
        (is_protected_name, PROTECTED, NOT_PROTECTED),
        (is_free_text_name, FREE_TEXT, NOT_FREE_TEXT),
        (is_post_contact_name, POST_CONTACT, BEFORE_IT),
    ],
)
def test_names_are_known_and_those_that_only_look_like_them_are_not(known, names, others):
    assert [name for name in listed(names) if not known(name)] == []
    assert [name for name in listed(others) if known(name)] == []


def test_an_accent_is_the_same_in_one_sign_or_in_two():
    assert words_of("Ge\u0301nero") == ("género",)
    assert is_protected_name("Ge\u0301nero")


@pytest.mark.parametrize("name", ["", "???", "Name", "s"])
def test_a_name_without_words_says_nothing(name):
    assert not (is_protected_name(name) or is_free_text_name(name) or is_post_contact_name(name))
    assert is_personal_name(name) == (name == "Name")


def test_only_the_names_of_the_lead_are_its_own():
    assert is_name_of_person("Contact Name")
    assert not is_name_of_person("Wife Name")
    assert is_phone_name("Mobile No")
    assert not is_phone_name("Skype ID")


def test_what_is_written_after_the_contact_is_listed_in_the_singular():
    after = column_words().after_contact
    words = {
        *after.words,
        *after.unless_beside,
        *frozenset().union(*after.unless_beside.values()),
        *(after.talks | after.reasons | after.endings | after.bargains | after.facts),
        *(word for phrase in after.phrases for word in phrase.split()),
    }
    assert [word for word in words if _singular(word) != word] == []
