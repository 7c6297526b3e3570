"""What training says to the readers of its figures."""

from __future__ import annotations

import numpy as np
import pandas as pd


def test_that_nothing_tells_won_from_lost_is_said_first_of_all_and_stands_on_the_card(leadscore, tmp_path):
    random = np.random.default_rng(1)
    noise = pd.DataFrame(
        {"Id": range(1, 401), "Size": random.normal(size=400).round(3), "Won": random.integers(0, 2, 400)}
    )
    noise.to_csv(tmp_path / "leads.csv", index=False)
    given = ("--leads", tmp_path / "leads.csv", "--id", "Id", "--outcome", "Won", "--order", "rows")
    ran = leadscore("train", *given, "--workspace", tmp_path / "var")
    said = "There is no evidence that these columns tell won leads from lost ones: AUC 0."
    assert ran.out.startswith(said)
    card = leadscore("compare", "--card", "--workspace", tmp_path / "var").out
    assert card.splitlines()[2].startswith(f"**{said}")


def test_a_signal_is_not_denied(trained):
    signal = trained.ran.json["signal"]
    assert signal["shown"]
    assert signal["auc_ci"][0] > 0.5
