"""The rooms inside the packages: faces, circles, sizes, and who has a test file of its own."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("data", "features", "models", "funnel", "pipelines", "app")
HALLS = {"data", "models", "pipelines", "app"}
"""Packages that hold rooms: modules which stand in the hall itself may be imported from everywhere."""
MOST_MODULES = 16
"""Modules in a folder; a room with more is two rooms."""
UNMIRRORED: dict[str, str] = {
    # Their room's verb is tested as a whole, on whole files.
    **dict.fromkeys(
        (
            "data.proposal.columns",
            "data.proposal.hints",
            "data.proposal.inspection",
            "data.proposal.outcome",
            "data.proposal.tables",
            "data.proposal.text",
        ),
        "data/proposal/test_propose.py",
    ),
    # One funnel is simulated, and each part is seen in its tables.
    **dict.fromkeys(
        (
            "data.simulator.crm",
            "data.simulator.dirt",
            "data.simulator.draw",
            "data.simulator.history",
            "data.simulator.people",
            "data.simulator.spend",
            "data.simulator.tables",
            "data.simulator.world",
        ),
        "data/simulator/test_simulate.py",
    ),
    # What is read of files is tested through the one way in.
    **dict.fromkeys(
        (
            "data.sources.delimited",
            "data.sources.encodings",
            "data.sources.letters",
            "data.sources.parquet",
            "data.sources.text",
            "data.sources.base",
        ),
        "data/sources/test_files.py",
    ),
    # Waiting is tested on connections that are made.
    **dict.fromkeys(("data.sources.patience",), "data/sources/test_connections.py"),
    # What is kept of a lead is listed beside what forgets it.
    **dict.fromkeys(("pipelines.watch.round",), "pipelines/watch/test_watch.py"),
    **dict.fromkeys(("pipelines.personal.export_lead",), "pipelines/personal/test_forget.py"),
    # A finding is tested with what finds it, and shown at the command line.
    **dict.fromkeys(("pipelines.doctor.finding", "pipelines.cli.renderers.health"), "pipelines/doctor/test_doctor.py"),
    # The steps are tested by what a data set holds after them.
    **dict.fromkeys(
        (
            "data.staging.canonical",
            "data.staging.rows",
            "data.staging.tables",
            "data.staging.typed",
            "data.dataset.assembly",
            "data.schema",
        ),
        "data/dataset/test_dataset.py",
    ),
    # Quarantined rows are tested with the damage that brings them there.
    **dict.fromkeys(
        (
            "data.staging.quarantine",
            "data.quality_report",
        ),
        "data/dataset/test_damage.py",
    ),
    # Cells are read through the face of their kinds.
    # Sizes are tested where impossible ones are found.
    **dict.fromkeys(
        (
            "data.quality.sizes",
            "data.parsing.sizes",
        ),
        "data/quality/test_cells.py",
    ),
    # Profiles are tested by the roles that follow from them.
    **dict.fromkeys(("data.columns.profiles",), "data/columns/test_roles.py"),
    # Settings are tested by reading files of them.
    **dict.fromkeys(("data.config.settings",), "data/config/test_loader.py"),
    # A family without behaviour of its own; its messages are tested at the command line.
    **dict.fromkeys(
        (
            "data.errors",
            "pipelines.cli.inputs",
            "pipelines.cli.options",
            "pipelines.console",
            "pipelines.log",
            "pipelines.demo",
        ),
        "pipelines/cli/test_commands.py",
    ),
    # Words and folders without behaviour of their own.
    **dict.fromkeys(
        (
            "data.vocabulary",
            "data.workspace",
        ),
        "test_house.py",
    ),
    # A protocol, shown by a sink of a test.
    **dict.fromkeys(
        (
            "data.sinks.base",
            "pipelines.wording",
        ),
        "pipelines/test_push.py",
    ),
    # Tables that migrations make, and the store's tests compare.
    **dict.fromkeys(("data.store.tables",), "data/store/test_store.py"),
    # Computed features are tested as `build` gives them.
    **dict.fromkeys(
        (
            "features.batch",
            "features.firms",
        ),
        "features/test_build.py",
    ),
    # Figures are tested from files to JSON.
    **dict.fromkeys(
        (
            "funnel.figures",
            "funnel.funnel",
            "pipelines.output.describe",
            "pipelines.output.page",
        ),
        "pipelines/report/test_funnel_figures.py",
    ),
    # What a trained model says is tested with what blends it.
    **dict.fromkeys(("models.blend",), "models/training/test_blend.py"),
    # Champion and challenger are compared as the verb does it.
    **dict.fromkeys(
        (
            "models.evaluation.comparison",
            "pipelines.train.contest",
        ),
        "pipelines/versioning/test_compare.py",
    ),
    # Rules are read, checked and bounded through the checks of a file.
    **dict.fromkeys(
        (
            "models.rules.cells",
            "models.rules.clashes",
            "models.rules.reach",
        ),
        "models/rules/test_findings.py",
    ),
    # Fitted and asked in one test.
    **dict.fromkeys(("models.scoring.amount",), "models/fitting/test_amount.py"),
    # Fitted and asked in one test.
    **dict.fromkeys(
        (
            "models.scoring.timing",
            "models.fitting.assemble",
        ),
        "models/fitting/test_timing.py",
    ),
    # Stored and loaded through the registry.
    **dict.fromkeys(
        (
            "models.versions.assemble",
            "models.versions.store",
            "models.versions.training_run",
        ),
        "models/versions/test_registry.py",
    ),
    # The end of the data is tested through the verbs that ask for it.
    **dict.fromkeys(("pipelines.as_of",), "pipelines/score/test_batch.py"),
    # What commands show is tested with the commands.
    **dict.fromkeys(
        (
            "pipelines.cli.renderers.data",
            "pipelines.cli.renderers.lead",
            "pipelines.cli.renderers.numbers",
            "pipelines.cli.renderers.present",
            "pipelines.cli.renderers.scores",
            "pipelines.cli.renderers.versions",
        ),
        "pipelines/cli/test_commands.py",
    ),
    # The verbs of rules are tested through their commands.
    **dict.fromkeys(
        (
            "pipelines.cli.renderers.rules",
            "pipelines.cli.rules_commands",
            "pipelines.rules.check",
            "pipelines.rules.preview",
            "pipelines.rules.project",
            "pipelines.rules.suggest",
        ),
        "pipelines/rules/test_rules.py",
    ),
    # Proposed with the settings.
    **dict.fromkeys(("pipelines.init.horizon",), "pipelines/init/test_init.py"),
    # Parts of one training, tested by its result.
    **dict.fromkeys(
        (
            "pipelines.train.measurements",
            "pipelines.train.plots",
            "pipelines.train.request",
            "pipelines.train.result",
            "pipelines.train.tags",
            "pipelines.train.truth",
        ),
        "pipelines/train/test_train.py",
    ),
    # Reading a lead again is tested on the pages that do it.
    **dict.fromkeys(("app.lead_reading",), "app/pages/test_lead_detail.py"),
    # A CRM is read and written as a whole, against an Odoo of the tests.
    **dict.fromkeys(
        (
            "data.crm.base",
            "data.crm.kinds",
            "data.crm.odoo.connector",
            "data.crm.odoo.fields",
            "data.crm.tables",
            "pipelines.init.crm",
        ),
        "pipelines/crm/test_connection.py",
    ),
    # The API is tested by its answers.
    **dict.fromkeys(("app.api.content", "app.api.warm", "pipelines.score.records"), "app/api/test_scoring.py"),
    **dict.fromkeys(("app.api.counts", "app.api.feedback", "app.api.model"), "app/api/test_leads.py"),
    **dict.fromkeys(("app.api.once", "data.store.requests"), "app/api/test_events.py"),
    **dict.fromkeys(("app.api.problems",), "app/api/test_gate.py"),
    # Pages are tested by their HTML.
    **dict.fromkeys(
        (
            "app.pages.funnel",
            "app.serve",
            "app.site",
        ),
        "app/test_server.py",
    ),
    # Pages are tested by their HTML.
    **dict.fromkeys(
        (
            "app.view.drawing",
            "app.view.render",
            "app.view.words",
        ),
        "app/pages/test_leads.py",
    ),
}
"""Modules without a test file of their own → the file that tests them; why stands above each group."""
DEEP = {"models.evaluation.plots"}
"""Imported past the face of its room: it loads matplotlib, which only drawing needs."""


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def code() -> dict[str, Path]:
    files = (file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))
    return {module_of(file): file for file in files if "migrations" not in file.parts}


CODE = code()
ROOMS = {module for module, file in CODE.items() if file.name == "__init__.py"} - HALLS


def room_of(module: str) -> str | None:
    """Return the innermost room that a module is in, or is."""
    parts = module.split(".")
    places = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((place for place in places if place in ROOMS), None)


def is_inside(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def imports_of(source: str, *, top_only: bool = False) -> Iterator[str]:
    """Yield the modules that a source imports from, a submodule in ``from package import module`` among them."""
    tree = ast.parse(source)
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & CODE.keys()
            # A face may hand out a function that is called like its module: then it is the face that is asked.
            yield from (inner - faces_of(node.module)) or {node.module}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(CODE[module].read_text(encoding="utf-8"))


@cache
def faces_of(module: str) -> set[str]:
    """Return what a room hands out, with the room's name before it."""
    if module not in ROOMS:
        return set()
    tree = ast.parse(CODE[module].read_text(encoding="utf-8"))
    names = (
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    )
    return {f"{module}.{name}" for name in names}


def deep_imports(importer: str, source: str) -> list[str]:
    """Name the imports that reach past the face of a room."""
    reached = (name for name in imports_of(source) if name in CODE and name not in DEEP)
    return [f"{importer} imports {name}" for name in reached if reaches_past_a_face(importer, name)]


def reaches_past_a_face(importer: str, name: str) -> bool:
    rooms = [room for room in ROOMS if name != room and name.startswith(f"{room}.")]
    return any(not is_inside(importer, room) for room in rooms)


def test_from_outside_a_room_its_face_is_imported():
    outside = [*CODE.items(), *((module_of(file), file) for file in sorted((ROOT / "benchmarks").glob("*.py")))]
    deep = [name for importer, file in outside for name in deep_imports(importer, file.read_text(encoding="utf-8"))]
    assert deep == []


def test_an_import_past_a_face_is_found():
    assert deep_imports("pipelines.score", "from data.sources.files import stage") != []
    assert deep_imports("data.sources.sql", "from data.sources.files import stage") == []
    assert deep_imports("pipelines.score", "from data.sources import stage\nfrom data.errors import InputError") == []


def test_rooms_import_each_other_in_one_direction():
    graph: dict[str, set[str]] = defaultdict(set)
    for module, file in CODE.items():
        here = room_of(module) or module
        for name in imports_of(file.read_text(encoding="utf-8"), top_only=True):
            there = room_of(name) or name
            if there in ROOMS | CODE.keys() and not is_inside(there, here) and not is_inside(here, there):
                graph[here].add(there)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        pytest.fail(f"rooms import each other in a circle: {' → '.join(problem.args[1])}")


def test_a_folder_holds_no_more_modules_than_a_reader_keeps_in_mind():
    sizes = Counter(file.parent.relative_to(ROOT).as_posix() for file in CODE.values())
    assert {folder: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_each_room_says_what_lives_there():
    texts = {room: ast.get_docstring(tree_of(room)) or "" for room in ROOMS}
    assert [room for room, text in texts.items() if len(text.split()) < 8] == []


def test_no_two_classes_have_one_name():
    names: dict[str, list[str]] = defaultdict(list)
    for module in CODE:
        for node in tree_of(module).body:
            if isinstance(node, ast.ClassDef):
                names[node.name].append(module)
    assert {name: modules for name, modules in names.items() if len(modules) > 1} == {}


def test_each_module_has_a_test_file_or_a_reason():
    modules = {module for module, file in CODE.items() if file.name not in ("__init__.py", "__main__.py")}
    without = {module for module in modules if not test_file_of(module).exists()}
    assert without - UNMIRRORED.keys() == set()
    assert UNMIRRORED.keys() - without == set(), "these are no exceptions any more"
    assert [file for file in UNMIRRORED.values() if not (ROOT / "tests" / file).exists()] == []


def test_file_of(module: str) -> Path:
    *folders, name = module.split(".")
    return ROOT.joinpath("tests", *folders, f"test_{name}.py")


test_file_of.__test__ = False  # type: ignore[attr-defined]
