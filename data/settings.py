"""Settings of a project: which files hold the tables, and what their columns mean.

They come from a ``leadscore.yaml``, from a folder of tables, or from the flags of flat mode;
each becomes the same checked `Settings`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from data.errors import InputError, nearest
from data.vocabulary import HORIZON, LATER_TABLES, LOST_STAGES, TABLES, WON_STAGES

TABLE_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv")


def _as_texts(value: Any) -> Any:
    """YAML reads ``won: [1, true]`` as numbers and booleans; the values of a column are compared as text."""
    return [str(item) for item in value] if isinstance(value, list) else value


Written = Literal["day first", "month first", "decimal comma", "decimal point"]


def _as_naive_utc(moment: datetime) -> datetime:
    """Times without an offset are UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


Texts = Annotated[list[str], BeforeValidator(_as_texts)]

Moment = Annotated[datetime, AfterValidator(_as_naive_utc)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Outcome(_Strict):
    """The column of the leads table that holds the final outcome, and the values that mean won or lost."""

    column: str
    won: Texts = []
    lost: Texts = []


class StageMapping(_Strict):
    """Which of the stages of the CRM close a lead; compared without regard to case."""

    won: Texts = list(WON_STAGES)
    lost: Texts = list(LOST_STAGES)


class Settings(_Strict):
    """Everything that a run needs to know about its input.

    ``columns`` maps, per table, our name to theirs: ``{"leads": {"lead_id": "Id"}}``.
    ``formats`` says, per table and our name, how times or numbers are written where the cells leave it open; what a
    data set decided about its own columns is kept here, so that later files are read in the same way.
    ``outcome`` is the flat file's outcome column; ``order`` a column of leads, or ``rows`` for the file's own order;
    ``as_of`` the end of the data, by default the newest date in it.
    """

    tables: dict[str, Path]
    columns: dict[str, dict[str, str]] = {}
    formats: dict[str, dict[str, Written]] = {}
    outcome: Outcome | None = None
    order: str | None = None
    stages: StageMapping = Field(default_factory=StageMapping)
    horizon: int = Field(default=HORIZON, ge=1, le=3650)
    drop: list[str] = []
    keep: list[str] = []
    rules: Path | None = None
    truth: Path | None = None
    as_of: Moment | None = None
    seed: int = Field(default=0, ge=0)

    def column(self, table: str, name: str) -> str:
        """Return the source's name of a vocabulary column; the same name where nothing is mapped."""
        return self.columns.get(table, {}).get(name, name)

    def with_absolute_paths(self) -> Settings:
        """Return settings that hold wherever the next command is run."""
        tables = {table: file.resolve() for table, file in self.tables.items()}
        return self.model_copy(update={"tables": tables, "rules": self.rules and self.rules.resolve()})

    @property
    def outcome_is_final(self) -> bool:
        """Tell whether this is flat mode: one outcome per lead without a moment at which it fell."""
        timed = "stages" in self.tables or "outcomes" in self.tables
        return not timed and "closed_at" not in self.columns.get("leads", {})


def load_settings(path: Path) -> Settings:
    """Read a ``leadscore.yaml``, or a folder that holds one or holds tables named as in the vocabulary."""
    if not path.exists():
        raise InputError("there is no such file or folder", expected="a leadscore.yaml or a folder", got=str(path))
    if path.is_dir():
        config = path / "leadscore.yaml"
        return load_settings(config) if config.exists() else settings_of_folder(path)
    return _validated(_read_yaml(path), path)


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
        tables={"leads": leads, **({"events": events} if events else {})},
        columns={"leads": {name: column for name, column in roles.items() if column}},
        outcome=Outcome(column=outcome, won=won or [], lost=lost or []),
        order=order or None,
    )


def settings_of_folder(folder: Path) -> Settings:
    """Find the tables of a folder by their file names, such as ``leads.csv`` and ``events.parquet``."""
    tables = {table: file for table in TABLES if (file := _table_file(folder, table))}
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


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise InputError("this file is not YAML", got=str(problem), where=str(path)) from None
    if not isinstance(content, dict):
        raise InputError("the settings must be a mapping", expected="tables: …", got=str(content)[:80], where=str(path))
    return content


def _validated(content: dict[str, Any], path: Path) -> Settings:
    try:
        settings = Settings.model_validate(content)
    except ValidationError as problem:
        raise _input_error(problem, path) from None
    unknown = [name for name in (*settings.tables, *settings.columns) if name not in {*TABLES, *LATER_TABLES}]
    if unknown:
        raise InputError(
            f"unknown table '{unknown[0]}'",
            expected=", ".join(TABLES),
            where=str(path),
            remedy=nearest(unknown[0], TABLES),
        )
    return settings.model_copy(update=_paths_beside(settings, path.parent))


def _paths_beside(settings: Settings, folder: Path) -> dict[str, Any]:
    """Paths in the file are relative to the file."""
    return {
        "tables": {table: folder / file for table, file in settings.tables.items()},
        "rules": settings.rules and folder / settings.rules,
        "truth": settings.truth and folder / settings.truth,
    }


def _input_error(problem: ValidationError, path: Path) -> InputError:
    first = problem.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    key = str(first["loc"][-1]) if first["loc"] else ""
    unknown = first["type"] == "extra_forbidden"
    return InputError(
        f"unknown setting '{place}'" if unknown else f"the setting '{place}' is wrong: {first['msg'].lower()}",
        expected=", ".join(Settings.model_fields) if unknown else "",
        got=repr(first["input"])[:80],
        where=str(path),
        remedy=nearest(key, Settings.model_fields) if unknown else "",
    )
