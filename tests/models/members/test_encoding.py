"""A design is encoded once for all that stand behind the same encoder."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from models.members.encoding import Encoded

DESIGN = pd.DataFrame({"visits": [1.0, 2.0, 3.0]})


def test_an_encoder_is_asked_once_and_another_one_anew():
    asked = []
    both = [FunctionTransformer(lambda cells: asked.append(len(cells)) or cells) for _ in range(2)]
    first, second = (ColumnTransformer([("all", each, ["visits"])]).fit(DESIGN) for each in both)
    asked.clear()
    encoded = Encoded(DESIGN)
    assert encoded.by(first) is encoded.by(first)
    assert len(asked) == 1
    encoded.by(second)
    assert len(asked) == 2


def test_what_stands_behind_tells_what_the_pipeline_tells():
    pipeline = Pipeline(
        [("encode", ColumnTransformer([("all", "passthrough", ["visits"])])), ("line", LinearRegression())]
    )
    pipeline.fit(DESIGN, [1, 2, 4])
    line, matrix = Encoded.of(DESIGN).behind(pipeline)
    assert np.array_equal(line.predict(matrix), pipeline.predict(DESIGN))
