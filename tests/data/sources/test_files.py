"""Files are read verbatim, and what cannot be read is said, not dropped."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.sources import StagedFile, delimited, open_file

quickly = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def staged(path: Path) -> tuple[StagedFile, pd.DataFrame]:
    """Stage a file alone; return how it was read and the staged rows, with the file's own names of columns."""
    with duckdb.connect(config={"threads": 2}) as connection:
        file = open_file(path).stage(connection, "staged")
        rows = connection.sql("SELECT * FROM staged ORDER BY position").to_arrow_table().to_pandas()
    return file, rows.rename(columns={cell: name for name, cell in file.columns.items()})


def read(tmp_path: Path, content: str | bytes, name: str = "leads.csv") -> tuple[StagedFile, pd.DataFrame]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return staged(path)


def written(rows: list[list[str]], **how: object) -> str:
    text = io.StringIO()
    csv.writer(text, **how).writerows(rows)
    return text.getvalue()


def cells_of(file: StagedFile, rows: pd.DataFrame) -> list[list[str]]:
    return rows[list(file.columns)].values.tolist()


cells = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
tricky = st.sampled_from(['"', '""', "\n", "\r", "\r\n", ",", ";", "\t", "|", " ", "007", "NULL", "'", '"a', 'b"', "é"])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    row = st.lists(cells | tricky, min_size=width, max_size=width)
    return [[f"name {number}" for number in range(width)], *draw(st.lists(row, min_size=1, max_size=8))]


@quickly
@given(
    table=tables(),
    delimiter=st.sampled_from(delimited.DELIMITERS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
    compressed=st.booleans(),
)
def test_what_the_csv_module_writes_is_read_verbatim(
    tmp_path, table, delimiter, quoting, encoding, end, compressed
) -> None:
    if end == "\n":  # before Python 3.13 its writer leaves a lone carriage return without quotes
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    content = written(table, delimiter=delimiter, quoting=quoting, lineterminator=end).encode(encoding)
    file, rows = read(tmp_path, gzip.compress(content, mtime=0) if compressed else content)
    assert cells_of(file, rows) == table[1:]
    assert rows["problem"].isna().all()


@quickly
@given(table=tables(), block=st.integers(1, 40))
def test_the_size_of_a_block_changes_nothing(tmp_path, monkeypatch, table, block) -> None:
    content = written(table, quoting=csv.QUOTE_ALL)
    _, rows = read(tmp_path, content)
    longest = max(len(written([row], quoting=csv.QUOTE_ALL)) for row in table)
    with monkeypatch.context() as patch:
        patch.setattr(delimited, "BLOCK", block + longest)
        pd.testing.assert_frame_equal(read(tmp_path, content)[1], rows)


damage = st.sampled_from(
    ['x,"y,z\n', "a\n", "a,b,c,d\n", '"a"b,c,d\n', 'a,"b,c"\n', '"\n', 'a,b"c,d\n', ',"",\n', '""""\n']
)


@quickly
@given(lines=st.lists(st.just("1,2,3\n") | damage, max_size=12), rest=st.text('ab",\n', max_size=8))
@example(lines=['x,"y,z\n', "1,2,3\n", 'a,b"c,d\n'], rest="")
def test_each_row_is_either_good_or_damaged_and_has_a_position_of_its_own(tmp_path, lines, rest) -> None:
    file, rows = read(tmp_path, "p,q,r\n" + "".join(lines) + rest)
    assert file.rows == len(rows)
    assert rows["position"].tolist() == list(range(len(rows)))
    assert rows["line"].is_monotonic_increasing
    damaged = rows["problem"].notna()
    assert rows.loc[damaged, ["p", "q", "r"]].isna().all(axis=None)
    assert rows.loc[~damaged, ["p", "q", "r"]].notna().all(axis=None)
    assert "1,2,3\n" not in lines or not damaged.all()


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ("1,2\n3\n4,5\n", {1: "too few cells"}),
        ("1,2\n3,4,5\n6,7\n", {1: "too many cells"}),
        ('1,"2\n3,4\n5,6\n', {0: delimited.UNCLOSED}),
        ('1,"2\n3,4\n5,6",7\n8,9\n', {0: delimited.UNCLOSED, 2: delimited.UNCLOSED}),
        ('1,"2"x\n3,4\n', {0: delimited.UNCLOSED}),
        ('1,2\n3,"4', {1: delimited.UNCLOSED}),
        ('1,5" pipe\n3,4', {}),
        ('1,"two\nlines"\n3,4', {}),
    ],
)
def test_damaged_rows_are_separated_from_good_ones(tmp_path, rows, problems) -> None:
    _, staged_rows = read(tmp_path, "a,b\n" + rows)
    assert staged_rows["problem"].dropna().to_dict() == problems


def test_a_damaged_row_keeps_its_line_and_text(tmp_path) -> None:
    _, rows = read(tmp_path, 'a,b\n1,"two\nlines"\n\nthree\n')
    assert rows["line"].tolist() == [2, 5]
    assert rows["text"].tolist()[1] == "three"


@pytest.mark.parametrize("delimiter", delimited.DELIMITERS)
def test_the_separator_is_found_though_names_hold_others(tmp_path, delimiter) -> None:
    content = written([["a, b; c", "d | e", "f"], ["1", "2", "3"]], delimiter=delimiter)
    file, _ = read(tmp_path, content)
    assert list(file.columns) == ["a, b; c", "d | e", "f"]


def test_the_next_lines_decide_between_two_separators(tmp_path) -> None:
    file, _ = read(tmp_path, "revenue, EUR;name\n1;2\n3;4\n")
    assert list(file.columns) == ["revenue, EUR", "name"]


RUSSIAN = "имя;город\nИван;Москва\nОльга;Санкт-Петербург\nСергей;Новосибирск\n" * 5  # noqa: RUF001 (Cyrillic)


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        ("name;ort\nMüller;Köln\nSørensen;Málaga – “x” €\n", "cp1252", "read as cp1252"),
        (RUSSIAN, "cp1251", "read as cp1251"),
        ("name;ort\nMüller;Köln\n", "utf-16-le", "read as utf-16-le"),
    ],
)
def test_other_encodings_are_found_and_said(tmp_path, text, encoding, note) -> None:
    file, rows = read(tmp_path, text.encode(encoding))
    assert note in file.notes
    assert cells_of(file, rows)[0] == text.splitlines()[1].split(";")


def test_a_few_damaged_bytes_do_not_turn_a_utf8_file_into_another_encoding(tmp_path) -> None:
    file, rows = read(tmp_path, b"name\n" + "Zoë\n".encode() * 30 + b"M\xfcller\n")
    assert rows["name"].tolist() == ["Zoë"] * 30 + ["Müller"]
    assert file.notes == ("read as utf-8, with single bytes of cp1252 in it",)


def test_gzip_semicolons_and_cp1252_work_together_and_are_said(tmp_path) -> None:
    file, rows = read(tmp_path, gzip.compress("id;ort\n007;Köln\n".encode("cp1252")))
    assert rows.loc[0, ["id", "ort"]].tolist() == ["007", "Köln"]
    assert file.notes == ("gzip", "read as cp1252", "separated by semicolons")


def test_a_cell_of_a_million_characters_is_read(tmp_path) -> None:
    long = "x, " * 400_000
    _, rows = read(tmp_path, written([["a", "b"], ["1", long], ["2", "y"]]))
    assert rows["b"].tolist() == [long, "y"]


def test_columns_without_a_name_are_ignored_when_empty_and_named_when_not(tmp_path) -> None:
    file, _ = read(tmp_path, "a,,\n1,,x\n2, ,y\n")
    assert list(file.columns) == ["a", "column 3"]
    assert any("column 2 has no name and no content" in note for note in file.notes)


@pytest.mark.parametrize(
    "title", ["Leads report\n", "Pipeline;;;\nof 2024-09-01;;;\n;;;\n", '"A title, with commas"\n\nAs of May\n']
)
def test_lines_of_a_title_above_the_header_are_no_header(tmp_path, title) -> None:
    file, rows = read(tmp_path, f"{title}id;status;source;\n7;won;web;\n8;lost;fair;\n")
    assert cells_of(file, rows) == [["7", "won", "web"], ["8", "lost", "fair"]]
    assert rows["line"].tolist() == [title.count("\n") + 2, title.count("\n") + 3]
    assert any("of a title above the header: not read" in note for note in file.notes)


@pytest.mark.parametrize(
    "content", ["id\n7\n8\n", "id;;;\n7;a;b;c\n8;d;e;f\n", "id;won\n7;1\n8;0\n", "a;b\nx;y;z\nu;v;w\n"]
)
def test_a_first_line_that_may_be_the_header_is_one(tmp_path, content) -> None:
    file, _ = read(tmp_path, content)
    assert next(iter(file.columns)) == content[: len(next(iter(file.columns)))]


def test_the_footer_of_a_report_is_set_aside_line_by_line(tmp_path) -> None:
    """As Salesforce writes it; the right rows are those that csv reads with as many cells as there are names."""
    body = written([["Id", "Stage", "Amount"], *([str(n), "Closed Won", f"{n}.5"] for n in range(30))])
    footer = (
        '\r\n\r\n"All Opportunities"\r\n"Copyright (c) 2000-2024"\r\n"Generated By: Ava Alder 9/1/2024 8:00 AM"\r\n'
    )
    file, rows = read(tmp_path, body + footer)
    good = [row for row in csv.reader(io.StringIO(body + footer)) if len(row) == 3][1:]
    assert cells_of(file, rows[rows["problem"].isna()]) == good
    assert rows["problem"].dropna().tolist() == ["too few cells"] * 3
    assert rows["text"].dropna().str.strip('"').tolist()[0] == "All Opportunities"


def test_a_repeated_name_is_numbered(tmp_path) -> None:
    file, rows = read(tmp_path, "Name,Name,name\n1,2,3\n")
    assert list(file.columns) == ["Name", "Name (2)", "name"]
    assert cells_of(file, rows) == [["1", "2", "3"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "this file is empty"),
        (b"\n\n\n", "this file has no header"),
        (b"a,b\n1,\x002\n", "line 2"),
        (b"a,b\n" + bytes(range(1, 256)) * 9, "binary data"),
        (b"PK\x03\x04" + b"x" * 99, "an Excel workbook"),
        (b"PAR1" + b"x" * 99, "this file cannot be read"),
        (gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:-20], "this gzip file is damaged"),
        (b"\x1f\x8bnot gzip at all", "this gzip file is damaged"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, said) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, content)


def test_a_folder_and_a_missing_file_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="this is a folder"):
        staged(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        staged(tmp_path / "leads.csv")


@quickly
@given(content=st.binary(max_size=400) | st.binary(max_size=60).map(gzip.compress))
def test_random_bytes_are_read_or_refused_but_never_fail(tmp_path, content) -> None:
    try:
        file, rows = read(tmp_path, content)
    except InputError:
        return
    assert file.rows == len(rows)


def test_parquet_keeps_its_types(tmp_path) -> None:
    path = tmp_path / "odd [name]*.parquet"
    moment = pd.Timestamp("2024-05-01 12:00", tz="Europe/Berlin")
    frame = pd.DataFrame({"id": ["007"], "n": [5], "x": [1.5], "on": [True], "at": [moment], "tags": [["a", "b"]]})
    frame.to_parquet(path)
    file, rows = staged(path)
    assert cells_of(file, rows) == [["007", 5, 1.5, "true", pd.Timestamp("2024-05-01 10:00"), "a;b"]]
    assert file.zoned == {"at"}


@pytest.mark.parametrize(
    ("path", "rows", "note"),
    [
        ("x-education/Leads.csv", 9240, "column 38 has no name and no content: ignored"),
        ("bank-marketing/bank-additional-full.csv", 41188, "separated by semicolons"),
    ],
)
def test_public_files_are_read_whole(datasets, path, rows, note) -> None:
    file, staged_rows = staged(datasets / path)
    assert (file.rows, staged_rows["problem"].notna().sum(), file.notes) == (rows, 0, (note,))


def test_the_line_by_which_excel_knows_the_separator_is_no_header(tmp_path) -> None:
    file, rows = read(tmp_path, 'sep=;\r\nId;Name, first\r\n1;"a;b"\r\n')
    assert cells_of(file, rows) == [["1", "a;b"]]
    assert list(file.columns) == ["Id", "Name, first"]
    assert rows["line"].tolist() == [3]


def test_formulas_that_hold_a_text_are_that_text(tmp_path) -> None:
    file, rows = read(tmp_path, 'Id,"=""Zip"""\n="0001","=""00,7"""\n"a=""b""",plain\n')
    assert list(file.columns) == ["Id", "Zip"]
    assert cells_of(file, rows) == [["0001", "00,7"], ['a="b"', "plain"]]


WORDS = {
    "cp1252": ["Größe", "créée", "Straße;Köln", "São Paulo, ações", "niño mañana", "città più", "Malmö Åre", "12 €"],
    "cp1250": ["Źródło", "Kraków, Świętokrzyska", "České Budějovice", "Győr", "Bucureşti în", "Količina žena"],
    "cp1251": ["Привет", "ООО Ромашка", "МОСКВА", "Дата создания"],  # noqa: RUF001 (Cyrillic)
    "cp1254": ["İstanbul", "Şişli", "Müşteri Adı", "Kaynağı"],  # noqa: RUF001 (Turkish)
    "mac_roman": ["Größe", "créée", "Straße", "niño", "São Paulo, ações"],
    "gbk": ["线索编号,创建时间", "上海", "2023年1月1日,赢单,2023年3月2日,输单"],
    "shift_jis": ["株式会社東京システム、リード"],
    "euc_kr": ["서울특별시 고객 출처"],
    "big5": ["臺北市信義區客戶來源"],
}


@pytest.mark.parametrize(("codec", "word"), [(codec, word) for codec, words in WORDS.items() for word in words])
def test_an_encoding_is_the_one_in_which_the_letters_spell_something(tmp_path, codec, word) -> None:
    _, rows = read(tmp_path, f"Id\tWord\n1\t{word}\n2\tplain\n".encode(codec))
    assert rows["Word"].tolist() == [word, "plain"]


@quickly
@given(words=st.lists(st.sampled_from([(c, w) for c, ws in WORDS.items() for w in ws if len(w) > 5]), min_size=1))
def test_words_of_one_encoding_are_read_as_they_were_written(tmp_path, words) -> None:
    codec = words[0][0]
    own = [word for of, word in words if of == codec]
    _, rows = read(tmp_path, "".join(f"{word}\n" for word in ["Word", *own]).encode(codec))
    assert rows.iloc[:, -1].tolist() == own or "," in "".join(own) or ";" in "".join(own)


def test_the_settings_overrule_an_encoding_and_an_unknown_one_is_said(tmp_path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes("Id,Word\n1,Mźller\n".encode("cp1250"))
    with duckdb.connect() as connection:
        open_file(path, "cp1250").stage(connection, "staged")
        assert connection.sql("SELECT c1 FROM staged").fetchall() == [("Mźller",)]
    with pytest.raises(InputError, match="no encoding 'cp9999'"):
        open_file(path, "cp9999")


def test_fields_of_structs_are_columns_and_no_name_is_taken_by_duckdb(tmp_path) -> None:
    path = tmp_path / "leads.parquet"
    utm = [{"medium": "cpc", "at": {"a b": 5}}, None]
    pd.DataFrame({"rowid": ["r", "s"], "filename": ["x", "y"], "file_row_number": [7, 8], "utm": utm}).to_parquet(path)
    file, rows = staged(path)
    assert list(file.columns) == ["rowid", "filename", "file_row_number", "utm.medium", "utm.at.a b"]
    assert cells_of(file, rows)[0] == ["r", "x", 7, "cpc", 5]
    assert rows["position"].tolist() == [0, 1]
