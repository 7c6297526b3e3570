"""Odoo 17, 18 and 19: leads read and scored through JSON-RPC, or JSON-2 where the server has it.

What the rules here rest on was seen on real servers; where a version differs it is said beside the line.
"""

from data.crm.odoo.connector import connect
from data.crm.odoo.preset import preset

__all__ = ["connect", "preset"]
