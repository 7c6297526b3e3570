"""The ways of sales, of a manager and of a data scientist, in a real browser: what they see, reach and change."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.threads import Busy
from data.store import SCORES

pytestmark = pytest.mark.slow
PAGES = (
    "/week",
    *("/leads", "/leads?q=nobody", "/leads/{lead}", "/leads/{lead}/closer", "/leads/{lead}/panel", "/grid", "/funnel"),
    *("/funnel?source=ppc", "/model", "/model/preview?hot=90&warm=1", "/nowhere"),
)
NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}
HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">\u202eevil" + "W" * 10_000
)


@pytest.fixture
def page(browser, served) -> Iterator:
    """A page that may load nothing from elsewhere, and on which nothing may go wrong."""
    context = browser.new_context(base_url=served, viewport=WIDE)
    opened, wrong = context.new_page(), []
    elsewhere = []
    context.route(
        lambda url: not url.startswith(served), lambda route: (elsewhere.append(route.request.url), route.abort())
    )
    opened.on("pageerror", lambda problem: wrong.append(str(problem)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert elsewhere == []
    assert wrong == []


def test_sales_opens_the_hottest_lead_sees_why_says_what_it_is_and_goes_on(page, hottest):
    page.goto("/")
    page.locator("tbody tr").first.get_by_role("link").click()
    page.wait_for_url(f"**/leads/{hottest}")
    expect(page.get_by_role("heading", name="Why it scores")).to_be_visible()
    expect(page.locator(".reasons.up li").first).to_be_visible()
    page.get_by_label("Note").fill("they called")
    page.get_by_role("button", name="Good lead").click()
    page.get_by_text("they called").wait_for()
    page.get_by_label("Reason").fill("a student after all")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("heading", name="Similar won deals").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("Reason").wait_for()
    page.get_by_role("link", name="Next lead").click()
    page.wait_for_url(lambda url: not url.endswith(hottest))
    expect(page.get_by_role("heading", name="Why it scores")).to_be_visible()


def test_a_verdict_takes_a_lead_off_the_week_and_taking_it_back_brings_it_back(page):
    page.goto("/week")
    first = page.locator(".calls li").first.get_by_role("link")
    name, address = first.inner_text(), first.get_attribute("href")
    first.click()
    expect(page.locator("#todo")).to_contain_text("Call")
    page.get_by_label("until").fill("2999-01-31")
    page.get_by_role("button", name="Too early").click()
    expect(page.locator("#todo")).to_contain_text("it is too early until 31 Jan 2999")
    page.get_by_role("link", name="Week").click()
    expect(page.locator(f'.calls a[href="{address}"]')).to_have_count(0)
    page.goto(address)
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#todo")).to_contain_text("Call")
    page.get_by_role("link", name="Week").click()
    expect(page.locator(f'.calls a[href="{address}"]')).to_have_text(name)


def test_a_manager_goes_from_the_funnel_to_a_source_and_its_list(page):
    page.goto("/funnel")
    page.get_by_role("heading", name="Where leads get lost").wait_for()
    row = page.locator("tbody tr").first
    source, count = row.locator("th").inner_text(), row.locator("td").first.inner_text()
    row.get_by_role("link", name=source, exact=True).click()
    page.get_by_role("heading", name=f"Funnel from {source}").wait_for()
    expect(page.locator(".figures dd").first).to_have_text(count)
    page.get_by_role("link", name=f"Leads from {source}").click()
    expect(page.get_by_role("link", name=f"Remove the filter source {source}")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(min(int(count.replace(",", "")), 50))


def test_a_data_scientist_compares_and_sees_what_a_threshold_would_do(page):
    page.goto("/model")
    expect(page.get_by_role("rowheader", name="rules")).to_be_visible()
    assert page.get_by_role("img", name="Calibration").evaluate("picture => picture.naturalWidth") > 0
    page.get_by_label("Hot from").fill("85")
    page.get_by_role("row", name="Hot then").wait_for()
    page.get_by_label("Why").fill("fewer calls")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("hot from 0.85").wait_for()
    expect(page.get_by_label("Hot from")).to_have_value("85")


def test_a_preview_comes_back_after_what_is_no_threshold(page):
    page.goto("/model")
    page.get_by_label("Hot from").fill("")
    page.get_by_text("These are no thresholds").wait_for()
    page.get_by_label("Hot from").fill("95")
    page.get_by_role("row", name="Hot then").wait_for()
    page.get_by_label("Why").fill("fewer calls")
    page.get_by_label("Hot from").fill("96")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("cell", name="96 %").wait_for()
    expect(page.get_by_label("Why")).to_have_value("fewer calls")


def test_other_periods_are_compared_where_they_stand(page):
    page.goto("/funnel")
    page.get_by_label("Beside", exact=True).wait_for()
    chosen = page.get_by_label("Beside", exact=True).locator("option").last.inner_text()
    page.get_by_label("Beside", exact=True).select_option(chosen)
    page.get_by_role("columnheader", name=chosen).first.wait_for()
    page.get_by_text("By source", exact=True).click()
    page.get_by_role("heading", name="Where leads get lost").wait_for()
    assert page.url.endswith("/funnel")


def test_what_cannot_be_read_is_said_in_its_part_and_the_rest_of_the_page_stays(page, hottest, monkeypatch):
    def busy(*_):
        raise Busy("others are reading their leads", remedy="try again in a minute")

    monkeypatch.setattr("app.pages.lead_detail.read_lead", busy)
    page.goto(f"/leads/{hottest}")
    page.get_by_text("try again in a minute").wait_for()
    expect(page.get_by_role("heading", name="Why it scores")).to_be_visible()


def test_everything_is_reached_by_the_keyboard_alone(page, hottest):
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{hottest}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_keeps_people_out(browser, served, hottest, path, scheme):
    context = browser.new_context(base_url=served, viewport=WIDE, color_scheme=scheme, bypass_csp=True)
    opened = context.new_page()
    opened.goto(path.format(lead=hottest), wait_until="networkidle")
    found = Axe().run(opened).response["violations"]
    context.close()
    serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_screen_shows_all_and_never_scrolls_sideways(page, hottest, path):
    page.set_viewport_size(NARROW)
    page.goto(path.format(lead=hottest), wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_text_from_the_crm_runs_nothing_and_breaks_no_page(page, store, hottest):
    hostile = sa.update(SCORES).where(SCORES.c.lead_id == hottest)
    with store.transaction() as connection:
        connection.execute(hostile.values(company=HOSTILE, owner=HOSTILE, source=HOSTILE, stage=HOSTILE))
    page.set_viewport_size(NARROW)
    for path in ("/leads", f"/leads/{hottest}", f"/leads/{hottest}/panel", "/grid", "/funnel"):
        page.goto(path)
        assert page.title() != "taken"
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path
    page.goto("/leads")
    assert "<script>document.title" in page.locator("tbody tr").first.inner_text()


def test_pages_work_without_scripts(browser, served, hottest):
    context = browser.new_context(base_url=served, java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"/leads/{hottest}")
    opened.get_by_label("Note").fill("by hand")
    opened.get_by_role("button", name="Too early").click()
    expect(opened.get_by_text("by hand", exact=True)).to_be_visible()
    context.close()
