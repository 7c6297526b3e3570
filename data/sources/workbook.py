"""Excel workbooks: the first sheet, or the one behind the # of ``file.xlsx#Sheet``, with every cell as text.

A spreadsheet knows no type of a column, only of each cell, so cells are read as text is: a whole number without
decimals, a date as ISO writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data.errors import InputError, nearest
from data.sources.base import ROWS, StagedFile, batch_of, own_name
from data.sources.files import EXPORT_AGAIN, FileSource, as_input_errors

SHEET = "#"


class WorkbookFile(FileSource):
    """A sheet of a workbook; rows before the first one with two filled cells are a title, not a header."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        super().__init__(path)
        self._sheet, self._table = _open_sheet(path, sheet)
        header = next((number for number, row in enumerate(self._table) if len(_filled(row)) > 1), 0)
        self._skipped = header + 1
        if not self._table or not _filled(self._table[header]):
            raise InputError(
                "this sheet has no header",
                expected="names of columns in the first row",
                got="an empty sheet" if not self._table else "an empty row",
                where=self.place,
                remedy=EXPORT_AGAIN,
            )
        self._columns: dict[str, int] = {}
        for number, name in enumerate(self._table[header]):
            if text := _text(name).strip():
                self._columns[own_name(text, self._columns)] = number

    @property
    def place(self) -> str:
        return f"{self._path}{SHEET}{self._sheet}"

    @property
    def columns(self) -> Mapping[str, str]:
        return dict.fromkeys(self._columns, "cell")

    @property
    def notes(self) -> Sequence[str]:
        return (f"the sheet '{self._sheet}' of a workbook",)

    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows that have a filled cell."""
        rows = [row for row in self._table[self._skipped :] if _filled(row)]
        places = [self._columns[name] for name in types]
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            cells = [pa.array([_cell(row, place) for row in part], pa.string()) for place in places]
            yield batch_of(types, cells, start, len(part))

    def stage(
        self,
        duck: duckdb.DuckDBPyConnection,
        into: str,
        names: Collection[str] | None = None,
        *,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> StagedFile:
        with as_input_errors(self._path):
            return super().stage(duck, into, names, limit=limit)


def split_sheet(path: Path) -> tuple[Path, str | None]:
    """Return the file and the sheet that a path like ``file.xlsx#Sheet`` names; a file may have a # in its name.

    >>> split_sheet(Path("exports/leads.csv"))[1] is None
    True
    """
    file, mark, sheet = str(path).rpartition(SHEET)
    return (Path(file), sheet) if mark and not path.exists() and Path(file).is_file() else (path, None)


def is_workbook(path: Path) -> bool:
    """Return whether a file is a zip archive with a workbook in it, or an old workbook."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return path.suffix.lower() == ".xls"
    if not start.startswith(b"PK\x03\x04"):
        return False
    # Only here, for few runs read archives.
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            names = set(archive.namelist())
    except BadZipFile:
        return path.suffix.lower() == ".xlsx"
    return bool({"xl/workbook.xml", "xl/workbook.bin", "content.xml"} & names)


def _open_sheet(path: Path, sheet: str | None) -> tuple[str, list[list[Any]]]:
    """Return the name of a sheet, and its rows. Raises `InputError` where it is not there, or cannot be read."""
    # Only here, for few runs read workbooks.
    from zipfile import is_zipfile

    from python_calamine import CalamineError, CalamineWorkbook

    from data.sources.unpacking import refuse_boundless_sheets

    if is_zipfile(path):
        refuse_boundless_sheets(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        name = sheet or _first_sheet(workbook)
        if name not in workbook.sheet_names:
            raise InputError(
                f"the workbook has no sheet '{name}'",
                expected=", ".join(workbook.sheet_names),
                got=name,
                where=str(path),
                remedy=nearest(name, workbook.sheet_names),
            )
        return name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
    except CalamineError as problem:
        raise InputError(
            "this workbook cannot be read",
            expected="an Excel workbook without a password",
            got=str(problem).splitlines()[0],
            where=str(path),
            remedy="save it again as .xlsx, or export the sheet as CSV (UTF-8)",
        ) from None


def _first_sheet(workbook: Any) -> str:
    """Return the first sheet that people see; hidden ones hold lists of choices and the like."""
    visible = (sheet.name for sheet in workbook.sheets_metadata if str(sheet.visible) == "SheetVisibleEnum.Visible")
    return next(visible, workbook.sheet_names[0])


def _filled(row: Sequence[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None and _text(cell).strip()]


def _cell(row: Sequence[Any], place: int) -> str | None:
    return _text(row[place]) if place < len(row) else ""


def _text(cell: Any) -> str:
    """Return a cell as it would stand in a text file.

    >>> [_text(cell) for cell in ("007", 7.0, 0.1, True, datetime(2024, 1, 5, 9, 30), date(2024, 1, 5), None)]
    ['007', '7', '0.1', 'true', '2024-01-05 09:30:00', '2024-01-05', '']
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)
