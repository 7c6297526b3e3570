"""serve, on the command line: who may be served, and where."""

import gc
import socket
import subprocess
import sys

import pytest

from app.cli import main
from app.security import access_for
from app.serve import listening, load
from app.server import make_app
from data.config import Pages
from data.workspace import Workspace
from models.versions import Registry

HEAVY = {"fastapi", "uvicorn", "pandas", "mlflow", "sqlalchemy"}


def run(monkeypatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["leadscore", "serve", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_pages_for_others_are_refused_while_nobody_signs_in(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, "--host", "0.0.0.0", "--workspace", tmp_path) == 2
    assert "anybody who reaches this computer could open the pages" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_to_be(monkeypatch, tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(monkeypatch, "--port", port, "--workspace", tmp_path) == 2
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


@pytest.mark.parametrize("has_model", [True, False])
def test_what_pages_need_is_loaded_before_the_first_is_asked_for(scored, tmp_path, monkeypatch, has_model):
    loaded, version = [], Registry.version
    monkeypatch.setattr(Registry, "version", lambda self, number: loaded.append(number) or version(self, number))
    load(make_app(scored if has_model else Workspace.at(tmp_path), access_for("127.0.0.1", Pages())).state.site)
    kept_from_collection = gc.get_freeze_count()
    gc.unfreeze()
    assert (loaded, kept_from_collection > 0) == (["1"] * has_model, True)


def test_the_command_line_with_the_pages_imports_nothing_heavy():
    code = "import sys, app.cli; sys.stdout.write(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert HEAVY & set(loaded.split()) == set()
    assert "pipelines.cli" in loaded


def test_serve_stands_beside_the_other_commands(monkeypatch, capsys):
    assert run(monkeypatch, "--help") == 0
    assert "127.0.0.1" in capsys.readouterr().out


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_page_does_not_wait_until_its_headers_are_confirmed(host):
    with listening(host, 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
