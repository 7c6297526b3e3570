"""Policy stands above any store: which version scores, which one waits, and what was in force when."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.errors import ModelError
from data.workspace import Workspace
from models.scale import Scale
from models.versions import Action, Registry, words
from models.versions.store import Version


class FolderStore:
    """A `VersionStore` without MLflow: files in a folder, all else in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.versions: dict[str, Version] = {}
        self.aliases: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.runs: dict[str, str] = {}

    def begin(self, name: str = "") -> str:
        run_id = f"run {len(self.runs)}"
        self.runs[run_id] = "open"
        return run_id

    def end(self, run_id: str, *, failed: bool = False) -> None:
        self.runs[run_id] = "failed" if failed else "finished"

    def running(self) -> list[str]:
        return [run_id for run_id, status in self.runs.items() if status == "open"]

    def describe(self, run_id, params, metrics, tags) -> None: ...

    def learned_from(self, run_id, data) -> None: ...

    def write_text(self, run_id: str, path: str, text: str) -> None:
        (file := self.root / run_id / path).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def write_folder(self, run_id: str, path: str, folder: Path) -> None: ...

    def put(self, run_id, model, tags) -> str:
        number = str(len(self.versions) + 1)
        self.versions[number] = Version(number, run_id, datetime.now(UTC), dict(tags))
        return number

    def get(self, number: str) -> Version | None:
        return self.versions.get(number)

    def list(self) -> list[Version]:
        return list(self.versions.values())

    def tag(self, number: str, name: str, value: str) -> None:
        version = self.versions[number]
        self.versions[number] = replace(version, tags={**version.tags, name: value})

    def files(self, version: Version, path: str) -> Path:
        return self.root / version.run_id / path

    def model(self, version: Version) -> Path:
        return self.root / version.run_id

    def alias(self, name: str) -> str | None:
        return self.aliases.get(name)

    def set_alias(self, name: str, number: str | None) -> None:
        self.aliases.pop(name, None)
        if number:
            self.aliases[name] = number

    def note(self, name: str) -> str | None:
        return self.notes.get(name)

    def set_note(self, name: str, value: str) -> None:
        self.notes[name] = value


@pytest.fixture
def registry(tmp_path, model) -> Registry:
    """Two versions in a store of another kind."""
    registry = Registry(Workspace.at(tmp_path), FolderStore(tmp_path / "store"))
    for hot in (0.197, 0.3):
        with registry.run() as run:
            run.add_version(model, {})
            run.store.write_text(run.run_id, "leadscore/scale.json", Scale((0.0,), hot=hot, warm=0.0657).to_json())
    return registry


def test_promoting_and_keeping_back_need_no_mlflow(registry):
    registry.promote("1", "the model beats the rules")
    registry.keep_back("2", "it may be worse", figures={"log_loss_high": 0.01})
    assert (registry.champion_version, registry.challenger_version) == ("1", "2")
    registry.promote("2", "by force: to see")
    assert (registry.champions(), registry.challenger_version) == (["1", "2"], None)
    decided = [(each.version, words(each)) for each in registry.decisions()]
    assert decided[-1] == ("1", "promoted: the model beats the rules")
    assert [each.figures for each in registry.decisions() if each.kind == Action.KEPT_BACK] == [{"log_loss_high": 0.01}]


def test_thresholds_that_are_set_leave_those_of_the_past(registry):
    before = datetime.now(UTC)
    registry.set_thresholds("1", 0.1, 0.03, by="Ada", why="more calls")
    assert (registry.thresholds_at("1", before).hot, registry.thresholds_at("1").hot) == (0.197, 0.1)
    assert (registry.scale_of("1").warm, registry.scale_of("2").hot) == (0.03, 0.3)


def test_a_version_is_the_newest_once_its_training_came_to_its_end(registry):
    assert registry.newest() is None
    registry.promote("1", "first")
    registry.set_thresholds("2", 0.1, 0.03, by="Ada", why="more calls")
    newest = registry.newest()
    assert newest is not None and newest.number == "1"


def test_a_run_that_fails_is_marked_so(registry):
    with pytest.raises(OSError, match="no space"), registry.run():
        raise OSError("no space left")
    assert list(registry.store.runs.values()) == ["finished", "finished", "failed"]


def test_a_version_that_is_not_there_is_named_with_those_that_are(registry):
    with pytest.raises(ModelError, match="version 7 is not in the registry") as raised:
        registry.thresholds_at("7")
    assert raised.value.parts["expected"] == "one of the versions 1, 2"


def test_with_one_champion_there_is_none_to_go_back_to(registry):
    registry.promote("1", "first")
    with pytest.raises(ModelError, match="no champion to go back to"):
        registry.roll_back()


def test_the_files_of_a_version_are_sealed(registry, tmp_path):
    assert registry.scale_of("1").hot == 0.197
    scale = registry.store.files(registry.store.get("1"), "leadscore/scale.json")
    scale.write_text(scale.read_text().replace("0.197", "0.198"))
    with pytest.raises(ModelError, match=r"scale\.json of version 1 cannot be read"):
        registry.scale_of("1")
    assert registry.scale_of("2").hot == 0.3


def test_the_seal_itself_cannot_be_changed(registry):
    seal = registry.store.files(registry.store.get("1"), "leadscore/digests.json")
    seal.write_text(seal.read_text() + " ")
    with pytest.raises(ModelError, match=r"digests\.json of version 1 cannot be read"):
        registry.scale_of("1")


def test_a_version_without_a_seal_is_older_and_is_read(registry):
    version = registry.store.versions["1"]
    tags = {name: value for name, value in version.tags.items() if name != "files_digest"}
    registry.store.versions["1"] = replace(version, tags=tags)
    registry.store.files(version, "leadscore/digests.json").unlink()
    assert registry.scale_of("1").hot == 0.197
