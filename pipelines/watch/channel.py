"""The channels that alerts go through: mail, Slack, Teams workflows and webhooks, by Apprise."""

from __future__ import annotations

from data.config import resolve
from data.errors import InputError, LeadscoreError

CHANNELS = ("mailto", "mailtos", "slack", "workflows", "json", "jsons")


def send(address: str, title: str, body: str) -> None:
    """Send a message of plain text to an address of Apprise, given as ${NAME}.

    Raises InputError for an address that is none, LeadscoreError where the channel does not take the message. Neither
    shows the address, which is a secret.
    """
    # Loaded where something is sent: most commands never do.
    import apprise

    apprise.logger.disabled = True  # it would log addresses
    channel = apprise.Apprise()
    known = resolve(address)
    if known.partition("://")[0] not in CHANNELS or not channel.add(known):
        raise InputError(
            "alerts cannot be sent to this address",
            expected=f"an address of Apprise for one of {', '.join(CHANNELS)}",
            got=f"another one in {address}",
        )
    if not channel.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        raise LeadscoreError(
            "the channel did not take an alert",
            got=f"a refusal, or no answer, from the address in {address}",
            remedy="see that it is reachable and that its key is still in force: `leadscore watch --test-alert`",
        )
