"""Content: views that became leads, and assets whose leads become customers."""

import pandas as pd
import pytest

from funnel.content import assets, closing_content

MONTH = pd.Timestamp("2025-01-01")


def views(**by_asset: float) -> pd.DataFrame:
    return pd.DataFrame({"asset": list(by_asset), "month": MONTH, "views": [float(v) for v in by_asset.values()]})


@pytest.mark.parametrize(("seen", "rate"), [(4000, 0.005), (100, 0.2)])
def test_conversion_is_leads_over_views(journeys, seen, rate):
    (asset,), _ = assets(journeys([{"asset": "ebook"}] * 20), views(Ebook=seen), smallest=1)
    assert (asset.leads.count, asset.views, asset.leads.rate) == (20, seen, rate)


def test_only_leads_of_months_with_views_count(journeys):
    found = journeys([{"asset": "ebook"}, {"asset": "ebook", "created": 40}, {"asset": "video"}])
    (asset,), unviewed = assets(found, views(ebook=10), smallest=1)
    assert (asset.leads.count, asset.left_out, unviewed) == (1, 1, ("video",))


def test_leads_that_are_in_no_rate_are_counted_among_others_too(journeys):
    rare = [{"asset": "b", "created": 40}, {"asset": "c"}, {"asset": "c", "created": None}]
    found = journeys([{"asset": "a"}] * 198 + rare)
    told, _ = assets(found, views(a=900, b=4, c=5), smallest=1)
    assert [(each.name, each.leads.count, each.left_out) for each in told] == [
        ("a", 198, 0),
        ("other (2 values)", 1, 2),
    ]


def test_an_asset_called_not_given_is_not_that_of_leads_without_an_asset(journeys):
    found = journeys([{"asset": "not given"}, {"asset": None}, {"asset": None}])
    (asset,), unviewed = assets(found, views(**{"Not given": 10}), smallest=1)
    assert (asset.name, asset.leads.count, unviewed) == ("not given (so written)", 1, ())


def test_more_leads_than_views_are_told_without_a_rate(journeys):
    (asset,), _ = assets(journeys([{"asset": "ebook"}] * 3), views(ebook=2), smallest=1)
    assert (asset.leads.count, asset.leads.rate) == (3, None)


def test_an_asset_that_nobody_came_by_is_in_the_table(journeys):
    (asset,), _ = assets(journeys([{}]), views(ebook=10), smallest=1)
    assert (asset.name, asset.leads.count, asset.views) == ("ebook", 0, 10)


def test_assets_of_few_leads_and_few_views_stand_together(journeys):
    found = journeys([{"asset": "ebook"}] * 198 + [{"asset": "Offer Erika M.pdf"}, {"asset": "Offer Ann L.pdf"}])
    seen = {"ebook": 900, "Offer Erika M.pdf": 4, "Offer Ann L.pdf": 6, "unread": 90}
    told, _ = assets(found, views(**seen), smallest=30)
    assert [(each.name, each.leads.count, each.views, each.pooled) for each in told] == [
        ("ebook", 198, 900, 0),
        ("unread", 0, 90, 0),
        ("other (2 values)", 2, 10, 2),  # too few views to be ranked
    ]


def test_price_list_downloaders_close_more():
    touched = pd.DataFrame({"asset": ["price list", "blog"], "leads": [100, 200], "won": [40, 22], "pooled": 0})
    price, blog = closing_content(touched, leads=400, won=60, smallest=30)
    assert (price.name, price.touched.rate, price.others.rate, price.clear) == ("price list", 0.4, 20 / 300, True)
    assert (blog.touched.rate, blog.others.rate, blog.clear) == (0.11, 38 / 200, False)
