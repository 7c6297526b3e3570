"""Small files that unpack to very large ones end with words, not with the memory or the disk."""

import gzip
import string
import zipfile
import zlib

import pytest

from data.errors import InputError
from data.sources import unpacking
from data.sources.kinds import open_file
from data.sources.unpacking import LimitedReader

SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{OFFICE}"><sheets><sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def workbook(path, **cells: str):
    """Write a workbook with texts in some cells."""
    rows = "".join(
        f'<row r="{reference.lstrip(string.ascii_letters)}"><c r="{reference}" t="str"><v>{text}</v></c></row>'
        for reference, text in cells.items()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**PARTS, "xl/worksheets/sheet1.xml": f"{SHEET}{rows}</sheetData></worksheet>"}.items():
            archive.writestr(name, content)
    return path


def packed(path, block: bytes, times: int):
    packer = zlib.compressobj(wbits=31)
    path.write_bytes(b"".join(map(packer.compress, (b"Id,Status\n", *[block] * times))) + packer.flush())
    return path


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    with pytest.raises(InputError, match="line without end"):
        open_file(packed(tmp_path / "leads.csv.gz", b"0" * unpacking.BLOCK, 70))


def test_rows_beyond_what_a_table_packs_to_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "ALWAYS", 2 * unpacking.BLOCK)
    with pytest.raises(InputError, match=r"unpacks to far more(.|\n)*make sure that the file is what it should be"):
        open_file(packed(tmp_path / "leads.csv.gz", b"1,won\n" * 100_000, 20))


def test_a_large_file_that_is_not_packed_is_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "ALWAYS", 0)
    (tmp_path / "leads.csv").write_bytes(b"Id,Status\n" + b"1,won\n" * 10_000)
    assert set(open_file(tmp_path / "leads.csv").columns) == {"Id", "Status"}


def test_long_cells_in_many_lines_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "LONGEST_LINE", 1000)
    text = b"a" * 900 + b"\r" + b"b" * 900 + b"\n" + b"c" * 900
    (tmp_path / "notes.gz").write_bytes(gzip.compress(text))
    with gzip.open(tmp_path / "notes.gz") as file:
        assert LimitedReader(file, tmp_path / "notes.gz").read() == text


def test_a_cell_far_away_ends_with_words_instead_of_the_process(tmp_path):
    """The library holds all cells up to the farthest one: 17 billion, of a file of 1 kB."""
    with pytest.raises(InputError, match="row 1,048,576 and column 16,384"):
        open_file(workbook(tmp_path / "leads.xlsx", A1="Id", B1="Status", XFD1048576="x"))


def test_nor_does_one_with_small_letters_or_without_a_reference(tmp_path):
    with pytest.raises(InputError, match="row 1,048,576 and column 16,384"):
        open_file(workbook(tmp_path / "leads.xlsx", A1="Id", xfd1048576="x"))
    assert unpacking._extent(iter([b'<row r="1048576">', b"<row>" + b"<c/>" * 16_384])) == (1_048_576, 16_384)


def test_an_ordinary_workbook_is_read(tmp_path):
    assert set(open_file(workbook(tmp_path / "leads.xlsx", A1="Id", B1="Status", A2="1", B2="won")).columns) == {
        "Id",
        "Status",
    }


def test_a_file_of_very_many_columns_is_refused_at_once(tmp_path):
    (tmp_path / "leads.csv").write_text(",".join(f"c{number}" for number in range(200_000)) + "\n")
    with pytest.raises(InputError, match="too many columns"):
        open_file(tmp_path / "leads.csv")
