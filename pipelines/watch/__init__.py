"""Watching: rounds that score what changed, write it to the CRM and alert the owners, in one warm process.

`watch.py` is the loop, `round.py` one round; what crosses a bar, the words of an alert, when it is sent and the channel
that it goes through stand in a module each.
"""

from pipelines.watch.every import parse_interval
from pipelines.watch.round import Round
from pipelines.watch.sending import ChannelTest, send_test_alert
from pipelines.watch.watch import settings_for_watch, watch

__all__ = ["ChannelTest", "Round", "parse_interval", "send_test_alert", "settings_for_watch", "watch"]
