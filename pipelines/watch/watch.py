"""watch: rounds in one warm process, until somebody ends it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from data.config import Settings
from data.drafts import in_plain_words, write_whole
from data.json import strict_json
from data.locks import one_run_at_a_time
from data.workspace import Workspace
from models.versions import Registry
from pipelines.last_run import settings_of_last_run
from pipelines.watch.round import Round, Watcher


def watch(
    workspace: Workspace, settings: Settings | None = None, *, every: float, once: bool = False, stop: Event
) -> Iterator[Round]:
    """Yield each round once it is done; ``every`` is the time between two beginnings, in seconds.

    A round that began is always finished: ``stop`` ends the watch after it. The newest round also stands in the
    workspace, where what supervises the watch finds it. Raises LeadscoreError where the workspace is watched already.
    """
    with one_run_at_a_time(workspace.watch_lock, "watch"):
        watcher = Watcher(workspace, settings_for_watch(workspace, settings))
        watcher.begin()
        while not stop.is_set():
            done = watcher.round()
            with in_plain_words(workspace.heartbeat):
                write_whole(workspace.heartbeat, strict_json(done.as_json()))
            yield done
            if once:
                return
            stop.wait(max(0.0, every - done.seconds))


def settings_for_watch(workspace: Workspace, settings: Settings | None) -> Settings:
    """Return the settings that were given; else those of the last run or of the training, at the moment of a round."""
    if settings:
        return settings
    known = settings_of_last_run(workspace) or Registry(workspace).champion().settings
    return known.model_copy(update={"as_of": None})
