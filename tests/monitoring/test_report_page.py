"""The report in headless Chromium, with real input events."""

import dataclasses
import re
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from helpers.browser import chromium
from helpers.report_runs import FACTS, HOSTILE, make_run, pictures, row
from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import report
from tf_cyclegan.monitoring.samples import Translations

pytestmark = pytest.mark.slow

SHEET = "document.querySelector('#sheet img').src"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The report of a run of 5 epochs."""
    return make_run(tmp_path_factory.mktemp("runs") / "small", 5)


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """The report of 200 epochs with noisy pictures, which compress worse than any photograph."""
    noise = np.random.default_rng(0)
    shown = pictures(size=256)
    for group in (shown.a_to_b, shown.b_to_a):
        for each in group:
            each[:] = [p // 2 + noise.integers(0, 64, p.shape, np.uint8) for p in each]
    return make_run(tmp_path_factory.mktemp("runs") / "long", 200, shown)


def element(browser, selector):
    return browser.driver.find_element(By.CSS_SELECTOR, selector)


def press(browser, *keys):
    ActionChains(browser.driver, duration=0).send_keys(*keys).perform()


def wait_for(browser, condition):
    WebDriverWait(browser.driver, 10, 0.1).until(lambda _: condition())


def drag(browser, target, start, end):
    """Drags the mouse from one part of an element's width to another, at half its height."""
    width = target.size["width"]
    chain = ActionChains(browser.driver, duration=50)
    chain.move_to_element_with_offset(target, round((start - 0.5) * width), 0).click_and_hold()
    chain.move_by_offset(round((end - start) * width), 0).release().perform()


def divider(browser):
    """The line's position in percent, at which the visible part of the input ends too."""
    line = browser.value(
        "parseFloat(getComputedStyle(document.querySelector('.divider')).left)"
        " / find('stage').clientWidth * 100"
    )
    hidden = browser.value("getComputedStyle(find('before')).clipPath")
    assert float(re.search(r"inset\(0px ([\d.]+)%", hidden)[1]) == pytest.approx(100 - line, abs=1)
    return line


def screenshot(target):
    return np.asarray(Image.open(BytesIO(target.screenshot_as_png)).convert("RGB"), int)


def test_the_console_is_empty_and_only_the_full_size_sheet_is_fetched(browser, small):
    browser.open(small)
    wait_for(browser, lambda: browser.value(SHEET).endswith(".png"))
    assert browser.complaints() == []
    folder = small.parent.as_uri()
    assert browser.fetched() == [f"{folder}/report.html", f"{folder}/samples/epoch_0005.png"]


def test_the_divider_follows_the_mouse(browser, small):
    browser.open(small)
    stage = element(browser, "#stage")
    assert divider(browser) == pytest.approx(50, abs=0.5)
    before = screenshot(stage)[100, 100]
    drag(browser, stage, 0.5, 0.2)
    assert divider(browser) == pytest.approx(20, abs=1)
    after = screenshot(stage)[100, 100]
    np.testing.assert_allclose(before + after, 255, atol=40)  # The translation is the negative.
    assert abs(before - after).max() > 40
    drag(browser, stage, 0.9, 0.95)
    assert divider(browser) == pytest.approx(95, abs=1)
    ActionChains(browser.driver).move_to_element(stage).perform()
    assert divider(browser) == pytest.approx(95, abs=1), "only a pressed button drags"


def test_the_divider_follows_the_keyboard(browser, small):
    browser.open(small)
    press(browser, Keys.TAB)
    assert browser.value("document.activeElement.id") == "divider"
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert divider(browser) == pytest.approx(52, abs=0.5)
    press(browser, Keys.HOME)
    assert divider(browser) == 0
    outline = browser.value("getComputedStyle(find('stage')).outlineStyle")
    assert outline == "solid", "the focus is visible"


def test_the_divider_follows_a_finger(browser, small):
    browser.open(small, width=360)
    browser.value("find('stage').scrollIntoView()")
    box = browser.value("find('stage').getBoundingClientRect().toJSON()")
    moves = ("touchStart", 0.5), ("touchMove", 0.6), ("touchMove", 0.8), ("touchEnd", None)
    for kind, part in moves:
        points = [{"x": box["x"] + part * box["width"], "y": box["y"] + 90}] if part else []
        event = {"type": kind, "touchPoints": points}
        browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent", event)
    assert divider(browser) == pytest.approx(80, abs=2)


def test_a_click_chooses_another_picture(browser, small):
    browser.open(small)
    first = browser.value("find('after').src")
    element(browser, "#choices fieldset:nth-child(2) label:nth-child(3)").click()
    assert browser.value("find('after').src") != first
    assert element(browser, "#before-name").text == "B"
    assert browser.value("find('after').alt") == "Picture 3: B to A"


def test_the_slider_shows_the_sheets_of_other_epochs(browser, small):
    browser.open(small)
    slider, label = element(browser, "#epoch"), element(browser, "#epoch-name")
    newest = browser.value(SHEET)
    assert label.text == "epoch 5"
    drag(browser, slider, 0.99, 0.01)
    assert label.text == "epoch 1"
    assert browser.value("find('sheet').pathname").endswith("epoch_0001.png")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert label.text == "epoch 2"
    assert slider.get_attribute("aria-valuetext") == "epoch 2"
    assert browser.value(SHEET) != newest
    wait_for(browser, lambda: browser.value(SHEET).endswith("samples/epoch_0002.png"))
    assert browser.complaints() == []


def test_play_goes_to_the_newest_epoch_and_stops(browser, small):
    browser.open(small)
    button, label = element(browser, "#play"), element(browser, "#epoch-name")
    button.click()
    assert button.text == "Pause"
    assert label.text != "epoch 5"
    wait_for(browser, lambda: (button.text, label.text) == ("Play", "epoch 5"))


def test_charts_show_the_values_under_the_pointer(browser, small):
    browser.open(small)
    chart = element(browser, ".chart svg")
    values = element(browser, ".chart .values")
    assert values.text.split("\n") == ["epoch 5", "G, A to B 4.2", "F, B to A 3.8"]
    width = chart.size["width"]
    hover = ActionChains(browser.driver, duration=0)
    hover.move_to_element_with_offset(chart, round(-0.35 * width), 0).perform()
    assert values.text.split("\n") == ["epoch 1", "G, A to B 5", "F, B to A 3"]
    browser.value("document.querySelector('.chart svg').focus()")
    press(browser, Keys.ARROW_RIGHT)
    assert values.text.startswith("epoch 2")
    assert "total loss over 5 epochs: G, A to B from 5 to 4.2" in chart.get_attribute("aria-label")


@pytest.mark.parametrize("width", [360, 768, 1180])
def test_the_page_fits_the_window(browser, small, width):
    browser.open(small, width)
    element(browser, "summary").click()
    assert browser.value("document.documentElement.scrollWidth") <= width


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize(("scheme", "is_light"), [("light", True), ("dark", False)])
def test_colours_follow_the_system_with_enough_contrast(browser, small, scheme, is_light):
    """WCAG 2.2, contrast (minimum): 4.5 to 1."""
    browser.open(small, scheme=scheme)
    paper = luminance(browser.value("getComputedStyle(document.body).backgroundColor"))
    assert (paper > 0.5) is is_light
    curves = (".values .one", ".values .two", ".values .three")
    for selector in ("body", ".hint", ".links a", "figcaption", *curves):
        style = f"getComputedStyle(document.querySelector({selector!r})).color"
        ink = luminance(browser.value(style))
        contrast = (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)
        assert contrast >= 4.5, selector


def test_in_dark_mode_only_a_sheets_pictures_are_white(browser, tmp_path):
    white = [[np.full((64, 64, 3), 255, np.uint8)] * 3]
    facts = dataclasses.replace(FACTS, pictures={**FACTS.pictures, "testB": 2})
    path = make_run(tmp_path / "run", 1, Translations(white * 4, white * 2), facts=facts)
    browser.open(path, scheme="dark")
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    top = browser.value(
        "find('sheet').querySelector('div').getBoundingClientRect().top"
        " - find('sheet').getBoundingClientRect().top"
    )
    for kind in ("data:", "file:"):  # The thumbnail, the sheet in full size.
        wait_for(browser, lambda kind=kind: browser.value(SHEET).startswith(kind))
        seen = screenshot(element(browser, "#sheet"))
        is_white = (seen == 255).all(axis=-1)
        is_paper = (seen == [int(part) for part in re.findall(r"\d+", paper)]).all(axis=-1)
        assert not is_white[: int(top)].any()
        assert (is_white | is_paper)[round(top) :].mean() > 0.99
        height, width = is_white.shape
        starts = np.diff(is_white.astype(int), axis=0) == 1, np.diff(is_white.astype(int)) == 1
        assert [starts[0][:, width // 12].sum(), starts[0][:, 7 * width // 12].sum()] == [4, 2]
        assert starts[1][height // 6].sum() == 6
        assert is_white[height // 6].mean() > 0.9


def test_a_long_run_stays_small_and_fast(browser, long):
    assert long.stat().st_size < 3.2e6
    began = time.monotonic()
    rows = [row(i + 1) for i in range(200)]
    report.write(long.parent, Config(epochs=200), FACTS, rows, pictures(), finished=True)
    assert time.monotonic() - began < 5, "thumbnails are made once"
    browser.open(long)
    load = browser.value("performance.getEntriesByType('navigation')[0].duration")
    assert load < 5000
    sheets = browser.value("data.sheets.map((sheet) => sheet.epoch)")
    assert len(sheets) == 40
    assert (sheets[0], sheets[-1]) == (1, 200)
    assert browser.complaints() == []


def test_hostile_names_are_harmless(browser, tmp_path):
    config, more = Config(dataset=HOSTILE), {f"score_{HOSTILE}": 1.0}
    browser.open(make_run(tmp_path / "<i>run", 2, config=config, **more))
    assert browser.value("window.caught") is None
    assert HOSTILE in element(browser, ".what").text
    assert element(browser, "h1").text == "<i>run"
    assert browser.complaints() == []
    # The content security policy would block an injected script too.
    browser.driver.execute_script(
        "const made = document.createElement('script'); made.textContent = 'window.caught = 1';"
        "document.body.append(made)"
    )
    assert browser.value("window.caught") is None


def test_during_training_the_page_reloads_and_keeps_its_state(browser, tmp_path):
    path = make_run(tmp_path / "run", 5, finished=False)
    # Time passes thirty times as fast.
    faster = "{ const now = Date.now, zero = now(); Date.now = () => zero + 30 * (now() - zero); }"
    browser.open(path, script=faster)
    browser.value("find('epoch').focus()")
    press(browser, Keys.HOME, Keys.ARROW_RIGHT)
    drag(browser, element(browser, "#stage"), 0.5, 0.3)
    browser.driver.execute_script("window.old = true; scrollBy(0, 50)")
    scrolled = browser.value("scrollY")
    rows = [row(i + 1) for i in range(5)]
    report.write(path.parent, Config(epochs=6), FACTS, rows, pictures(), finished=True)
    wait_for(browser, lambda: not browser.value("window.old"))
    assert element(browser, "#epoch-name").text == "epoch 2"
    assert divider(browser) == pytest.approx(30, abs=1)
    assert browser.value("document.activeElement.id") == "divider"
    assert browser.value("scrollY") == scrolled > 0
    assert "Finished" in element(browser, ".when").text
    browser.driver.execute_script("window.old = true")
    time.sleep(1.5)
    assert browser.value("window.old"), "the page of a finished run does not reload"
