import pytest

from data.parsing.companies import normalized_company


@pytest.mark.parametrize(
    "name", ["Rival", "RIVAL, Inc.", "rival gmbh", "Rival GmbH & Co. KG", "Ri-val S.A.", "Rivál", " rival ltd. "]
)
def test_one_firm_has_one_name_however_it_is_written(name):
    assert normalized_company(name) == "rival"


def test_a_legal_form_within_a_word_stays():
    assert normalized_company("Costa Agri") == "costaagri"


@pytest.mark.parametrize("name", ["", "GmbH", "& Co. KG", "…"])
def test_a_legal_form_alone_names_no_firm(name):
    assert normalized_company(name) == ""
