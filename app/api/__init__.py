"""The API for programs: scores on demand, the scores of the last run, events and feedback, under ``/api/v1``.

`gate` stands before every request, `clients` knows who asks, `problems` words what goes wrong; each other module is a
group of routes.
"""

from app.api.application import make_api
from app.api.clients import ApiAccess, api_access_for

__all__ = ["ApiAccess", "api_access_for", "make_api"]
