"""Headless Chromium, driven by real input events."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service


class Browser:
    """One open page, with selenium's `driver`."""

    def __init__(self, driver: webdriver.Chrome):
        self.driver = driver

    def open(self, path: Path, width: int = 1180, scheme: str = "light", script: str = "") -> None:
        """Opens a file in a new tab, without session storage.

        Args:
          path: the file.
          width: the window's, in pixels; below 600 it is a phone with touch.
          scheme: the preferred color scheme, light or dark.
          script: JavaScript to run before the page's.
        """
        old = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        new = self.driver.current_window_handle
        self.driver.switch_to.window(old)
        self.driver.close()
        self.driver.switch_to.window(new)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        for command, arguments in (
            ("Page.addScriptToEvaluateOnNewDocument", {"source": script}),
            ("Emulation.setEmulatedMedia", {"features": [feature]}),
            ("Emulation.setDeviceMetricsOverride", size),
            ("Emulation.setTouchEmulationEnabled", {"enabled": width < 600}),
        ):
            self.driver.execute_cdp_cmd(command, arguments)
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(path.as_uri())

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression on the page."""
        return self.driver.execute_script(f"return {expression}")

    def complaints(self) -> list[str]:
        """The console's messages."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def fetched(self) -> list[str]:
        """Every URL requested since the page was opened, except data: URLs."""
        messages = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        asked = [m for m in messages if m["method"] == "Network.requestWillBeSent"]
        urls = [message["params"]["request"]["url"] for message in asked]
        return [url for url in urls if not url.startswith("data:")]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Starts Chromium. Without it the test is skipped, or fails on CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    chromedriver = shutil.which("chromedriver")
    if not (program and chromedriver):
        missing = "needs Chromium and its driver: apt-get install chromium chromium-driver"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    options = Options()
    options.binary_location = program
    # In containers root cannot use Chromium's sandbox, and /dev/shm is small.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
