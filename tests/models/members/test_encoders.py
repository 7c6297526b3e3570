"""Fast encoders make of features what scikit-learn makes of them, to the last bit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler

from models.members.boosting import fit_boosting
from models.members.encoding import Encoded
from models.members.logistic import SPLINES, fit_logistic

LEVELS = [["ads", "fair", np.nan], ["Berlin", np.nan]]
TRAINED = pd.DataFrame(
    {
        "source": pd.Series(["ads", "fair", None, "ads"], dtype="str"),
        "city": pd.Series(["Berlin", None, "Berlin", "Berlin"], dtype="str"),
        "visits": [0.0, 1.0, 3.0, 1 / 3],
        "size": [10.1, np.nan, 1e6, 0.7],
        "age": [7.0, 0.0, 30.0, np.nan],
    }
)


def knots(*places: float) -> np.ndarray:
    return np.array(places)[:, None]


def spline(*places: float):
    transformer = SplineTransformer(knots=knots(*places), degree=1, extrapolation="constant")
    return make_pipeline(SimpleImputer(strategy="median"), transformer)


def splines_and_levels() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("categories", OneHotEncoder(categories=LEVELS, handle_unknown="ignore"), ["source", "city"]),
            ("two", spline(0.0, 3.0), ["visits"]),
            ("many", spline(0.7, 10.1, 999.9, 1e6), ["size"]),
            ("missing", MissingIndicator(features="all", error_on_new=False), ["size", "age"]),
        ],
        sparse_threshold=1.0,
    ).fit(TRAINED)


def numbered_levels() -> ColumnTransformer:
    ordinal = OrdinalEncoder(
        categories=LEVELS, encoded_missing_value=3, handle_unknown="use_encoded_value", unknown_value=4
    )
    return ColumnTransformer(
        [("categories", ordinal, ["source", "city"]), ("numbers", "passthrough", ["visits", "size", "age"])]
    ).fit(TRAINED)


def bits(encoded) -> list:
    dense = encoded.toarray() if sparse.issparse(encoded) else np.asarray(encoded)
    return dense.view(np.int64).tolist()


def assert_same(encoder: ColumnTransformer, features: pd.DataFrame) -> None:
    fast, slow = Encoded(features).by(encoder), encoder.transform(features)
    assert type(fast).__name__.split("_")[0] == type(slow).__name__.split("_")[0]
    assert bits(fast) == bits(slow)
    if sparse.issparse(slow):  # the order in which a row is added up
        assert fast.indices.tolist() == slow.indices.tolist()


texts = st.sampled_from(["ads", "fair", "Berlin", "never seen", "", None])
numbers = st.floats(-1e7, 1e7, width=64) | st.sampled_from([np.nan, 0.0, -0.0, 0.7, 10.1, 999.9, 1e6, 3.0, 5e-324])
rows = st.fixed_dictionaries({"source": texts, "city": texts, "visits": numbers, "size": numbers, "age": numbers})


@given(st.lists(rows, min_size=1, max_size=20))
@settings(deadline=None)
def test_any_features_are_encoded_as_by_scikit_learn(records):
    features = pd.DataFrame(records).astype(
        {"source": "str", "city": "str"} | dict.fromkeys(TRAINED.columns[2:], float)
    )
    assert_same(splines_and_levels(), features)
    assert_same(numbered_levels(), features)


def test_an_encoder_of_another_kind_is_asked_itself():
    other = ColumnTransformer([("scaled", StandardScaler(), ["visits", "age"])]).fit(TRAINED)
    assert_same(other, TRAINED)


def test_the_encoders_of_members_are_among_those_that_are_fast(features, table, monkeypatch):
    fitted = [fit_logistic(features, table, SPLINES), fit_boosting(features, table, {"n_estimators": 2}, seed=0)]
    encoders = [member.named_steps["encode"] for member in fitted]
    for encoder in encoders:
        assert_same(encoder, table.features)
    monkeypatch.setattr(ColumnTransformer, "transform", lambda *_: pytest.fail("scikit-learn was asked"))
    for encoder in encoders:
        Encoded(table.features).by(encoder)
