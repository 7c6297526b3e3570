"""How a scorer is taken apart into the files of a version, and put together again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from data.json import parse_object
from data.schema import Schema
from models.blend import spline_encoder
from models.explanation import (
    Centres,
    Evidence,
    TypicalLeads,
    centres_from_json,
    questions_from_json,
    questions_to_json,
)
from models.rules import Rules
from models.scale import Scale
from models.scoring import Amounts, Scorer, Timing
from models.versions.artifacts import VersionFiles

if TYPE_CHECKING:  # loaded with a model: what asks for no version starts without them
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

SOON, AMOUNT = "soon.skops", "amount.skops"
"""Small models beside the model: of how soon wins come, and of what they bring."""


def texts_of(scorer: Scorer) -> dict[str, str]:
    """Return all of a scorer but its models, as texts by the names of their files."""
    return {
        "schema.json": scorer.schema.to_json(),
        "rules.yaml": scorer.rules.to_yaml(),
        "scale.json": scorer.scale.to_json(),
        "evidence.json": scorer.evidence.to_json(),
        "scorer.json": json.dumps({"centres": scorer.centres, "horizon": scorer.horizon}),
        "timing.json": scorer.timing.to_json() if scorer.timing else "null",
        "amounts.json": scorer.amounts.to_json() if scorer.amounts else "null",
        "questions.json": questions_to_json(scorer.questions),
        **({"typical.json": scorer.typical.to_json()} if scorer.typical else {}),
    }


def write_small_models(scorer: Scorer, folder: Path) -> None:
    """Write the small models beside the model; the encoder that they share with it is not written again."""
    from skops.io import dump

    encoder = spline_encoder(scorer.model)
    models = {SOON: scorer.timing and scorer.timing.soon, AMOUNT: scorer.amounts and scorer.amounts.model}
    for name, model in models.items():
        if model:
            dump(_without(model, encoder), folder / name)


def scorer_from(files: VersionFiles, model_files: VersionFiles, schema: Schema) -> Scorer:
    """Put a scorer together. Raises ModelError where a file is not there or cannot be read."""
    model = model_files.load("model.skops")
    centres, horizon = files.read("scorer.json", _centres_and_horizon)
    return Scorer(
        model=model,
        schema=schema,
        rules=files.read("rules.yaml", Rules.from_yaml),
        scale=files.read("scale.json", Scale.from_json),
        evidence=files.read("evidence.json", Evidence.from_json),
        version=files.version,
        centres=centres,
        horizon=horizon,
        timing=_timing(files, spline_encoder(model)),
        amounts=_amounts(files, spline_encoder(model)),
        questions=files.read_if_there("questions.json", questions_from_json),
        typical=files.read_if_there("typical.json", TypicalLeads.from_json),
    )


def _centres_and_horizon(text: str) -> tuple[Centres, int | None]:
    content: Mapping = parse_object(text)
    return centres_from_json(content["centres"]), content["horizon"]


def _timing(files: VersionFiles, encoder: ColumnTransformer | None) -> Timing | None:
    """Return how wins are spread over time; None where the version does not know it."""
    return files.read_if_there("timing.json", lambda text: Timing.from_json(text, _small_model(files, SOON, encoder)))


def _amounts(files: VersionFiles, encoder: ColumnTransformer | None) -> Amounts | None:
    """Return what wins bring; None where the version does not know it."""
    return files.read_if_there(
        "amounts.json", lambda text: Amounts.from_json(text, _small_model(files, AMOUNT, encoder))
    )


def _small_model(files: VersionFiles, name: str, encoder: ColumnTransformer | None) -> Pipeline | None:
    """Return a small model; None where there is none, since too few leads were won to learn it."""
    from sklearn.pipeline import Pipeline

    if not files.has(name):
        return None
    steps = files.load(name).steps
    return Pipeline(steps if len(steps) > 1 else [("encode", encoder), *steps])


def _without(model: Pipeline, encoder: ColumnTransformer | None) -> Pipeline:
    """Return what is stored of a small model: its last step alone where its encoder is that of the model beside it."""
    from sklearn.pipeline import Pipeline

    return Pipeline(model.steps[1:]) if model.named_steps["encode"] is encoder else model
