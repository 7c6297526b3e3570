"""pipelines.init."""

from pipelines.init.init import InitResult, init

__all__ = [
    "InitResult",
    "init",
]
