"""How to reach a lead is read from the source, by the columns that the settings name."""

from app.contact import contact_of
from data.config import FileTable, Settings
from data.workspace import Workspace

LEADS = """Id,Mail,Phone,Company
007,ann@acme.example, +49 30 1234 ,Acme
7,bob@acme.example,,Acme
"""


def test_filled_columns_of_the_one_lead_are_given_by_their_names(tmp_path):
    """Ids are text, so 007 is not 7; a column that is not there, and an empty cell, are left out."""
    file = tmp_path / "leads.csv"
    file.write_text(LEADS)
    columns = {"leads": {"lead_id": "Id", "email": "Mail"}}
    settings = Settings(tables={"leads": FileTable(file)}, columns=columns)
    workspace, names = Workspace.at(tmp_path / "var"), ["email", "Phone", "Fax", "lead_id"]
    assert contact_of("007", names, settings, workspace) == {"email": "ann@acme.example", "Phone": "+49 30 1234"}
    assert contact_of("7", names, settings, workspace) == {"email": "bob@acme.example"}
    assert contact_of("8", names, settings, workspace) == {}
