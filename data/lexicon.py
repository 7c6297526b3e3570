"""What the names of columns say: which column of the vocabulary is meant, the family, and what must not be used.

Names are compared as words: ``TotalVisits``, ``total_visits`` and ``Total Visits`` are the words total, visits.
"""

from __future__ import annotations

import re

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
    "gender sex nationality citizenship citizen religion religious race racial ethnicity ethnic disability disabled "
    "disabilities marital married pregnant pregnancy maternity political politics sexual dob birthday "
    "birthdate birth caste veteran genetic geschlecht nationalität staatsangehörigkeit religionszugehörigkeit "
    "konfession geburtsdatum familienstand sexe género edad alter âge età idade leeftijd pronoun pronouns pronomen"
)
PROTECTED_PHRASES = _phrases("mother tongue, trade union, union member, union membership, labor union, labour union")
OF_PERSONS = _words("age health")
"""What law protects of a person, but not of a thing: the age of a lead, the health of an account."""
THINGS = _words(
    "lead leads account company firm business organisation organization page domain site website web deal opportunity "
    "record ticket subscription contract product order usage system app data email list score index care industry days "
    "hours minutes months weeks since vehicle car house property building model machine average"
)

NAMES_OF_PERSONS = _phrases(
    """name, first name, last name, full name, surname, given name, family name, forename, contact name, lead name,
    person name, customer name, client name, contact person, vorname, nachname, familienname, ansprechpartner, prénom,
    prenom, nom, nom de famille, nombre, apellido, apellidos"""
)
PHONES = _phrases(
    """phone, phone number, telephone, telephone number, tel, mobile, mobile number, mobile phone, cell, cell phone,
    cellphone, fax, fax number, whatsapp, telefon, telefonnummer, handy, téléphone, teléfono"""
)
PERSONAL_NAMES = (
    NAMES_OF_PERSONS
    | PHONES
    | _phrases(
        """middle name, nickname, salutation, email, e mail, mail, email address, e mail address, skype, linkedin,
    linkedin url, linkedin profile, twitter, twitter handle, facebook, instagram, xing, address, street, street address,
    postal address, home address, address line, ip, ip address, passport, passport number, ssn, social security number,
    tax id, iban, account number, credit card, owner name, account manager, account owner, sales rep, user name,
    username, created by, updated by, modified by, referred by, assigned to, referee, referred person,
    referring person, responsible, responsible person, person, persons, sales person, salesperson, agent name, kontakt,
    kontaktperson, anrede, strasse, straße, adresse, anschrift, correo, correo electrónico, dirección"""
    )
)
FREE_TEXT_NAMES = _phrases(
    """note, notes, comment, comments, remark, remarks, description, message, messages, memo, free text, text, body,
    feedback, call notes, sales notes, additional information, bemerkung, bemerkungen, kommentar, notiz, notizen"""
)
POST_CONTACT_WORDS = _words(
    "tag tags disposition dispositions outcome outcomes result results verdict qualification qualified disqualified "
    "unqualified conversion converted won lost closed closing closure churn churned signed duration resolution "
    "grund absagegrund verloren gewonnen abschluss ergebnis motif perdu gagné resultado motivo perdido ganado"
)
"""Words for what sales writes down once it has spoken with a lead: the outcome, and what follows from it."""
POST_CONTACT_PHRASES = _phrases(
    """lead quality, lead profile, lead status, lead grade, lead rating, lead temperature, call status, call result,
    call outcome, call count, calls made, reason lost, lost reason, loss reason, reason for loss, close date,
    close reason, deal stage, deal status, deal value, deal amount, deal size, opportunity stage, opportunity status,
    opportunity amount, contract value, contract date, contract length, purchase date, order value, order date,
    invoice, first purchase, last contacted, last call, last notable activity, next step, next action,
    follow up status, sales stage, sales status, sales feedback, rejection reason, customer since, is customer,
    onboarding, renewal date"""
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
HOLDERS = _words("lead contact work business primary secondary your customer client prospect office home")
ID_WORDS = _words("id ids uuid guid key code number no nr num ref reference serial index record row hash")

SEXES = _words(
    "m f male female man woman men women boy girl diverse d x other unknown non-binary nonbinary "
    "männlich weiblich maennlich divers homme femme"
)
TELLING_SEXES = _words("male female man woman men women männlich weiblich maennlich homme femme")
SALUTATIONS = _words("mr mrs ms miss mx dr prof mr. mrs. ms. dr. prof. herr frau sir madam")


def words_of(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words.

    >>> words_of("TotalVisits"), words_of("emp.var.rate"), words_of("E-mail")
    (('total', 'visits'), ('emp', 'var', 'rate'), ('e', 'mail'))
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
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
    words = words_of(name)
    if PROTECTED_WORDS & set(words) or any(phrase in " ".join(words) for phrase in PROTECTED_PHRASES):
        return True
    return bool(OF_PERSONS & set(words)) and not THINGS & set(words)


def is_personal_name(name: str) -> bool:
    """Tell whether a column holds names of persons or contact data, going by its whole name.

    >>> [is_personal_name(name) for name in ("Lead E-mail", "mobile_phone", "Do Not Email", "Email opens", "contact")]
    [True, True, False, False, False]
    """
    return _is_one_of(name, PERSONAL_NAMES)


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
    return _is_one_of(name, PHONES)


def is_free_text_name(name: str) -> bool:
    return _is_one_of(name, FREE_TEXT_NAMES)


def _is_one_of(name: str, phrases: frozenset[str]) -> bool:
    words = words_of(name)
    bare = [word for word in words if word not in HOLDERS and not word.isdigit()]
    return " ".join(words) in phrases or " ".join(bare) in phrases


def is_post_contact_name(name: str) -> bool:
    """Tell whether a name speaks of what sales writes down after the contact.

    >>> [is_post_contact_name(name) for name in ("Tags", "Lead Quality", "Reason lost", "Lead Source", "TotalVisits")]
    [True, True, True, False, False]
    """
    words = words_of(name)
    return bool(POST_CONTACT_WORDS & set(words)) or any(
        f" {phrase} " in f" {' '.join(words)} " for phrase in POST_CONTACT_PHRASES
    )


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
