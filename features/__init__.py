"""From leads and their events to rows of features: what is computed is declared as data, how is in `build`.

Everything is a pure function of a batch: leads, what is known of them, and the moment as of which each row is. `as_of`
knows of before and after, `snapshots` which moments are learned from and how each lead ended.
"""

from features.as_of import (
    activity_until,
    age_at,
    days_in_stage_at,
    existing_at,
    exists_at,
    happened_between,
    happened_by,
    last_events,
    open_at,
    outcome_at,
    scoring_time,
    sql_known_at,
    stage_at,
)
from features.batch import Batch
from features.build import build
from features.catalogue import (
    COMPETITOR,
    DERIVED,
    DIRECTIONS,
    FIELDS_GIVEN,
    LEAD_AGE,
    RULE_POINTS,
    WINDOWS,
    Feature,
    catalogue,
    fingerprint,
    named_features,
    stage_name,
)
from features.snapshots import (
    CLOSED_BEFORE,
    NO_CLOSING,
    NO_CREATION,
    SNAPSHOT_AGES,
    before_records,
    final_snapshots,
    snapshots_between,
    timed_snapshots,
)
from features.sources import ActiveDays, EventCount, FromRules, Given, Recency, channel_of, is_of_asset
from features.titles import rank_of

__all__ = [
    "CLOSED_BEFORE",
    "COMPETITOR",
    "DERIVED",
    "DIRECTIONS",
    "FIELDS_GIVEN",
    "LEAD_AGE",
    "NO_CLOSING",
    "NO_CREATION",
    "RULE_POINTS",
    "SNAPSHOT_AGES",
    "WINDOWS",
    "ActiveDays",
    "Batch",
    "EventCount",
    "Feature",
    "FromRules",
    "Given",
    "Recency",
    "activity_until",
    "age_at",
    "before_records",
    "build",
    "catalogue",
    "channel_of",
    "days_in_stage_at",
    "existing_at",
    "exists_at",
    "final_snapshots",
    "fingerprint",
    "happened_between",
    "happened_by",
    "is_of_asset",
    "last_events",
    "named_features",
    "open_at",
    "outcome_at",
    "rank_of",
    "scoring_time",
    "snapshots_between",
    "sql_known_at",
    "stage_at",
    "stage_name",
    "timed_snapshots",
]
