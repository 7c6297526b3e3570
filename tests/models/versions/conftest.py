"""Small models that are stored without a training, in new workspaces that come soon."""

import numpy as np
import pytest
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression

from data.workspace import Workspace


@pytest.fixture(scope="session", autouse=True)
def new_workspaces_come_soon(empty_mlflow_is_copied) -> None:
    """Most tests begin with a new workspace."""


@pytest.fixture(scope="session")
def model() -> StackingClassifier:
    """The smallest model of the kind that is stored."""
    random = np.random.default_rng(0)
    values, won = random.normal(size=(60, 2)), np.arange(60) % 2
    return StackingClassifier([("logistic", LogisticRegression())], cv=2).fit(values, won)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.at(tmp_path / "var")
