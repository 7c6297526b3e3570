"""data.config."""

from data.config.credentials import VARIABLE, holds_password, masked, resolve
from data.config.loader import load_settings, parse_settings
from data.config.settings import (
    SQLITE,
    TABLE_ENDINGS,
    UPDATED_AT,
    DatabaseTable,
    FunnelSettings,
    Outcome,
    Pages,
    Settings,
    StageMapping,
    Thresholds,
    WriteBack,
    address_with_path,
    flat_settings,
    path_within,
    settings_of_folder,
)
from data.config.yaml_document import Document, Place

__all__ = [
    "SQLITE",
    "TABLE_ENDINGS",
    "UPDATED_AT",
    "VARIABLE",
    "DatabaseTable",
    "Document",
    "FunnelSettings",
    "Outcome",
    "Pages",
    "Place",
    "Settings",
    "StageMapping",
    "Thresholds",
    "WriteBack",
    "address_with_path",
    "flat_settings",
    "holds_password",
    "load_settings",
    "masked",
    "parse_settings",
    "path_within",
    "resolve",
    "settings_of_folder",
]
