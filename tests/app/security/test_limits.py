"""What no form of the pages is ends with 4xx, and whoever keeps a connection without a request loses it."""

import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.request import urlopen

import pytest
import uvicorn
from fastapi.testclient import TestClient

from app.security import access_for, limits
from app.serve import config_of
from app.server import make_app
from data.config import Pages
from data.workspace import Workspace

LOCAL = "http://127.0.0.1"
MULTIPART = "multipart/form-data; boundary=b; charset="
PART = b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\\ud800\r\n--b--\r\n'


@pytest.fixture
def client(tmp_path):
    app = make_app(Workspace.at(tmp_path), access_for("127.0.0.1", Pages()))
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("charset", ["unicode_escape", "idna", "hex", "utf-7", "undefined", "utf-8", "\x00", "x" * 999])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/leads/x/verdict", "/model/thresholds", "/nowhere"])
def test_a_form_of_another_kind_is_no_failure_of_ours(client, charset, path):
    answer = client.post(path, content=PART, headers={"content-type": MULTIPART + charset})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body", [b"csrf=%ED%A0%80", b"csrf=\xed\xa0\x80", b"%00=%00", b"=&=&", b"csrf=%ud800", b"\xff\xfe"]
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/leads/x/verdict", "/leads/%ED%A0%80/override"])
def test_odd_text_in_a_form_is_no_failure_of_ours(client, body, path):
    kind = {"content-type": "application/x-www-form-urlencoded; charset=unicode_escape"}
    assert 400 <= client.post(path, content=body, headers=kind).status_code < 500


@pytest.mark.parametrize(
    "path",
    ["/leads/%ED%A0%80", "/leads?q=%ED%A0%80", "/%F0%9F", "/leads?after=%ED%A0%80", "/sign-in?back=%ED%A0%80%0d%0a"],
)
def test_odd_text_in_an_address_is_no_failure_of_ours(client, path):
    assert client.get(path).status_code < 500


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"content": b"a=" + b"x" * limits.MOST_BODY}, 413),
        ({"content": b"a=1&" * limits.MOST_FIELDS}, 413),
        ({"headers": {"x-long": "x" * limits.MOST_HEADERS}}, 431),
        ({"content": b"csrf=x"}, 403),
    ],
)
def test_what_is_too_long_is_refused(client, request_, status):
    assert client.post("/sign-out", **request_).status_code == status


@contextmanager
def served(workspace):
    app = make_app(workspace, access_for("127.0.0.1", Pages()))
    config = config_of(app)
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def is_closed(connection: socket.socket, within: float) -> bool:
    connection.settimeout(within)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


HALF = (
    b"",
    b"GET / HT",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nG",
)


def test_half_open_connections_are_closed_and_pages_come_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "HEADER_SECONDS", 1.0)
    with served(Workspace.at(tmp_path)) as port, ExitStack() as stack:
        half_open = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(60)]
        for number, connection in enumerate(half_open):
            connection.sendall(HALF[number % len(HALF)])
        with urlopen(f"{LOCAL}:{port}/sign-in", timeout=30) as answer:
            assert answer.status == 200
        assert all(is_closed(connection, within=20) for connection in half_open)


def test_a_request_that_drips_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "HEADER_SECONDS", 1.0)
    with served(Workspace.at(tmp_path)) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert drip(connection, seconds=20) < 10


def drip(connection: socket.socket, seconds: int) -> float:
    """Send a byte now and then; return after how many seconds that was refused."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            connection.sendall(b"a")
        except ConnectionError:
            break
        time.sleep(0.1)
    return time.monotonic() - begun


def test_a_form_that_does_not_come_is_answered_and_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.5)
    head = b"POST /sign-out HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\na"
    with served(Workspace.at(tmp_path)) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head)
        connection.settimeout(20)
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")
        assert is_closed(connection, within=20)
