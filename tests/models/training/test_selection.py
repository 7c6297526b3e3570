"""What a training selects is data; the words are made of it in one place."""

import pytest

from models.training.selection import WORDS, Cause, Figures, Selection

FIGURES = Figures(auc=0.779, auc_of_rules=0.752, log_loss_ci=(-0.0297, 0.0002))
COMPARED = "AUC 0.779, the rules' 0.752; log-loss -0.0297 to +0.0002 beside theirs (95 %)"


@pytest.mark.parametrize(
    ("selection", "served", "why"),
    [
        (Selection(Cause.BETTER, figures=FIGURES), True, f"the model beats the rules: {COMPARED}"),
        (
            Selection(Cause.FEW_AND_NO_WORSE, "61 leads were won", FIGURES),
            True,
            f"few outcomes bear a logistic regression: 61 leads were won: {COMPARED}",
        ),
        (Selection(Cause.NOTHING_LEARNED, "3 leads were won"), False, "the rules decide: 3 leads were won"),
        (
            Selection(Cause.DOES_NOT_HOLD),
            False,
            "the rules decide: what was learned did not hold on later leads",
        ),
    ],
    ids=lambda value: value.cause if isinstance(value, Selection) else "",
)
def test_a_selection_says_who_is_served_and_why(selection, served, why):
    assert (selection.model_is_served, selection.why) == (served, why)


def test_each_reason_has_its_words():
    assert WORDS.keys() == set(Cause)
