"""Using the pages: filters, keys, themes, the chart's range."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def two(server):
    server.report("use-alpha", 190_000, model="model-a")
    server.report("use-beta", 98_000, model="model-b")
    return server


def names(page) -> list[str]:
    return page.locator("#session-list .sess").all_inner_texts()


def test_filters_survive_reload_and_back(two, visit):
    page = visit(two).open_live("/?q=use-")
    assert names(page) == ["use-alpha", "use-beta"]

    page.select_option("[name=model]", "model-b")
    page.wait_for_function(
        "() => document.querySelectorAll('#session-list .sess').length == 1"
    )
    assert "model=model-b" in page.url and "level=" not in page.url

    page.reload()
    assert names(page) == ["use-beta"]
    assert page.input_value("[name=model]") == "model-b"

    page.go_back()
    page.wait_for_function(
        "() => document.querySelectorAll('#session-list .sess').length == 2"
    )
    assert page.input_value("[name=model]") == ""


def test_typing_searches(two, visit):
    page = visit(two).open_live("/")

    page.keyboard.press("/")
    page.keyboard.type("use-alp")

    page.wait_for_function(
        "() => document.querySelectorAll('#session-list .sess').length == 1"
    )
    assert names(page) == ["use-alpha"]
    assert "q=use-alp" in page.url


def test_a_level_is_a_filter_by_click(two, visit):
    page = visit(two).open("/?q=use-")

    page.click("#level-strip [data-level=critical]")

    assert names(page) == ["use-alpha"]
    assert "level=critical" in page.url and "q=use-" in page.url


def test_keys_walk_rows_open_them_and_change_pages(two, visit):
    page = visit(two).open("/?q=use-")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sessions/*/")
    assert page.inner_text("h1") == "use-beta"

    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/events/")


def test_the_question_mark_lists_the_keys(two, visit):
    page = visit(two).open("/")

    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#shortcuts").is_visible()


def test_the_theme_is_kept_and_painted_by_the_server(two, visit):
    page = visit(two, color_scheme="light").open("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.click("[data-theme-toggle]")  # light
    page.click("[data-theme-toggle]")  # dark
    assert page.evaluate(ground) != light

    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate(ground) != light


def test_range_and_axis_of_the_chart_live_in_the_address(two, visit):
    visitor = visit(two)
    page = visitor.open("/?q=use-alpha")
    page.click("#session-list .sess")
    page.wait_for_selector("#session-chart .main-svg", state="attached")

    page.click("[data-chart-link='axis=time']")
    page.click("[data-chart-link='last=60']")

    assert "axis=time" in page.url and "last=60" in page.url
    page.reload()
    current = page.locator("#history .seg [aria-current]").all_inner_texts()
    assert current == ["Time", "Last 60"]
    assert visitor.refused() == []


def test_the_chart_is_downloaded_as_png_and_csv(two, visit):
    page = visit(two).open("/?q=use-alpha")
    page.click("#session-list .sess")
    page.wait_for_selector("#session-chart .main-svg", state="attached")

    with page.expect_download() as png:
        page.click("[data-chart-png]")
    with page.expect_download() as csv:
        page.click("a[download]")

    assert png.value.suggested_filename.endswith(".png")
    assert csv.value.suggested_filename == "use-alpha.csv"


def test_times_are_in_the_readers_zone(two, visit):
    page = visit(two, timezone_id="Asia/Tokyo", locale="en-GB").open("/events/")

    moment = page.locator("time[data-moment]").first
    page.wait_for_function(
        "() => document.querySelector('time[data-moment]').dataset.for"
    )
    utc = moment.get_attribute("datetime")
    hour = (int(utc[11:13]) + 9) % 24
    assert f"{hour:02}:{utc[14:16]}" in moment.inner_text()


def test_a_button_pressed_twice_gets_its_own_word_back(two, visit):
    page = visit(two).open("/sessions/")
    page.click("tr[data-session] .sess")
    label = page.locator("[data-copy-label]").first

    for _ in range(2):
        page.click("[data-copy='']")
        page.wait_for_timeout(300)

    assert label.inner_text() != "Copy link"
    page.wait_for_function(
        "() => document.querySelector('[data-copy-label]').textContent === 'Copy link'"
    )
