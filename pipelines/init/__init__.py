"""init: tables are read, what they mean is proposed and tried, and the settings are written with the reasons."""

from pipelines.init.crm import init_crm
from pipelines.init.init import InitResult, init

__all__ = [
    "InitResult",
    "init",
    "init_crm",
]
