"""What there is to know of the connection to a CRM before anything is read or written."""

from pipelines.crm.connection import ConnectionResult, check_connection

__all__ = ["ConnectionResult", "check_connection"]
