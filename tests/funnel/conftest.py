"""Funnels written down by hand: each lead a line with its columns, its way through the stages, and its end."""

from collections.abc import Callable

import pandas as pd
import pytest

from data.config import FunnelSettings, StageMapping
from funnel.stages import Journeys, define_stages, follow, places_of

AS_OF = pd.Timestamp("2025-12-01")
START = pd.Timestamp("2025-01-01")


def journeys_of(
    leads: list[dict],
    *,
    settings: FunnelSettings | None = None,
    mapping: StageMapping | None = None,
    as_of: pd.Timestamp = AS_OF,
) -> Journeys:
    """Follow leads whose ``path`` is a list of stages, or of (stage, day), in days since 2025-01-01.

    ``created`` is a day; ``won`` is True, False or None while open; ``closed`` is the day of its end.
    """
    mapping = mapping or StageMapping()
    stages = define_stages(settings or FunnelSettings(), mapping)
    entries = []
    for row, lead in enumerate(leads):
        for number, step in enumerate(lead.get("path", [])):
            stage, day = step if isinstance(step, tuple) else (step, lead.get("created", 0) + number)
            entries.append((row, stage.lower(), START + pd.Timedelta(days=day)))
    frame = pd.DataFrame(entries, columns=["row", "stage", "entered_at"]).sort_values(
        ["row", "entered_at"], kind="stable"
    )
    places = places_of(list(frame["stage"].unique()), stages, mapping.lost)
    frame["place"] = frame["stage"].map(places).astype("int64")
    frame["entered_at"] = frame["entered_at"].astype("datetime64[us]")
    return follow(_table(leads), frame, stages, as_of)


def _table(leads: list[dict]) -> pd.DataFrame:
    days = [lead.get("created", 0) for lead in leads]
    closed = [lead.get("closed", 200) if lead.get("won") is not None else None for lead in leads]
    return pd.DataFrame(
        {
            "lead_id": [lead.get("id", f"l{row}") for row, lead in enumerate(leads)],
            "position": range(len(leads)),
            "owner": [lead.get("owner") for lead in leads],
            "created_at": [pd.NaT if day is None else START + pd.Timedelta(days=day) for day in days],
            "closed_at": [pd.NaT if day is None else START + pd.Timedelta(days=day) for day in closed],
            "won": pd.array([lead.get("won") for lead in leads], dtype="boolean"),
            "amount": [float(lead.get("amount", "nan")) for lead in leads],
            **{name: [lead.get(name) for lead in leads] for name in ("source", "asset", "campaign")},
        }
    ).astype({"created_at": "datetime64[us]", "closed_at": "datetime64[us]"})


@pytest.fixture(scope="session")
def journeys() -> Callable[..., Journeys]:
    return journeys_of


@pytest.fixture
def two_assets() -> Journeys:
    """100 case studies and 100 demo requests: 80 % of both become MQLs, 10 % and 60 % of those SQLs."""

    def of(asset: str, sql: int) -> list[dict]:
        paths = [["lead", "mql", "sql"]] * sql + [["lead", "mql"]] * (80 - sql) + [["lead"]] * 20
        return [{"asset": asset, "source": asset, "path": path} for path in paths]

    return journeys_of(of("case study", 8) + of("demo request", 48))
