"""What a project says of its data, in ``leadscore.yaml`` or by flags, as checked settings; secrets stay as ``${NAME}``.

Rules are read by the same checked YAML: its mistakes are errors with the line and the nearest known word.
"""

from data.config.checked_yaml import UNKNOWN_KEY, CheckedPart, mistake, validated
from data.config.conditions import Alternatives, FieldTest
from data.config.credentials import VARIABLE, holds_password, masked, resolve
from data.config.loader import FILE_NAME, load_settings, parse_settings
from data.config.settings import (
    SQLITE,
    TABLE_ENDINGS,
    UPDATED_AT,
    Alerts,
    BandThresholds,
    CrmAccess,
    CrmTable,
    CustomTable,
    DatabaseTable,
    FileTable,
    FunnelSettings,
    Outcome,
    Pages,
    RelativeTo,
    Settings,
    Source,
    StageMapping,
    WriteBack,
    address_with_path,
    flat_settings,
    path_within,
    settings_of_folder,
)
from data.config.yaml_document import Document, Place, parse_yaml, read_yaml

__all__ = [
    "FILE_NAME",
    "SQLITE",
    "TABLE_ENDINGS",
    "UNKNOWN_KEY",
    "UPDATED_AT",
    "VARIABLE",
    "Alerts",
    "Alternatives",
    "BandThresholds",
    "CheckedPart",
    "CrmAccess",
    "CrmTable",
    "CustomTable",
    "DatabaseTable",
    "Document",
    "FieldTest",
    "FileTable",
    "FunnelSettings",
    "Outcome",
    "Pages",
    "Place",
    "RelativeTo",
    "Settings",
    "Source",
    "StageMapping",
    "WriteBack",
    "address_with_path",
    "flat_settings",
    "holds_password",
    "load_settings",
    "masked",
    "mistake",
    "parse_settings",
    "parse_yaml",
    "path_within",
    "read_yaml",
    "resolve",
    "settings_of_folder",
    "validated",
]
