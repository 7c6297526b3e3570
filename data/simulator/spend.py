"""What the simulated channels cost and how often their assets were viewed, by month, from the leads that came."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

COST_PER_LEAD = {"content": 38, "organic": 12, "ppc": 95, "webinar": 70, "partner": 55, "social": 60}
VIEWS_PER_LEAD = {
    "case_study": 45,
    "ebook": 30,
    "trend_webinar": 12,
    "newsletter": 160,
    "product_webinar": 8,
    "trial": 18,
    "price_list": 25,
    "demo_request": 14,
}
UNEVEN = 0.15
"""Standard deviation of the logarithm of what a month's leads cost, and of how often their asset was viewed."""
NAMES = {"costs": ("source", "campaign", "month"), "asset_stats": ("asset", "month")}
_SCHEMAS = {
    "costs": [("source", pa.string()), ("campaign", pa.string()), ("month", pa.string()), ("spend", pa.float64())],
    "asset_stats": [("asset", pa.string()), ("month", pa.string()), ("views", pa.float64())],
}


class Channels:
    """Counts leads by channel and month, cohort by cohort."""

    def __init__(self) -> None:
        self.leads: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in NAMES}

    def count(self, leads: pa.Table) -> None:
        """Add a cohort of leads; of those that come twice, each counts."""
        month = pc.strftime(leads["created_at"], format="%Y-%m")  # pyright: ignore[reportAttributeAccessIssue]
        rows = leads.append_column("month", month).select(["source", "campaign", "asset", "month"]).to_pandas()
        for name, keys in NAMES.items():
            self.leads[name].update(rows.groupby(list(keys)).size().to_dict())

    def tables(self, rng: np.random.Generator) -> dict[str, pa.Table]:
        """Return ``costs`` and ``asset_stats``: one row per channel or asset and month."""
        each = {"costs": (COST_PER_LEAD, "spend"), "asset_stats": (VIEWS_PER_LEAD, "views")}
        tables = {}
        for name, (per_lead, column) in each.items():
            rows = pd.DataFrame(sorted(self.leads[name]), columns=list(NAMES[name]), dtype="str")
            leads = np.array([self.leads[name][key] for key in sorted(self.leads[name])], dtype=float)
            typical = rows[NAMES[name][0]].map(per_lead).to_numpy(float)
            rows[column] = np.rint(typical * leads * rng.lognormal(0, UNEVEN, len(rows)))
            tables[name] = pa.Table.from_pandas(rows, pa.schema(_SCHEMAS[name]), preserve_index=False)
        return tables
