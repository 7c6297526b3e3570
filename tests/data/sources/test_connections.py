"""Connections to servers that are not there, or do not answer."""

import gc
import socket
from threading import Timer

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from data.errors import LeadscoreError
from data.sources import connections, patience
from data.sources.connections import connected, engine_of


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


def test_a_server_that_stalls_is_not_waited_for_without_end(postgres, monkeypatch):
    monkeypatch.setattr(patience, "SILENCE", 1.0)
    engine = engine_of(postgres)
    with pytest.raises(LeadscoreError, match="cannot be reached") as error, connected(engine, postgres) as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SELECT pg_sleep(60)")
    assert "has said nothing for 1 seconds" in str(error.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the cursor is not closed: it is dead
def test_a_stream_that_stalls_is_not_waited_for_either(postgres, monkeypatch):
    monkeypatch.setattr(patience, "SILENCE", 1.0)
    engine, slow = (
        engine_of(postgres),
        "SELECT CASE WHEN n = 3 THEN pg_sleep(60)::text END FROM generate_series(1, 9) n",
    )
    with pytest.raises(LeadscoreError, match="cannot be reached"), connected(engine, postgres) as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.execution_options(stream_results=True, yield_per=1).execute(sa.text(slow)).all()
    gc.collect()


def test_what_is_waited_for_is_said(postgres, monkeypatch, caplog):
    monkeypatch.setattr(patience, "NOTICE", 0.3)
    with connected(engine_of(postgres), postgres) as connection:
        connection.exec_driver_sql("SELECT pg_sleep(1)")
    assert len([record for record in caplog.records if "waiting for the database" in record.message]) == 1


def test_the_server_ends_a_statement_too_and_an_address_may_say_when(postgres):
    with connected(engine_of(postgres), postgres) as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "15min"
    address = f"{postgres}&options=-c%20statement_timeout%3D5s"
    with connected(engine_of(address), address) as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "5s"
