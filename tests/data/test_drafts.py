"""A file is whole or not there, whatever ends the process that writes it, and drafts of killed runs go."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading

import pytest

from data.drafts import OWNER_ONLY, draft_of, drafts_in, in_plain_words, is_running, remove_drafts, write_whole
from data.errors import InputError, LeadscoreError


def gone() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_file_is_there_once_it_is_whole(tmp_path):
    with draft_of(tmp_path / "scores.csv") as draft:
        draft.write_text("lead_id\n")
        assert not (tmp_path / "scores.csv").exists()
    assert (tmp_path / "scores.csv").read_text() == "lead_id\n"
    assert drafts_in(tmp_path) == []


def test_an_error_leaves_what_was_there(tmp_path):
    write_whole(tmp_path / "a", "old")
    with pytest.raises(ZeroDivisionError), draft_of(tmp_path / "a") as draft:
        draft.write_text("new")
        raise ZeroDivisionError
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_killed_process_leaves_what_was_there_and_the_next_removes_its_draft(tmp_path):
    write_whole(tmp_path / "a", "old")
    code = f"""
import os, pathlib, signal
from data.drafts import draft_of
with draft_of(pathlib.Path({str(tmp_path / "a")!r})) as draft:
    draft.write_text("half of it")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, "PYTHONPATH": "."})
    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "a").read_text() == "old"
    assert len(drafts_in(tmp_path)) == 1
    write_whole(tmp_path / "a", "new")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["new"]


def test_of_many_that_make_one_new_file_one_makes_it(tmp_path):
    made, barrier = [], threading.Barrier(8)

    def make(number: int) -> None:
        barrier.wait()
        try:
            write_whole(tmp_path / "key", str(number), new=True)
        except FileExistsError:
            return
        made.append(str(number))

    threads = [threading.Thread(target=make, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(tmp_path / "key").read_text()] == made


def test_where_there_are_no_links_a_new_file_still_takes_no_others_place(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_whole(tmp_path / "a", "first", new=True)
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "a", "second", new=True)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["first"]


def test_a_secret_is_its_owners_from_the_first_moment(tmp_path):
    with draft_of(tmp_path / "key", mode=OWNER_ONLY) as draft:
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_what_is_no_file_is_written_to_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)


@pytest.mark.parametrize("name", ["a.csv", "a[1].csv", "*.csv"])
def test_only_drafts_of_the_same_file_by_processes_that_are_gone_are_removed(tmp_path, name):
    mine, other = tmp_path / f".{name}.{os.getpid()}.tmp", tmp_path / f".other.csv.{gone()}.tmp"
    old, new = tmp_path / f".{name}.{gone()}.tmp", tmp_path / f".{name}.{gone()}.0123abcd.tmp"
    for draft in (mine, other, old, new):
        draft.write_text("half")
    write_whole(tmp_path / name, "whole")
    assert sorted(drafts_in(tmp_path)) == sorted([mine, other])
    assert remove_drafts(drafts_in(tmp_path)) == [other]


def test_a_file_of_somebody_else_is_no_draft(tmp_path):
    for name in (".bashrc", "a.1.tmp", ".a.tmp", ".a.b.tmp"):
        (tmp_path / name).write_text("")
    assert drafts_in(tmp_path) == []


def test_a_process_runs_until_it_has_ended():
    assert is_running(os.getpid())
    assert not is_running(gone())
    assert not is_running(10**30)


def test_a_full_disk_is_said_and_leaves_the_file(tmp_path):
    write_whole(tmp_path / "a", "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(LeadscoreError, match="no room"), in_plain_words(tmp_path / "a"):
            write_whole(tmp_path / "a", "x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be written"), in_plain_words(tmp_path):
        write_whole(tmp_path / "nowhere" / "a", "")
