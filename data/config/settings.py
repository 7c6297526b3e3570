"""Settings of a project: where the tables are, what their columns mean, and where scores go.

They come from a ``leadscore.yaml`` (`data.config.loader`), from a folder of tables, or from the flags of flat mode;
each becomes the same checked `Settings`. Secrets stay as they are written, ``${NAME}``, until a connection is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, get_args
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    field_validator,
    model_validator,
)

from data.config.checked_yaml import CheckedPart
from data.config.conditions import Alternatives, parse_condition
from data.config.credentials import LONGEST, VARIABLE, holds_password
from data.errors import InputError
from data.vocabulary import (
    AGE_EDGES,
    ASKED_NUMBERS,
    ASKED_TEXTS,
    FUNNEL,
    HORIZON,
    LOST_STAGES,
    READ_TABLES,
    SALES_ACTIVITIES,
    SCORE_FIELDS,
    WON_STAGES,
)

TABLE_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".xlsx")
SQLITE = "sqlite:///"
UPDATED_AT = "updated_at"
"""The column with the time of the last change of a row, where the settings name no other."""


def _as_texts(value: Any) -> Any:
    """The values of a column are compared as text."""
    return ["" if item is None else str(item) for item in value] if isinstance(value, list) else value


def _as_naive_utc(moment: datetime) -> datetime:
    """Times without an offset are UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _without_password(address: str) -> str:
    if holds_password(address):
        raise ValueError("a password does not belong into this file: write ${NAME} and set NAME in the environment")
    return address


def _variable_alone(token: str) -> str:
    if not VARIABLE.fullmatch(token):
        raise ValueError("a secret does not belong into this file: write ${NAME} and set NAME in the environment")
    return token


def _no_address(value: Any) -> Any:
    if isinstance(value, str) and "://" in value:
        raise ValueError("an address of a database stands under database; here stands a file, or {table: NAME}")
    return value


def _form_of(value: Any) -> str:
    """Return which of four forms the place of a table is written in: by default it is a path."""
    if isinstance(value, dict):
        other = "crm" if "crm" in value else "database"
        return "custom" if value.get("kind", other) != other else other
    return {DatabaseTable: "database", CrmTable: "crm", CustomTable: "custom"}.get(type(value), "file")


Written = Literal["day first", "month first", "decimal comma", "decimal point"]
WrittenKind = Literal["number", "band", "category", "flag", "set", "time"]
RelativeTo = Literal["stage", "all"]
Texts = Annotated[list[str], BeforeValidator(_as_texts)]
Moment = Annotated[datetime, AfterValidator(_as_naive_utc)]
Address = Annotated[str, Field(max_length=LONGEST), AfterValidator(_without_password)]
Share = Annotated[float, Field(gt=0, lt=1)]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Outcome(CheckedPart):
    """The column of the leads table that says how leads ended, and the values that mean won or lost.

    Without ``lost`` one other value may be there, which means lost; ``lost: []`` says that no value does.
    ``lost_where`` has further columns, each with its values or ``filled``: a lead that was not won is lost where all of
    them hold. ``{"Active": ["False"], "Lost Reason": "filled"}`` are leads that were archived with a reason.
    """

    column: str
    won: Texts = []
    lost: Texts | None = None
    lost_where: dict[str, Literal["filled"] | Texts] = {}

    @property
    def columns(self) -> list[str]:
        """The columns of the leads table that say how leads ended."""
        return [self.column, *self.lost_where]


class StageMapping(CheckedPart):
    """The stages of the CRM by those of the vocabulary, with those that close a lead; without regard to case."""

    contact: Texts = []
    lead: Texts = []
    mql: Texts = []
    sql: Texts = []
    qso: Texts = []
    won: Texts = list(WON_STAGES)
    lost: Texts = list(LOST_STAGES)

    @property
    def renamed(self) -> dict[str, str]:
        """Map the open stages of the CRM, in lower case, to those of the vocabulary."""
        open_stages = ("contact", "lead", "mql", "sql", "qso")
        return {value.strip().lower(): stage for stage in open_stages for value in getattr(self, stage)}


class BandThresholds(CheckedPart):
    """Probabilities at which the bands begin; where they are not given, multiples of the base rate."""

    hot: Share | None = None
    warm: Share | None = None

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if self.hot is not None and self.warm is not None and self.hot <= self.warm:
            raise ValueError("hot must be above warm")
        return self


class FileTable(RootModel[Path]):
    """A file that holds a table; written as its path alone."""

    kind: ClassVar[Literal["file"]] = "file"

    @property
    def path(self) -> Path:
        return self.root

    @property
    def place(self) -> str:
        """Where the table is, for messages."""
        return str(self.root)


class DatabaseTable(CheckedPart):
    """A table or view of the database; ``updated_at`` is the column that says when a row was changed."""

    kind: ClassVar[Literal["database"]] = "database"
    table: str
    updated_at: str | None = None

    @property
    def place(self) -> str:
        """Where the table is, for messages."""
        return f"table {self.table}"


class CrmTable(CheckedPart):
    """A table that is read through the interface of the CRM: leads, events, stages or outcomes."""

    kind: ClassVar[Literal["crm"]] = "crm"
    crm: str

    @property
    def place(self) -> str:
        """Where the table is, for messages."""
        return f"{self.crm} of the CRM"


class CrmAccess(CheckedPart):
    """How to sign in to the CRM; ``kind`` is its kind (`data.crm`), which says what of the rest it needs."""

    kind: str
    url: Address
    database: str | None = None
    user: str | None = None
    api_key: Annotated[str, AfterValidator(_variable_alone)] | None = None


class CustomTable(BaseModel):
    """A table of another kind of source: its name in `data.sources.KINDS`, a path where it has one, and what it needs.

    What else it needs (`model_extra`) is checked by the source when it is opened.
    """

    model_config = ConfigDict(extra="allow")
    kind: str
    path: Path | None = None

    @property
    def place(self) -> str:
        """Where the table is, for messages."""
        return f"{self.kind} {self.path or ''}".strip()


class WriteBack(CheckedPart):
    """Where scores are written back to: a table of a database, by default the one that the leads are read from.

    ``kind`` is the kind of the place (`data.sinks.kinds`), such as crm for fields of the lead in the CRM; ``key`` is
    the column with the lead's id in a table; ``columns`` maps fields of a score to columns of the table or fields of
    the CRM, by default all by their names; a column that is mapped to ``=text`` holds that text in every row. ``where``
    says which leads are written first, such as ``band in [hot, warm]``; those that are there are kept up to date.
    ``only_update`` says that the table is somebody else's, in which no row is made; it is so for a table that leads are
    read from, and for one that needs more of a new row.
    """

    kind: str = "sql"
    database: Address | None = None
    crm: CrmAccess | None = None
    table: str = "lead_scores"
    key: str = "lead_id"
    only_update: bool = False
    columns: dict[str, str] = Field(default_factory=lambda: {name: name for name in SCORE_FIELDS}, min_length=1)
    where: str | None = None

    @property
    def place(self) -> str:
        """What the place is called, for messages."""
        return self.crm.kind.capitalize() if self.kind == "crm" and self.crm else self.table

    @property
    def fields(self) -> dict[str, str]:
        """The fields that are written, with their columns; a constant is called like its column."""
        return {name: name if name in self.constants else column for name, column in self.columns.items()}

    @property
    def constants(self) -> dict[str, str]:
        """The columns that hold the same text in every row."""
        return {name: text[1:] for name, text in self.columns.items() if text.startswith("=")}

    @property
    def condition(self) -> Alternatives:
        """What a lead must be to be written for the first time; empty where all are."""
        return parse_condition(self.where, ASKED_NUMBERS, ASKED_TEXTS) if self.where else ()

    @model_validator(mode="after")
    def _can_be_understood(self) -> Self:
        _ = self.condition
        return self

    @model_validator(mode="after")
    def _each_has_its_own_column(self) -> Self:
        taken = [self.key, *self.fields.values()]
        twice = next((name for name in taken if taken.count(name) > 1), None)
        if twice:
            raise ValueError(f"two fields would be written to the column '{twice}'")
        return self


class Capacity(CheckedPart):
    """How many leads each owner can call in a week; by default any number, for nobody said how many."""

    per_owner_per_week: int | None = Field(default=None, ge=1)


class FunnelSettings(CheckedPart):
    """What the funnel's figures are: the words and limits that sales and marketing agree on.

    ``split`` maps a stage to its parts in order, each with what the CRM calls it:
    ``{"qso": {"meeting": ["Meeting held"], "proposal": ["Proposal sent"]}}``. ``definitions`` says what a stage means,
    and ``benchmarks`` at which rate the market's leads come to it from the stage before; both by stage or part of one.
    ``by`` are columns of the leads by whose levels rates are cut; ``segments`` follow them. ``bars`` are classes of the
    user's own, each from a chance of winning on, counted beside those of warm and hot leads.
    ``within`` is the number of days in which a step counts where periods are compared, so that young leads do not look
    like lost ones. A rate on fewer leads than ``smallest`` is shown without a verdict. ``sales_activities`` are types
    of events. ``currency`` is that of the settings; without one that which most costs are in is taken.
    """

    split: dict[str, dict[str, Texts]] = {}
    definitions: dict[str, str] = {}
    benchmarks: dict[str, Share] = {}
    by: list[str] = ["source", "campaign", "asset", "persona", "industry"]
    bars: dict[str, Share] = {}
    opportunity: str = "qso"
    period: Literal["week", "month", "quarter"] = "month"
    within: int = Field(default=30, ge=1, le=3650)
    smallest: int = Field(default=30, ge=1)
    currency: CurrencyCode | None = None
    sales_activities: list[str] = list(SALES_ACTIVITIES)

    @model_validator(mode="after")
    def _speak_of_stages(self) -> Self:
        parts = [part for parts in self.split.values() for part in parts]
        for name in (*self.split, *self.definitions, *self.benchmarks, self.opportunity):
            if name not in (*FUNNEL, *parts):
                raise ValueError(f"'{name}' is no stage: they are {', '.join((*FUNNEL, *parts))}")
        if any(not parts or name in parts or name in (FUNNEL[0], FUNNEL[-1]) for name, parts in self.split.items()):
            raise ValueError("a stage is split into parts of other names; the first and the last cannot be split")
        return self


Role = Literal["viewer", "sales", "admin"]


class User(CheckedPart):
    """What somebody may do at the pages, and the token by which they sign in, as ${NAME}; none: through the proxy."""

    role: Role = "viewer"
    token: Annotated[str, AfterValidator(_variable_alone)] | None = None


class Proxy(CheckedPart):
    """A proxy that signs people in: its address, the header with the user, and the role of those not named."""

    address: str
    header: str = "X-Forwarded-User"
    role: Role = "viewer"


class Pages(CheckedPart):
    """Who may open the pages of ``leadscore serve``, and which sites may show a lead's panel in a frame.

    ``hosts`` are the names by which browsers reach them, beside those of this computer; ``https`` says that they do so
    over TLS, which a proxy before the pages speaks. ``contact`` are columns of the leads, such as email, that sales
    sees on a lead's page; they are read from the source each time, and kept nowhere.
    """

    contact: list[str] = []
    users: dict[str, User] = {}
    proxy: Proxy | None = None
    hosts: list[Annotated[str, Field(pattern=r"^[\w.-]+$")]] = []
    https: bool = False
    frame_ancestors: list[Annotated[str, Field(pattern=r"^https?://[\w.:*-]+$")]] = []


def _as_tracking(value: Any) -> Any:
    """An address alone is written as a text."""
    return {"uri": value} if isinstance(value, str) else value


class Tracking(CheckedPart):
    """The tracking server of MLflow that versions are stored on, and by which names they are known there.

    ``tags`` are written on each run.
    """

    uri: Address
    experiment: str = Field(default="leadscore", min_length=1)
    model: str = Field(default="leadscore", pattern=r"^[\w. -]+$")
    tags: dict[str, str] = {}


ApiScope = Literal["score", "read", "events", "feedback", "metrics"]
API_SCOPES: tuple[ApiScope, ...] = get_args(ApiScope)


class ApiClient(CheckedPart):
    """A program that may ask the API: its token as ${NAME}, what it may do, until which day, and how often a minute."""

    token: Annotated[str, AfterValidator(_variable_alone)]
    scopes: list[ApiScope] = Field(min_length=1)
    expires: date | None = None
    per_minute: int = Field(default=6000, ge=1)


class Api(CheckedPart):
    """Who may ask the API of ``leadscore serve`` and ``leadscore api``, by the names that the log has."""

    clients: dict[str, ApiClient] = {}


AlertKind = Literal["trigger", "hot", "warm", "cooled", "account"]


class Alerts(CheckedPart):
    """Whom ``leadscore watch`` alerts of leads, of what, and where.

    ``to`` maps owners to the address of their channel, as ${NAME}; ``default`` is for leads of all others. ``on`` lists
    the kinds of alerts: a trigger event, a lead that became hot or warm, one that cooled, and an account without a lead
    for which a trigger holds. Within the hours ``quiet`` (UTC, such as 20:00-06:00) nothing is sent; it waits. Of an
    owner's alerts ``most_per_hour`` are sent one by one, and all others together in one message. ``link`` is the page
    of a lead, with {lead_id}.
    """

    to: dict[str, Annotated[str, AfterValidator(_variable_alone)]]
    on: list[AlertKind] = ["trigger", "hot", "cooled", "account"]
    quiet: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] | None = None
    most_per_hour: int = Field(default=20, ge=1)
    link: Annotated[str, Field(pattern=r"^https?://\S*\{lead_id\}\S*$")] | None = None

    @field_validator("to")
    @classmethod
    def _has_default(cls, to: dict[str, str]) -> dict[str, str]:
        if "default" not in to:
            raise ValueError("say where alerts of leads without a known owner go: default: ${NAME}")
        return to


File = Annotated[FileTable, BeforeValidator(_no_address), Tag("file")]
Database = Annotated[DatabaseTable, Tag("database")]
FromCrm = Annotated[CrmTable, Tag("crm")]
Custom = Annotated[CustomTable, Tag("custom")]
Source = Annotated[File | Database | FromCrm | Custom, Discriminator(_form_of)]


class Settings(CheckedPart):
    """Everything that a run needs to know about its input, and where its scores go.

    ``tables`` says where each table is: a file, a table of ``database``, an SQLAlchemy URL, a table read through the
    interface of the ``crm``, or another kind of source.
    ``encoding`` is that of text files, where it is not to be found out from their letters.
    ``columns`` maps, per table, names of the vocabulary to those of the source: ``{"leads": {"lead_id": "Id"}}``;
    ``event_types`` and ``stages`` map them to the values that mean them.
    ``formats`` says, by the same names, how times or numbers are written where the cells leave it open; what a data set
    decided about its own columns is kept here, so that later files are read in the same way.
    ``currency`` is what amounts are in, by default that which is commonest in a column; of others nothing is learned,
    unless ``rates`` says what one unit is worth: ``{"USD": 0.92}``. ``currencies`` says it of one column: those that a
    data set found are kept here, as the formats are.
    ``days`` names, by table, the columns of moments that have no time of day: they are found, and kept here, too.
    ``kinds`` says what columns of leads are, by their names, whatever their cells look like: ``{"Revenue": "number"}``.
    ``outcome`` is the flat file's outcome column; ``order`` a column of leads, or ``rows`` for the file's own order;
    ``as_of`` the end of the data, by default found from the pace at which things happen.
    ``snapshot_ages`` are the days after its creation of which snapshots are learned from, the first being 0.
    Reasons are ``relative_to`` the leads at the same ``stage``, or to ``all`` leads.
    ``segments`` are columns by whose levels the model card measures the model.
    ``funnel`` is what the report's figures are made by.
    ``effort`` is how long a training searches for settings of the trees; ``trials`` is how many it tries, by default
    what the effort says, and ``budget`` the seconds after which it tries no more.
    ``memory`` is what tables may take of the machine's, such as 2GB; a quarter by default, and the rest spills to disk.
    ``store`` is the URL of the score store, by default a SQLite file in the workspace; ``retention_days`` says how long
    it keeps scores that are no longer current, and the workspace rows in quarantine; by default for good.
    ``tracking`` is the MLflow server that versions are stored on, by default the workspace's own database.
    ``crm_url`` is where the CRM shows a lead: ``https://crm.example/leads/{lead_id}``.
    ``recommendations`` are other names for what to do with a lead: ``{"call now": "Ring today"}``.
    ``alerts`` says whom `leadscore watch` alerts, and ``api`` which programs may ask the API.
    """

    tables: dict[str, Source]
    database: Address | None = None
    crm: CrmAccess | None = None
    encoding: str | None = None
    columns: dict[str, dict[str, str]] = {}
    formats: dict[str, dict[str, Written]] = {}
    currency: CurrencyCode | None = None
    rates: dict[CurrencyCode, Annotated[float, Field(gt=0, lt=math.inf)]] = {}
    currencies: dict[str, dict[str, CurrencyCode]] = {}
    kinds: dict[str, WrittenKind] = {}
    days: dict[str, list[str]] = {}
    event_types: dict[str, Texts] = {}
    outcome: Outcome | None = None
    order: str | None = None
    stages: StageMapping = Field(default_factory=StageMapping)
    horizon: int = Field(default=HORIZON, ge=1, le=3650)
    snapshot_ages: tuple[int, ...] = (0, *AGE_EDGES)
    thresholds: BandThresholds = Field(default_factory=BandThresholds)
    relative_to: RelativeTo = "stage"
    drop: list[str] = []
    keep: list[str] = []
    segments: list[str] = []
    funnel: FunnelSettings = Field(default_factory=FunnelSettings)
    rules: Path | None = None
    truth: Path | None = None
    as_of: Moment | None = None
    seed: int = Field(default=0, ge=0)
    effort: Literal["fast", "standard", "best"] = "standard"
    trials: int | None = Field(default=None, ge=0, le=1000)
    budget: float | None = Field(default=None, ge=0)
    store: Address | None = None
    tracking: Annotated[Tracking, BeforeValidator(_as_tracking)] | None = None
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[MG]i?B$")] | None = None
    retention_days: int | None = Field(default=None, ge=1, le=36500)
    write_back: WriteBack | None = None
    capacity: Capacity = Field(default_factory=Capacity)
    crm_url: Annotated[str, Field(pattern=r"^https?://[^{}\s]+\{lead_id\}[^{}\s]*$")] | None = None
    recommendations: dict[Literal["call now", "call this week", "nurture", "leave"], str] = {}
    alerts: Alerts | None = None
    pages: Pages = Field(default_factory=Pages)
    api: Api = Field(default_factory=Api)

    @field_validator("snapshot_ages")
    @classmethod
    def _ascending(cls, ages: tuple[int, ...]) -> tuple[int, ...]:
        if ages[:1] != (0,) or any(later <= earlier for earlier, later in pairwise(ages)):
            raise ValueError(f"days from 0 on, each later than the one before, such as {[0, *AGE_EDGES]}")
        return ages

    @model_validator(mode="after")
    def _knows_its_systems(self) -> Self:
        from_database = [name for name, source in self.tables.items() if source.kind == "database"]
        if from_database and not self.database:
            raise ValueError(f"the table {from_database[0]} is in a database: say which under database, as ${{NAME}}")
        from_crm = [name for name, source in self.tables.items() if source.kind == "crm"]
        if from_crm and not self.crm:
            raise ValueError(f"the table {from_crm[0]} is in a CRM: say which under crm")
        back = self.write_back
        if back and back.kind == "sql" and not (back.database or self.database):
            raise ValueError("write_back needs a database, as ${NAME}")
        if back and back.kind == "crm" and not (back.crm or self.crm):
            raise ValueError("write_back needs a CRM: say which under crm")
        return self

    @model_validator(mode="after")
    def _knows_its_currency(self) -> Self:
        if self.currency and self.funnel.currency not in (None, self.currency):
            raise ValueError(f"currency is {self.currency} and funnel.currency {self.funnel.currency}: one is needed")
        if self.rates and not self.own_currency:
            raise ValueError("rates say what other currencies are worth: currency must say in which one, such as EUR")
        return self

    @property
    def own_currency(self) -> str | None:
        """The currency that amounts are in, where the settings say so."""
        return self.currency or self.funnel.currency

    def address_in_crm(self, lead_id: str) -> str:
        """Return where the CRM shows a lead, its id as one part of the address; an empty text where nobody said."""
        return (self.crm_url or "").replace("{lead_id}", quote(lead_id, safe=""))

    def recommendation_name(self, recommendation: str | None) -> str:
        """Return a recommendation as it is to be called; an empty text where there is none."""
        names: dict[str, str] = {**self.recommendations}
        return names.get(recommendation or "", recommendation or "")

    def column(self, table: str, name: str) -> str:
        """Return the source's name of a vocabulary column; the same name where nothing is mapped."""
        return self.columns.get(table, {}).get(name, name)

    def beside(self, folder: Path) -> Settings:
        """Return settings whose relative paths start from a folder."""
        return self._with_paths(lambda path: folder / path, lambda path: (folder / path).resolve())

    def within(self, folder: Path) -> Settings:
        """Return settings that hold wherever the folder is moved or copied to: `beside` it they name the same files.

        Paths inside the folder become relative to it, all others absolute.
        """
        inside = partial(path_within, folder=folder)
        return self._with_paths(inside, inside)

    def _with_paths(self, change: Callable[[Path], Path], change_database: Callable[[Path], Path]) -> Settings:
        back = self.write_back
        if back:  # by default it is in what leads are read from
            back = back.model_copy(update={"database": back.database or self.database, "crm": back.crm or self.crm})
        settings = self.model_copy(update={"write_back": back})
        return _changed(settings, change, lambda text: address_with_path(text, change_database))

    def place(self, table: str) -> str:
        """Say where a table is, without secrets."""
        return self.tables[table].place

    @property
    def places(self) -> str:
        """Say where all tables are."""
        return ", ".join(self.place(table) for table in self.tables)

    @property
    def has_outcomes(self) -> bool:
        """Return whether there is a place at all where it is said how leads ended."""
        return self.outcome is not None or "stages" in self.tables or "outcomes" in self.tables

    @property
    def outcome_is_final(self) -> bool:
        """Return whether this is flat mode: one outcome per lead without a moment at which it fell."""
        timed = "stages" in self.tables or "outcomes" in self.tables
        return not timed and "closed_at" not in self.columns.get("leads", {})


def _changed(part: Any, change: Callable[[Path], Path], change_text: Callable[[str], str]) -> Any:
    """Return a part of the settings with its paths and texts changed, however deep they stand."""
    if isinstance(part, BaseModel):
        parts = {name: (value, _changed(value, change, change_text)) for name, value in part}
        return part.model_copy(update={name: after for name, (before, after) in parts.items() if after != before})
    if isinstance(part, dict):
        return {name: _changed(value, change, change_text) for name, value in part.items()}
    if isinstance(part, list):
        return [_changed(value, change, change_text) for value in part]
    if isinstance(part, Path):
        return change(part)
    return change_text(part) if isinstance(part, str) else part


def address_with_path(address: str, change: Callable[[Path], Path]) -> str:
    """Return the address of an SQLite file with its path changed; other addresses stay as they are.

    >>> address_with_path("sqlite:///crm.db", lambda path: Path("/data") / path)
    'sqlite:////data/crm.db'
    >>> address_with_path("postgresql://crm", lambda path: Path("/data") / path)
    'postgresql://crm'
    """
    if not address.startswith(SQLITE) or "${" in address:
        return address
    return f"{SQLITE}{change(Path(address.removeprefix(SQLITE)))}"


def path_within(path: Path, folder: Path) -> Path:
    """Return a path inside a folder as relative to it, any other as absolute.

    >>> str(path_within(Path("/srv/var/crm.db"), Path("/srv/var")))
    'crm.db'
    >>> str(path_within(Path("/srv/leads.csv"), Path("/srv/var")))
    '/srv/leads.csv'
    """
    real, root = path.parent.resolve() / path.name, folder.resolve()  # a link in the folder is inside it
    return real.relative_to(root) if real.is_relative_to(root) else Path.cwd() / path


def flat_settings(
    leads: Path | None,
    events: Path | None = None,
    *,
    lead_id: str,
    outcome: str,
    won: list[str] | None = None,
    lost: list[str] | None = None,
    created: str = "",
    closed: str = "",
    order: str = "",
) -> Settings:
    """Return the settings of one file of leads with an outcome column. Raises InputError where a flag is missing."""
    flags = {"--leads": leads, "--id": lead_id, "--outcome": outcome}
    if closed and not created:
        raise InputError("--closed needs --created", expected="the column with the date of creation beside it")
    missing = [flag for flag, value in flags.items() if not value]
    if missing or leads is None:
        raise InputError(
            f"{' and '.join(missing)} must be given",
            expected="--config FILE, or --leads FILE --id COLUMN --outcome COLUMN",
        )
    roles = {"lead_id": lead_id, "created_at": created, "closed_at": closed}
    return Settings(
        tables={"leads": FileTable(leads), **({"events": FileTable(events)} if events else {})},
        columns={"leads": {name: column for name, column in roles.items() if column}},
        outcome=Outcome(column=outcome, won=won or [], lost=lost or None),
        order=order or None,
    )


def settings_of_folder(folder: Path) -> Settings:
    """Find the tables of a folder by their file names, such as ``leads.csv`` and ``events.parquet``."""
    tables: dict[str, Source] = {
        table: FileTable(file) for table in READ_TABLES if (file := _table_file(folder, table))
    }
    if "leads" not in tables:
        raise InputError(
            "this folder holds no table of leads",
            expected=" or ".join(f"leads{ending}" for ending in TABLE_ENDINGS),
            got=", ".join(sorted(file.name for file in folder.iterdir())[:10]) or "an empty folder",
            where=str(folder),
        )
    return Settings(tables=tables)


def _table_file(folder: Path, table: str) -> Path | None:
    candidates = (folder / f"{table}{ending}" for ending in TABLE_ENDINGS)
    return next((file for file in candidates if file.exists()), None)
