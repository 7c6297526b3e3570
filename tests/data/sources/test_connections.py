"""Connections to servers that are not there, or do not answer."""

import socket
from threading import Timer

import pytest
from sqlalchemy import exc

from data.sources import connections
from data.sources.connections import engine_of


@pytest.fixture
def silent_server():
    """A server that takes connections and says nothing, and is gone before anybody waits for long."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        end = Timer(8, listener.close)
        end.start()
        yield f"postgresql://ann@127.0.0.1:{listener.getsockname()[1]}/crm"
        end.cancel()


def test_a_server_that_does_not_answer_is_not_waited_for_without_end(silent_server, monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE", 2)
    with pytest.raises(exc.OperationalError, match="timeout"):
        engine_of(silent_server).connect()


def test_an_address_may_say_how_long_to_wait(silent_server, monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE", 600)
    with pytest.raises(exc.OperationalError, match="timeout"):
        engine_of(f"{silent_server}?connect_timeout=2").connect()
