"""An Odoo with simulated leads, and a project that reads it, learned from it and scored it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.workspace import Workspace
from tests.commands import Ran, run_leadscore
from tests.data.crm.fake_odoo import DATABASE, KEY, FakeOdoo, running
from tests.data.crm.odoo_leads import Filled

AS_OF = "2026-01-01"


@dataclass(frozen=True)
class Project:
    """An Odoo with simulated leads, the settings that read it, and a workspace that learned from it."""

    odoo: FakeOdoo
    filled: Filled
    config: Path
    workspace: Workspace

    def run(self, verb: str, *options: object) -> Ran:
        workspace = () if verb == "check-connection" else ("--workspace", self.workspace.root)
        return run_leadscore(verb, "--config", self.config, *options, *workspace)

    def push_all(self) -> None:
        assert self.run("push", "--setup").code == self.run("push").code == 0

    def scored_leads(self) -> dict[str, dict]:
        return {str(lead["id"]): lead for lead in self.odoo.leads() if lead.get("x_leadscore_as_of")}


@pytest.fixture(scope="package")
def trained_project(tmp_path_factory) -> Iterator[Project]:
    """A project whose leads are scored, and whose scores are nowhere but in the store."""
    folder, odoo = tmp_path_factory.mktemp("odoo"), FakeOdoo(version=17)
    assert run_leadscore("simulate", "--leads", 300, "--out", folder / "simulated").code == 0
    filled = Filled(odoo, folder / "simulated")
    with running(odoo), pytest.MonkeyPatch.context() as environment:
        values = {"URL": odoo.url, "DB": DATABASE, "USER": odoo.user.login, "API_KEY": KEY}
        for name, value in values.items():
            environment.setenv(f"ODOO_{name}", value)
        project = Project(odoo, filled, folder / "leadscore.yaml", Workspace.at(folder / "var"))
        ran = run_leadscore("init", "--crm", "odoo", "--out", project.config)
        assert ran.code == 0, ran.err
        for verb, *options in (["train"], ["score", "--as-of", AS_OF, "--out", folder / "scores.parquet"]):
            ran = project.run(verb, *options)
            assert ran.code == 0, ran.err
        yield project


@pytest.fixture
def project(trained_project, tmp_path) -> Iterator[Project]:
    """The project with a workspace of its own, and an Odoo that forgets what was written."""
    odoo = trained_project.odoo
    leads = {number: dict(lead) for number, lead in odoo.tables["crm.lead"].items()}
    fields = dict(odoo.fields["crm.lead"])
    workspace = Workspace.at(Path(shutil.copytree(trained_project.workspace.root, tmp_path / "var")))
    yield Project(odoo, trained_project.filled, trained_project.config, workspace)
    odoo.tables["crm.lead"], odoo.fields["crm.lead"] = leads, fields
    odoo.calls.clear()
