"""Find out how the bytes of a text file are to be read: compressed or not, and in which encoding."""

from __future__ import annotations

import codecs
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

from charset_normalizer import from_bytes

from data.errors import InputError
from data.sources.letters import east_asian_encoding_of, encoding_of, is_euc
from data.sources.unpacking import LimitedReader

BLOCK = 1 << 20
SAMPLE, SPELT = 1 << 18, 1 << 15
"""Bytes of lines beyond ASCII by which an encoding is guessed, and by what their letters spell."""
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "an SQLite database",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}
BYTE_ORDER_MARKS = {  # the longer first: the mark of UTF-32 begins like that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
HIGH_RUN = re.compile(rb"[\x80-\xff]{2,}")
HIGH = re.compile(rb"[\x80-\xff]")
SINGLE_BYTES = "leadscore-single-bytes"


@dataclass(frozen=True)
class Encoding:
    """A codec, what to do with bytes that it does not know, and what the report says of it."""

    codec: str
    errors: str = "strict"
    note: str = ""


def is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading; gzip is recognised by its content, whatever the name.

    Raises InputError while it is read where it unpacks to far more than a table, or has a line without end.
    """
    return BufferedReader(LimitedReader(_unpacked(path), path), BLOCK)


def _unpacked(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb")


def open_text(path: Path, encoding: Encoding) -> TextIOWrapper:
    """Open a file as text with its line ends as they are."""
    codecs.register_error(SINGLE_BYTES, _as_single_bytes)
    return TextIOWrapper(open_bytes(path), encoding.codec, encoding.errors, newline="")


def detect(path: Path) -> Encoding:
    """Return the encoding of a text file; the whole file is read, in blocks."""
    with open_bytes(path) as file:
        start = file.read(1 << 16)
    for mark, codec in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return Encoding(codec, "replace", "" if codec == "utf-8-sig" else f"read as {codec}")
    if codec := _unmarked_utf16(start):
        return Encoding(codec, "replace", f"read as {codec}")
    if other := next((name for magic, name in OTHER_FORMATS.items() if start.startswith(magic)), ""):
        raise _no_table(other, path)
    if _is_utf8(path):
        return Encoding("utf-8")
    if len(CONTROL.findall(start)) * 100 > len(start):
        raise _no_table("binary data", path)
    return _guess(_lines_beyond_ascii(path))


def named(codec: str, path: Path) -> Encoding:
    """Return the encoding that a user names. Raises `InputError` where there is none of that name."""
    try:
        name = codecs.lookup(codec).name
    except LookupError:
        raise InputError(
            f"there is no encoding '{codec}'",
            expected="a name such as utf-8, cp1252, cp1250, cp1251 or gb18030",
            got=codec,
            where=f"encoding, for {path}",
        ) from None
    return Encoding("utf-8-sig" if name == "utf-8" else name, "replace", f"read as {codec}, as the settings say")


def _no_table(content: str, path: Path) -> InputError:
    return InputError(
        "this file holds no table",
        expected="CSV text, Parquet or an Excel workbook",
        got=content,
        where=str(path),
        remedy="export it as CSV (UTF-8)",
    )


def _unmarked_utf16(start: bytes) -> str:
    """In UTF-16 every second byte of Western text is zero."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start) or min(even, odd) * 10 > max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as file:
        while block := file.read(BLOCK):
            yield block


def _lines_beyond_ascii(path: Path) -> bytes:
    """Return a sample of those lines that distinguish one encoding from another."""
    distinctive, size = [], 0
    for block in _blocks(path):
        lines = [line for line in block.splitlines() if not line.isascii()]
        distinctive += lines
        size += sum(map(len, lines))
        if size > SAMPLE:
            break
    return b"\n".join(distinctive)[:SAMPLE]


def _guess(sample: bytes) -> Encoding:
    """Choose an encoding for text that is not UTF-8: the one in which its letters spell a language.

    Where they do in none, and come in runs, statistics have enough to go by; else cp1252 is safe.
    """
    if _is_mostly_utf8(sample):
        return Encoding("utf-8", SINGLE_BYTES, "read as utf-8, with single bytes of cp1252 in it")
    if not is_euc(sample[:SPELT]) and (codec := encoding_of(sample[:SPELT])):
        return Encoding(codec, SINGLE_BYTES if codec == "cp1252" else "replace", f"read as {codec}")
    if codec := east_asian_encoding_of(sample):
        return Encoding(codec, "replace", f"read as {codec}")
    in_runs = sum(map(len, HIGH_RUN.findall(sample)))
    best = from_bytes(sample).best() if in_runs * 2 > len(HIGH.findall(sample)) else None
    if best is None or best.encoding in ("ascii", "utf_8"):
        return Encoding("cp1252", SINGLE_BYTES, "read as cp1252")
    return Encoding(best.encoding, "replace", f"read as {best.encoding}")


def _is_mostly_utf8(sample: bytes) -> bool:
    """Return whether text is UTF-8 with a few damaged bytes, and not in another encoding."""
    text = sample.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return sum(not letter.isascii() for letter in text) - damaged > 10 * damaged


def _as_single_bytes(problem: UnicodeError) -> tuple[str, int]:
    """Read bytes that a codec does not know as cp1252, as browsers do: its five unused bytes are control characters."""
    assert isinstance(problem, UnicodeDecodeError)
    unknown = problem.object[problem.start : problem.end]
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in unknown), problem.end
