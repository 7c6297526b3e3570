"""The pages, one module for each: what it asks of the store and the model, and which template shows it.

Each has a router; they are asked in the order of `ROUTERS`.
"""

from app.pages import activity, funnel, grid, lead_changes, lead_detail, leads, model, report, review, sign_in, week

ROUTERS = tuple(
    page.router
    for page in (
        sign_in,
        # Before `leads`: there an id may hold slashes, and would take in what follows it.
        activity,
        lead_detail,
        leads,
        lead_changes,
        week,
        grid,
        funnel,
        report,
        model,
        review,
    )
)

__all__ = ["ROUTERS"]
