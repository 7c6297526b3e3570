"""Files that are whole or not there: written beside their place under another name, synced, and then renamed.

A run that is killed leaves a draft behind, whose name says of which process; whoever writes there next removes it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.errors import InputError, LeadscoreError

DRAFT = re.compile(r"\..+?\.(?P<process>\d+)(\.[0-9a-f]{8})?\.tmp", re.DOTALL)
"""Names of drafts; earlier versions wrote no random part."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""How file systems say that they have no hard links."""
OWNER_ONLY = 0o600


@contextmanager
def draft_of(path: Path, *, mode: int = 0o666, new: bool = False) -> Iterator[Path]:
    """Give the path of an empty draft, which takes the place of a file once the block ends without an error.

    ``mode`` is that of the file, before the umask; with ``new`` a file that is there stays, and FileExistsError is
    raised. What is no file, such as a pipe, is written to as it is. Raises OSError.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, draft_of(Path(folder) / "scores.csv") as draft:
    ...     draft.parent == Path(folder), (Path(folder) / "scores.csv").exists()
    (True, False)
    """
    if path.exists() and not path.is_file():
        yield path
        return
    place = path.resolve() if path.is_symlink() else path  # a link stays, and what it leads to is written
    remove_drafts(drafts_of(place))
    draft = place.with_name(f".{place.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield draft
        _sync(draft)
        _take_place(draft, place, new=new)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def write_whole(path: Path, text: str, *, mode: int = 0o666, new: bool = False) -> None:
    """Write a text in UTF-8, whole or not at all; see `draft_of`."""
    with draft_of(path, mode=mode, new=new) as draft:
        draft.write_text(text, encoding="utf-8", newline="")


def drafts_of(path: Path) -> list[Path]:
    """Return the drafts of one file."""
    return list(path.parent.glob(f".{_escaped(path.name)}.*.tmp"))


def drafts_in(folder: Path) -> list[Path]:
    """Return the drafts of a folder and those below it, whatever process writes them."""
    return sorted(path for path in folder.rglob(".*.tmp") if DRAFT.fullmatch(path.name) and path.is_file())


def remove_drafts(drafts: Iterable[Path]) -> list[Path]:
    """Remove those drafts whose process is gone; return them."""
    abandoned = [draft for draft in drafts if is_abandoned(draft)]
    for draft in abandoned:
        with suppress(OSError):  # another run removed it, or on Windows still writes it
            draft.unlink()
    return abandoned


def is_abandoned(draft: Path) -> bool:
    """Return whether a file is a draft whose process is gone.

    >>> is_abandoned(Path(f".scores.csv.{os.getpid()}.0a1b2c3d.tmp")), is_abandoned(Path("scores.csv"))
    (False, False)
    """
    name = DRAFT.fullmatch(draft.name)
    return name is not None and not is_running(int(name["process"]))


def is_running(process: int) -> bool:
    """Return whether a process of this machine runs; always False on Windows, where its open files cannot be removed.

    >>> is_running(os.getpid())
    True
    """
    if os.name == "nt":  # there, the signal 0 would end it
        return process == os.getpid()
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def in_plain_words(path: Path) -> Iterator[None]:
    """Turn what the system says while a file is written into errors of our own."""
    try:
        yield
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise LeadscoreError(
                "there is no room for this file",
                got=problem.strerror or "",
                where=str(path),
                remedy="make room and run the same command again: the file is as it was before",
            ) from None
        raise InputError(
            "this file cannot be written",
            expected="a path in a folder that exists and can be written to",
            got=problem.strerror or str(problem),
            where=str(path),
        ) from None


def _escaped(name: str) -> str:
    """Return a name as a pattern that matches it alone."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _take_place(draft: Path, place: Path, *, new: bool) -> None:
    if new:
        _link(draft, place)
    else:
        draft.replace(place)
    with suppress(OSError):  # Windows opens no folders
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _link(draft: Path, place: Path) -> None:
    """Give a draft its name where nothing has it yet: a link is refused at once where something does."""
    try:
        os.link(draft, place)
    except OSError as problem:
        if problem.errno not in NO_LINKS:
            raise
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        draft.replace(place)
