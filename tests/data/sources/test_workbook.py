"""Workbooks are read as the text files that they could be."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

import duckdb
import pytest

from data.config import load_settings
from data.errors import InputError
from data.sources import open_file

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DATE_STYLE = 1


class Day(float):
    """A cell with the number of a day, which the workbook shows as a date."""


def cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Day):
        return f'<c r="{place}" s="{DATE_STYLE}"><v>{float(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def write_workbook(path: Path, sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = ()) -> Path:
    """Write a workbook as small as the format allows."""
    with ZipFile(path, "w") as archive:
        listed = related = ""
        for number, (name, rows) in enumerate(sheets.items(), 1):
            state = ' state="hidden"' if name in hidden else ""
            listed += f'<sheet name="{escape(name)}" sheetId="{number}"{state} r:id="r{number}"/>'
            related += f'<Relationship Id="r{number}" Type="{OFFICE}/worksheet" Target="worksheets/s{number}.xml"/>'
            lines = "".join(
                f'<row r="{line}">'
                + "".join(cell(f"{chr(65 + column)}{line}", value) for column, value in enumerate(row))
                + "</row>"
                for line, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/s{number}.xml", f"<worksheet {MAIN}><sheetData>{lines}</sheetData></worksheet>"
            )
        related += f'<Relationship Id="st" Type="{OFFICE}/styles" Target="styles.xml"/>'
        archive.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATIONS}">{related}</Relationships>')
        styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
        archive.writestr("xl/styles.xml", f"<styleSheet {MAIN}>{styles}</styleSheet>")
        main = f'<Relationship Id="w" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{RELATIONS}">{main}</Relationships>')
    return path


def rows_of(path: Path) -> tuple[list[str], list[tuple[object, ...]]]:
    with duckdb.connect() as connection:
        file = open_file(path).stage(connection, "staged")
        cells = ", ".join(file.columns.values())
        return list(file.columns), connection.sql(f"SELECT {cells} FROM staged ORDER BY position").fetchall()


LEADS = [
    ["Id", "Größe", "Created", "Open", "Note"],
    ["0001", 51.5, Day(45292.5), True, "a;b"],
    [2, 7, Day(45293), False, None],
]


def test_the_cells_of_the_first_sheet_are_those_of_a_text_file(tmp_path) -> None:
    path = write_workbook(tmp_path / "leads.xlsx", {"Leads": LEADS, "More": [["Other"], ["x"]]})
    assert rows_of(path) == (
        ["Id", "Größe", "Created", "Open", "Note"],
        [
            ("0001", "51.5", "2024-01-01 12:00:00", "true", "a;b"),
            ("2", "7", "2024-01-02", "false", ""),
        ],
    )


def test_a_sheet_is_named_behind_a_hash_and_hidden_ones_are_passed_over(tmp_path) -> None:
    path = write_workbook(tmp_path / "a#b.xlsx", {"Lists": [["x"], ["y"]], "Leads 2": LEADS}, hidden=("Lists",))
    assert rows_of(path)[0] == rows_of(Path(f"{path}#Leads 2"))[0] == LEADS[0]
    assert rows_of(Path(f"{path}#Lists")) == (["x"], [("y",)])


def test_a_title_above_the_header_and_empty_rows_are_no_rows(tmp_path) -> None:
    path = write_workbook(
        tmp_path / "leads.xlsx", {"Leads": [["Report of May"], [], ["Id", "City"], [], ["1", "Rome"]]}
    )
    assert rows_of(path) == (["Id", "City"], [("1", "Rome")])


def test_a_sheet_that_is_not_there_is_said_with_those_that_are(tmp_path) -> None:
    path = write_workbook(tmp_path / "leads.xlsx", {"Leads": LEADS})
    with pytest.raises(InputError, match=r"no sheet 'Lead'.*\n.*expected: Leads"):
        open_file(Path(f"{path}#Lead"))


def test_a_damaged_workbook_and_an_empty_sheet_are_said(tmp_path) -> None:
    damaged = tmp_path / "leads.xlsx"
    damaged.write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(InputError, match="this workbook cannot be read"):
        open_file(damaged)
    with pytest.raises(InputError, match="this sheet has no header"):
        open_file(write_workbook(tmp_path / "empty.xlsx", {"Leads": []}))


def test_settings_name_a_sheet(tmp_path) -> None:
    write_workbook(tmp_path / "crm.xlsx", {"Deals": [["x"]], "Leads": LEADS})
    (tmp_path / "leadscore.yaml").write_text("tables:\n  leads: crm.xlsx#Leads\n")
    settings = load_settings(tmp_path / "leadscore.yaml")
    assert rows_of(settings.tables["leads"].path)[0] == LEADS[0]
