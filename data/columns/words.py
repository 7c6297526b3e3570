"""What the names of columns say: which column of the vocabulary is meant, the family, and what must not be used.

Names are compared as words: ``TotalVisits``, ``total_visits`` and ``Total Visits`` are the words total, visits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from data.vocabulary import Family

ALIASES = {
    "lead_id": ("lead id", "leadid"),
    "account_id": ("account id", "accountid"),
    "created_at": ("created at",),
    "email": ("email", "e mail", "mail", "email address", "e mail address", "work email", "business email"),
    "job_title": ("job title", "title", "position", "job position", "contact title"),
    "company": ("company", "company name", "organization", "organisation", "account name", "organization name"),
    "industry": ("industry", "company industry", "industry sector"),
    "employees": ("employees", "number of employees", "no of employees", "employee count", "company size", "headcount"),
    "annual_revenue": ("annual revenue", "yearly revenue", "company revenue"),
    "country": ("country", "country region", "country name"),
    "region": ("region", "state", "state region", "state province", "province"),
    "city": ("city", "town"),
    "technologies": ("technologies", "web technologies", "tech stack", "technology stack"),
    "source": ("source", "lead source", "original source", "traffic source", "utm source"),
    "campaign": ("campaign", "campaign name", "utm campaign", "lead campaign"),
    "asset": ("asset", "landing page", "first asset"),
    "budget": ("budget", "stated budget"),
    "authority": ("authority", "decision maker"),
    "need": ("need",),
    "timeline_days": ("timeline days",),
    "owner": ("owner", "lead owner", "contact owner", "record owner", "assigned to", "sales rep", "account executive"),
    "stage": ("stage", "lead stage", "lifecycle stage"),
}
"""The names under which other systems know our columns; the first that is there is taken."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


FAMILY_WORDS = {
    Family.SOURCE: _words(
        "source origin channel medium campaign hear heard referral referrer recommendation recommendations "
        "advertisement ad ads newspaper magazine utm landing"
    ),
    Family.BEHAVIOURAL: _words(
        "visit visits view views website clicks click clicked opens open opened activity usage session sessions page "
        "pages download downloads login logins engagement webinar webinars"
    ),
    Family.DEMOGRAPHIC: _words(
        "role occupation job education department seniority city country region specialization specialisation "
        "profession language timezone"
    ),
    Family.FIRMOGRAPHIC: _words(
        "revenue employees employee company industry size sector segment turnover business alexa organization"
    ),
}
"""Words that tell the family of a custom attribute; the first family with one of them is taken."""

PROTECTED_WORDS = _words(
    """gender sex citizen religion religious race racial ethnicity ethnic disability disabled disabilities marital
    married pregnant pregnancy maternity political politics sexual dob birthday birthdate birth born caste veteran
    genetic pronoun pronouns geschlecht religionszugehörigkeit konfession familienstand zivilstand geburtsdatum
    geburtsjahr geburtstag geburtsort behindert behinderung schwerbehindert schwerbehinderung blutgruppe krankheit
    muttersprache alter pronomen sexe âge naissance handicap handicapé sanguin sexo género genero edad idade nacimiento
    nascimento discapacidad sanguíneo sesso età nascita disabilità sanguigno religione geslacht leeftijd
    geboortedatum"""
)
"""Genre is missing: in French it is the sex, elsewhere one of music. The cells of such a column tell which."""
PROTECTED_PHRASES = _phrases(
    """mother tongue, native language, native speaker, langue maternelle, lengua materna, trade union, trade unions,
    union member, union membership, labor union, labour union, family status, civil status, état civil, etat civil,
    estado civil, stato civile, burgerlijke staat, blood group, blood type, medical history, medical condition,
    medical conditions, health condition, skin color, skin colour"""
)
OF_PERSONS = _words("age health denomination disease diseases illness diagnosis male female")
"""What law protects of a person, but not of a thing: the age of a lead, the health of an account."""
THINGS = _words(
    """lead leads account company firm business organisation organization page domain site website web deal opportunity
    record ticket subscription contract product order usage system app data email list score index care industry days
    hours minutes months weeks since vehicle car house property building model machine average area currency coin
    sociale"""
)
ORIGINS = _words(
    """nation nationality citizenship nationalität nationalitaet staatsangehörigkeit staatsangehoerigkeit
    staatsbürgerschaft staatsbuergerschaft nationalité nationalite citoyenneté nacionalidad nacionalidade ciudadanía
    nazionalità nazionalita cittadinanza nationaliteit"""
)
FIRMS = _words("company firm business organisation organization account firma unternehmen entreprise empresa azienda")
"""A person's origin is protected, that of a firm is not."""

NAMES_OF_PERSONS = _phrases(
    """name, first name, last name, full name, surname, given name, family name, forename, contact name, lead name,
    person name, customer name, client name, contact person, vorname, nachname, familienname, ansprechpartner, prénom,
    prenom, nom, nom de famille, nombre, apellido, apellidos"""
)
PHONES = _phrases(
    """phone, phone number, telephone, telephone number, tel, mobile, mobile number, mobile phone, cell, cell phone,
    cellphone, fax, fax number, whatsapp, whats app, telefon, telefonnummer, handy, téléphone, teléfono"""
)
HOLDERS = _words(
    "lead contact person personal work business primary secondary your customer client prospect office home"
)
"""Whose contact data they are: they may stand before it."""
NETWORKS = _phrases(
    """linkedin, linked in, twitter, facebook, instagram, xing, skype, telegram, wechat, we chat, viber, tiktok,
    tik tok, snapchat, discord"""
)
DOCUMENTS = _phrases(
    """passport, aadhaar, aadhar, ssn, social security, social insurance, national insurance, national id, tax id,
    tax number, pan, driver license, drivers license, driving licence, identity card, id card,
    personalausweis, reisepass, iban, credit card"""
)
REACHED_BY = PHONES | NETWORKS | DOCUMENTS | _phrases("email, e mail, mail")
ADDRESS_WORDS = _words("number no nr num id url link profile handle username user name account address")
"""What may follow in the name of a column that holds a number or an address: Passport No, Skype ID, LinkedIn URL."""
PERSONAL_NAMES = NAMES_OF_PERSONS | _phrases(
    """middle name, nickname, salutation, address, street, street address, postal address, home address, address line,
    ip, ip address, account number, owner name, account manager, account owner, sales rep, user name, username,
    created by, updated by, modified by, referred by, assigned to, referee, referred person, referring person,
    responsible, responsible person, person, persons, sales person, salesperson, agent name, spouse, wife, husband,
    kontakt, kontaktperson, anrede, strasse, straße, adresse, anschrift, ehepartner, ehefrau, ehemann, conjoint, correo,
    correo electrónico, dirección, cónyuge"""
)
PERSONS = _words(
    """person contact maker manager rep representative agent owner salesperson seller buyer director ceo cfo cto cio
    founder president chief boss executive officer assistant secretary employee colleague advisor adviser consultant
    recruiter referrer referee sponsor signatory holder member attendee participant guest speaker applicant candidate
    student teacher doctor patient tenant spouse wife husband father mother brother sister son daughter child guardian
    friend maiden preferred"""
)
"""Words before, or after, the word name of a column of persons: Decision Maker Name, Name of the wife."""
FREE_TEXT_NAMES = _phrases(
    """note, notes, comment, comments, remark, remarks, description, message, messages, memo, free text, text, body,
    feedback, summary, transcript, additional information, bemerkung, bemerkungen, kommentar, notiz, notizen"""
)
WRITTEN = _words("note notes comment comments remark remarks summary transcript memo")
CONVERSATIONS = HOLDERS | _words("call meeting sales conversation chat demo visit follow up agent internal last")
"""What notes may be of: Call Summary, Meeting Notes."""
POST_CONTACT_WORDS = _words(
    """disposition outcome verdict qualified disqualified unqualified converted lost closed closing closure closedate
    churn churned rejection absagegrund ablehnungsgrund verlustgrund absage ablehnung verloren gewonnen ergebnis perdu
    gagné resultado perdido ganado"""
)
"""Words for what sales writes down once it has spoken with a lead: the outcome, and what follows from it.

These, and all others of what is written down after the contact, are in the singular.
"""
ON_THE_WEB = _words("session visit site website web page search click clicked utm campaign ad newsletter video webinar")
LEARNING = _words("highest education educational academic school degree vocational professional höchster")
UNDERTAKINGS = _words("plan project course trial program programme exam test quiz survey assessment")
INQUIRIES = _words("anfrage demande consulta solicitud contacto")
UNLESS_BESIDE = {
    "tag": ON_THE_WEB | _words("product content blog meta"),
    "result": ON_THE_WEB | UNDERTAKINGS,
    "duration": ON_THE_WEB | UNDERTAKINGS,
    "conversion": ON_THE_WEB | _words("first recent form"),
    "resolution": ON_THE_WEB | _words("screen display image camera print"),
    "qualification": LEARNING,
    "abschluss": LEARNING,
    "won": _words("award prize medal"),
    "signed": ON_THE_WEB | _words("up"),
    "rejected": ON_THE_WEB | _words("cookie email"),
    "forecast": _words("weather"),
    "grund": INQUIRIES,
    "motif": INQUIRIES,
    "motivo": INQUIRIES,
}
"""Words for the same, that mean something else beside one of these: Screen Resolution, Awards Won, Signed Up."""
TALKS = _words("call meeting demo appointment sale deal opportunity")
"""Beside these they mean it after all: the duration of a sales visit."""
REASONS = _words("reason why because")
ENDINGS = _words(
    "win won loss lose losing lost close churn reject rejected rejecting decline declined cancel cancellation"
)
"""How a deal ends: with a reason beside it, it was written down at the end."""
BARGAINS = _words("deal opportunity contract purchase order payment")
FACTS = _words("stage status date value amount size length")
"""What is known of a bargain once it is made, or nearly: Deal Stage, Payment Date."""
POST_CONTACT_PHRASES = _phrases(
    """lead quality, lead profile, lead status, lead grade, lead rating, lead temperature, call status, call count,
    call made, close date, expected close, to close, invoice, first purchase, last contacted, last call,
    last notable activity, next step, next action, follow up status, sale stage, sale status, sale feedback,
    customer since, is customer, onboarding, renewal date"""
)

FIRST_NAMES = _words(
    """adam adriana agnieszka ahmed alan alejandro alessandro alexander alexandra ali alice amanda amit amy ana anders
    andrea andreas andrew andrzej angela anil anita anjali ann anna anne annette anthony antoine antonio arjun barbara
    ben benjamin bernd birgit brian camille carla carlos carmen caroline catherine chiara christian christina christine
    christoph christopher claire claudia cynthia daniel daniela david deborah deepak denise dennis diana diego dieter
    dmitri donald dorothy edward elena elizabeth emily emma enrique eric erik erika ewa fatima felix fernando
    francesca francesco francisco frank franz françois gabriel gary george gerhard giovanni giulia giuseppe grzegorz
    hans hassan heather heike heinz helen helga henrik hiroshi ibrahim ingrid isabel isabelle ivan jack jacob jacqueline
    jakub james jan jane janet jason javier jean jeffrey jennifer jens jerry jessica joanna johan johann johannes john
    jonas jonathan joseph joshua josé joão juan julia julie jürgen karen karin karl katarzyna katharina katherine
    kathleen kenneth kevin klaus krzysztof lars laura lea lena leon linda lisa lorenzo lucia lucy luigi luis lukas
    magdalena mahmoud manfred manuel marco margaret maria marie mario mark marta martin martina mary matteo matthew
    matthias małgorzata mehmet melissa michael michaela michel michelle miguel mohamed mohammed monica monika mustafa
    nadia nancy natalia nathalie neha nicholas nicolas nicole nikolai olga oliver olivia omar pablo pamela patricia
    patrick paul paula pedro peter petra philip philipp philippe pierre piotr pooja priya rachel rahul rajesh ravi
    rebecca renate ricardo richard robert roberto roger ronald ruth ryan sabine samantha samuel sandra sanjay sara sarah
    sebastian sergei sergio sharon silvia simon simone sophie stefan stefanie stephan stephanie stephen steven sunil
    susan susanne suresh sven tatiana teresa theresa thomas tim timothy tobias tomasz torsten ulrich ursula valentina
    vanessa vijay vikram vladimir walter werner william wolfgang yasmin yuki yusuf zoe łukasz"""
)
"""Frequent first names that hardly mean anything else: a column of persons has some of them, whatever it is called."""
LONGEST_SHOWN = 60
"""Characters of a cell that a message repeats."""
ID_WORDS = _words("id ids uuid guid key code number no nr num ref reference serial index record row hash")

TELLING_SEXES = _words(
    """male female man woman men women männlich weiblich maennlich homme femme masculin féminin feminin hombre mujer
    masculino femenino feminino uomo donna maschio femmina"""
)
SEXES = TELLING_SEXES | _words("m f boy girl diverse d x other unknown non-binary nonbinary divers")
SALUTATIONS = _words("mr mrs ms miss mx dr prof mr. mrs. ms. dr. prof. herr frau sir madam")


def words_of(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words; accents may be signs of their own, and whose it is stays out.

    >>> words_of("TotalVisits"), words_of("emp.var.rate"), words_of("E-mail")
    (('total', 'visits'), ('emp', 'var', 'rate'), ('e', 'mail'))
    >>> words_of("Driver's licence")
    ('driver', 'licence')
    """
    whole = re.sub(r"['’]s\b", "", unicodedata.normalize("NFC", name))
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", whole)
    return tuple(re.findall(r"[^\W_]+", parted.lower()))


def label_of(name: str) -> str:
    """Return a name as people would write it; names that already have blanks stay as they are.

    >>> [label_of(name) for name in ("emp.var.rate", "crm_edition", "TotalVisits", "Page Views Per Visit", "MRR")]
    ['Emp var rate', 'Crm edition', 'Total visits', 'Page Views Per Visit', 'MRR']
    """
    words = words_of(name)
    is_abbreviation = len(words) == 1 and name.isupper() and len(name) <= 4
    if " " in name.strip() or is_abbreviation or not words:
        return " ".join(name.split())
    label = " ".join(words)
    return label[0].upper() + label[1:]


def family_of(name: str) -> Family:
    """Return the family that the words of a custom attribute suggest; declared where none does.

    >>> family_of("Total Time Spent on Website").value, family_of("crm_edition").value
    ('behavioural', 'declared')
    """
    words = set(words_of(name))
    return next((family for family, known in FAMILY_WORDS.items() if words & known), Family.DECLARED)


def is_protected_name(name: str) -> bool:
    """Tell whether a name speaks of what law protects of a person.

    >>> [is_protected_name(name) for name in ("customer age", "Age Group", "lead_age", "page", "package", "Page Views")]
    [True, True, False, False, False, False]
    """
    words = set(words_of(name))
    if PROTECTED_WORDS & words or _has_phrase(words_of(name), PROTECTED_PHRASES):
        return True
    return bool(OF_PERSONS & words and not THINGS & words) or bool(ORIGINS & words and not FIRMS & words)


def is_personal_name(name: str) -> bool:
    """Tell whether a column holds names of persons or contact data, going by its whole name.

    >>> [is_personal_name(name) for name in ("Lead E-mail", "mobile_phone", "Do Not Email", "Email opens", "contact")]
    [True, True, False, False, False]
    >>> [is_personal_name(name) for name in ("Decision Maker Name", "Skype ID", "Company Name", "Stage Name")]
    [True, True, False, False]
    """
    return _is_one_of(name, PERSONAL_NAMES) or _is_one_of(name, REACHED_BY, ADDRESS_WORDS) or _names_a_person(name)


def _names_a_person(name: str) -> bool:
    """Tell whether the word name stands behind a word for persons, or before one: Name of the wife."""
    words = words_of(name)
    before_last, last = ("", "", *words)[-2:]
    return (last in ("name", "names") and before_last in PERSONS) or (words[:2] == ("name", "of") and last in PERSONS)


def is_name_of_person(name: str) -> bool:
    """Tell whether a column holds names of persons, or parts of them.

    >>> [is_name_of_person(name) for name in ("First Name", "nachname", "Company Name", "user name")]
    [True, True, False, False]
    """
    return _is_one_of(name, NAMES_OF_PERSONS)


def is_phone_name(name: str) -> bool:
    """Tell whether a column holds telephone numbers.

    >>> [is_phone_name(name) for name in ("Work Phone", "mobile_number", "phone type")]
    [True, True, False]
    """
    return _is_one_of(name, PHONES, ADDRESS_WORDS)


def is_free_text_name(name: str) -> bool:
    """Tell whether a column holds what people wrote, going by its whole name.

    >>> [is_free_text_name(name) for name in ("Sales Notes", "Call Summary", "Note Count", "Product description")]
    [True, True, False, False]
    """
    *before, last = words_of(name) or ("",)
    return _is_one_of(name, FREE_TEXT_NAMES) or (last in WRITTEN and CONVERSATIONS.issuperset(before))


def _is_one_of(name: str, phrases: frozenset[str], endings: frozenset[str] = frozenset()) -> bool:
    """Tell whether a name is one of the phrases, beside who holds it and a number; the endings may follow."""
    words = words_of(name)
    bare = [word for word in words if word not in HOLDERS and not word.isdigit()]
    while bare[1:] and bare[-1] in endings and " ".join(bare) not in phrases:
        bare.pop()
    return " ".join(words) in phrases or " ".join(bare) in phrases


def _has_phrase(words: Iterable[str], phrases: frozenset[str]) -> bool:
    text = f" {' '.join(words)} "
    return any(f" {phrase} " in text for phrase in phrases)


def is_post_contact_name(name: str) -> bool:
    """Tell whether a name speaks of what sales writes down after the contact.

    >>> [is_post_contact_name(name) for name in ("Tags", "Lead Quality", "Reason lost", "Lead Source", "TotalVisits")]
    [True, True, True, False, False]
    >>> [is_post_contact_name(name) for name in ("Call Duration", "Session Duration", "Days to close", "Awards won")]
    [True, False, True, False]
    """
    words = [_singular(word) for word in words_of(name)]
    return (
        bool(POST_CONTACT_WORDS & set(words))
        or any(word in UNLESS_BESIDE and not _is_harmless(word, set(words)) for word in words)
        or bool(REASONS & set(words) and ENDINGS & set(words))
        or any(first in BARGAINS and second in FACTS for first, second in pairwise(words))
        or _has_phrase(words, POST_CONTACT_PHRASES)
    )


def _is_harmless(word: str, beside: set[str]) -> bool:
    return bool(UNLESS_BESIDE[word] & beside) and not TALKS & beside


def _singular(word: str) -> str:
    """Return a word without the s of the plural; that of loss and status stays.

    >>> [_singular(word) for word in ("tags", "loss", "status")]
    ['tag', 'loss', 'status']
    """
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def is_name_of_a_person(text: str) -> bool:
    """Tell whether a cell begins with a frequent first name, or has one after a comma, and is no longer than a name.

    >>> [is_name_of_a_person(text) for text in ("Erika Mustermann", "Miller, John", "New York", "John said he rang")]
    [True, True, False, True]
    >>> is_name_of_a_person("John said that he rang")
    False
    """
    words = text.lower().split()
    first = text.lower().partition(",")[2].split()[:1] or words[:1]
    return len(words) <= 4 and bool(FIRST_NAMES & set(first))


def shown(cell: str) -> str:
    """Return a cell as a log may show it: of what may be contact data or a person's name, only how it is written.

    >>> [shown(cell) for cell in ("12k", "31/31/2020", "ann@acme.example", "Erika Mustermann")]
    ['12k', '99/99/9999', 'xxx@xxxx.xxxxxxx', 'xxxxx xxxxxxxxxx']
    """
    text = cell[:LONGEST_SHOWN]
    if "@" not in text and len(text.split()) < 2 and sum(map(str.isdigit, text)) < 7:
        return text
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "x", text))


def has_id_word(name: str) -> bool:
    return bool(ID_WORDS & set(words_of(name)))


def claims(columns: list[str], vocabulary: list[str], explicit: dict[str, str]) -> dict[str, str]:
    """Return for columns of the vocabulary (ours) the columns of a file (theirs) that bear their name or an alias.

    What is mapped explicitly comes first, then our exact names, then aliases; each column is claimed once.

    >>> claims(["Lead Source", "Title"], ["source", "job_title", "city"], {})
    {'source': 'Lead Source', 'job_title': 'Title'}
    """
    claimed = {ours: theirs for ours, theirs in explicit.items() if theirs in columns}
    for ours in (name for name in vocabulary if name in columns and name not in claimed):
        if ours not in claimed.values():
            claimed[ours] = ours
    by_words = {" ".join(words_of(column)): column for column in reversed(columns)}
    for ours in (name for name in vocabulary if name not in claimed and name not in explicit):
        found = (by_words.get(alias) for alias in (ours.replace("_", " "), *ALIASES.get(ours, ())))
        theirs = next((column for column in found if column and column not in claimed.values()), None)
        if theirs is not None:
            claimed[ours] = theirs
    return claimed
