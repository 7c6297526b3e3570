"""The channels that alerts go through; that one takes them is seen in test_watch.py, by a webhook on loopback."""

from __future__ import annotations

import pytest

from data.errors import InputError, LeadscoreError
from pipelines.watch.channel import send


def test_an_address_of_another_kind_is_refused_and_never_shown(monkeypatch):
    monkeypatch.setenv("ALERT_URL", "tgram://123456789:secret/chat")
    with pytest.raises(InputError) as refused:
        send("${ALERT_URL}", "title", "body")
    assert "secret" not in str(refused.value)
    assert "${ALERT_URL}" in str(refused.value)


def test_a_channel_that_is_not_there_is_an_error_without_its_address(monkeypatch):
    monkeypatch.setenv("ALERT_URL", "json://user:secret@127.0.0.1:9/")
    with pytest.raises(LeadscoreError) as refused:
        send("${ALERT_URL}", "title", "body")
    assert "secret" not in str(refused.value)
